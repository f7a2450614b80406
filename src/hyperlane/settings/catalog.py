"""The catalog of documented settings: the reference agents' keys and ours, and what each does here.

A key that a model of this package reads is applied. All others of the reference are listed below
with the reason why they do nothing here, or why the agent refuses to start with them. Source of
the list: the reference's agent configuration (docs/operate/settings.md shows it).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from hyperlane.settings.agents import (
    AgentSettings,
    KathySettings,
    RelayerSettings,
    ScraperSettings,
    ValidatorSettings,
    WatchtowerSettings,
)


class Effect(StrEnum):
    """What a key of the reference that no model reads does."""

    DESCRIPTION = "description"
    """Registry metadata for people and other programs; agents need none of it."""
    NOTHING = "nothing"
    """Changes nothing here; the agent names it at start."""
    REFUSED = "refused"
    """Would change what the agent does, and is not implemented: the agent does not start."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A documented key that no model reads."""

    effect: Effect
    note: str
    """For `nothing` and `refused`: what it would have meant, and what to do instead."""
    harmless: Sequence[object] = ()
    """Values of a refused key that ask for what happens anyway."""


def _description(*keys: str) -> dict[str, Unread]:
    return {f"chains.*.{key}": Unread(Effect.DESCRIPTION, "") for key in keys}


_OFF = (False, "false", None)

UNREAD: Mapping[str, Unread] = {
    **_description(
        "arbL2ToL1Hook",
        "arbL2ToL1Ism",
        "availability",
        "bech32Prefix",
        "canonicalAsset",
        "ccipHook",
        "ccipHook_*",
        "ccipIsm",
        "ccipIsm_*",
        "censorshipChallenges",
        "checkpointFraudProofs",
        "checkpointSlasher",
        "clonedMerkleRootMultisigIsmFactory",
        "clonedMessageIdMultisigIsmFactory",
        "contractAddressBytes",
        "customGrpcUrls",
        "deployer",
        "displayName",
        "displayNameShort",
        "domainRoutingIsm",
        "domainRoutingIsmFactory",
        "erc5164Hook",
        "erc5164Ism",
        "erc7786Gateway",
        "fallbackRoutingHook",
        "aggregationHook",
        "gasCurrencyCoinGeckoId",
        "gasPrice",
        "gnosisSafeApiKey",
        "gnosisSafeTransactionServiceUrl",
        "grpcUrls",
        "guardedPausableHook",
        "incrementalDomainRoutingIsmFactory",
        "interchainAccountIsm",
        "interchainAccountRouter",
        "interchainSecurityModule",
        "logoURI",
        "opStackHook",
        "opStackIsm",
        "pausableHook",
        "pausableIsm",
        "protocolFee",
        "proxyAdmin",
        "quotedCalls",
        "restUrls",
        "slip44",
        "staticAggregationHookFactory",
        "staticAggregationIsm",
        "staticAggregationIsmFactory",
        "staticMerkleRootMultisigIsmFactory",
        "staticMerkleRootWeightedMultisigIsmFactory",
        "staticMessageIdMultisigIsmFactory",
        "staticMessageIdWeightedMultisigIsmFactory",
        "storageGasOracle",
        "technicalStack",
        "testTokenRecipient",
        "timelockController",
        "blocks.confirmations",
        "rpcUrls.*.concurrency",
        "rpcUrls.*.pagination",
        "rpcUrls.*.retry",
        "rpcUrls.*.webSocket",
    ),
    "chains.*.submitter": Unread(
        Effect.NOTHING, "there is one way of submitting, with the properties of both"
    ),
    "chains.*.batchContractAddress": Unread(
        Effect.NOTHING,
        "batches for Mailboxes without processBatch bring the code along that makes their calls",
    ),
    "chains.*.bypassBatchSimulation": Unread(
        Effect.REFUSED, "no transaction is sent here without a simulation: remove it", _OFF
    ),
    "chains.*.maxSubmitQueueLength": Unread(
        Effect.REFUSED, "queues are in the database and not limited by length: remove it", (None,)
    ),
    "chains.*.index.mode": Unread(
        Effect.REFUSED, "EVM chains are indexed by block: remove it", ("block", None)
    ),
    "ismCacheConfigs": Unread(
        Effect.NOTHING, "what may be cached, and for how long, follows from the module's type"
    ),
    "allowContractCallCaching": Unread(
        Effect.NOTHING, "what may be cached, and for how long, follows from the module's type"
    ),
    "txIdIndexingEnabled": Unread(
        Effect.NOTHING, "the transaction of a dispatch is always stored with the message"
    ),
    "reorgPeriod": Unread(
        Effect.REFUSED, "it belongs to the chain: set chains.<name>.blocks.reorgPeriod"
    ),
    "relayer": Unread(Effect.REFUSED, "HYP_RELAYER_… is an old prefix: use HYP_<SETTING>"),
    "base": Unread(Effect.REFUSED, "HYP_BASE_… is an old prefix: use HYP_<SETTING>"),
    "defaultRpcConsensusType": Unread(
        Effect.DESCRIPTION,
        "each agent has a default of its own; chains.<name>.rpcConsensusType changes it",
    ),
    "ccrRouters": Unread(
        Effect.NOTHING, "the scraper knows routers of any kind by the transfers that they report"
    ),
    "tracing": Unread(Effect.REFUSED, "it is log now: set log.level and log.format"),
}
"""Documented keys that no model reads, by path; `*` stands for any name or position."""

_AGENTS: Sequence[type[AgentSettings]] = (
    RelayerSettings,
    ScraperSettings,
    ValidatorSettings,
    WatchtowerSettings,
    KathySettings,
    ScraperSettings,
)


def applied() -> Iterator[str]:
    """Paths of all keys that some agent reads, each once."""
    seen: dict[str, None] = {}
    for model in _AGENTS:
        seen |= dict.fromkeys(_paths(model))
    return iter(seen)


def unread_keys(tree: Mapping[str, Any], model: type[AgentSettings]) -> Iterator[tuple[str, str]]:
    """Paths of the keys in a configuration that `model` does not read, with their pattern.

    A pattern is the path with `*` for names of chains and positions in lists: a key of `UNREAD`,
    or one that no documentation knows. Only what the model describes is walked.
    """
    yield from _walk(tree, model, "", "")


def read_by_another_agent(pattern: str) -> bool:
    """True if some other agent reads the key: one file may serve several."""
    return any(item == pattern or item.startswith(f"{pattern}.") for item in applied())


def _walk(
    tree: Mapping[str, Any], model: type[BaseModel], path: str, pattern: str
) -> Iterator[tuple[str, str]]:
    fields = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    for key, value in tree.items():
        if key not in fields:
            yield f"{path}{key}", _of_any_remote(f"{pattern}{key}")
            continue
        inner = next(models_in(fields[key]), None)
        if inner is None:
            continue
        if _is_collection(fields[key]):
            items = value.items() if isinstance(value, Mapping) else enumerate(value or ())
            for name, item in items:
                if isinstance(item, Mapping):
                    yield from _walk(item, inner, f"{path}{key}.{name}.", f"{pattern}{key}.*.")
        elif isinstance(value, Mapping):
            yield from _walk(value, inner, f"{path}{key}.", f"{pattern}{key}.")


def _of_any_remote(pattern: str) -> str:
    """The pattern with `*` for the remote chain in keys such as `ccipHook_<chain>`."""
    family = f"{pattern.partition('_')[0]}_*"
    return family if family in UNREAD else pattern


def _paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Paths of the leaves of a model."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        inner = next(models_in(field.annotation), None)
        if inner is None:
            yield path
        else:
            between = ".*." if _is_collection(field.annotation) else "."
            yield from _paths(inner, path + between)


def _is_collection(annotation: Any) -> bool:
    return get_origin(annotation) in (dict, tuple)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Models that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)
