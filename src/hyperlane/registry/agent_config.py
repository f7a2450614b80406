"""Makes the agents' JSON from a registry: chains, and what a relayer or a validator sets.

The chains have the keys of the reference's `agent-config.json`, so its agents read them too. Keys
of accounts are never written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from hyperlane.errors import ConfigError
from hyperlane.registry.deployed_routes import RouteToken, WarpRoute
from hyperlane.registry.fields import ZERO_ADDRESS
from hyperlane.registry.registry import Registry

CONTRACTS = ("mailbox", "merkleTreeHook", "validatorAnnounce")
"""Keys of `addresses.yaml` that agents cannot do without."""
PAYMASTER = "interchainGasPaymaster"
FINALITY = "finalized"
"""Finality of a chain whose metadata names none. The reference's agents would take one block."""

GasPolicy = Literal["paid", "none"]


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """An agent's settings, and what its operator should know about them."""

    content: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    """Assumptions that were made, a line each."""

    @property
    def chains(self) -> dict[str, Any]:
        """Settings by chain."""
        found: dict[str, Any] = self.content["chains"]
        return found


def shared_config(registry: Registry, chains: Sequence[str]) -> AgentConfig:
    """The part that all agents share: each chain's metadata and addresses in one mapping.

    ConfigError for a chain that is unknown, of another protocol than `ethereum`, or without one of
    `CONTRACTS`.
    """
    made = AgentConfig({"chains": {}, "defaultRpcConsensusType": "fallback"})
    for chain in sorted(dict.fromkeys(chains)):
        made.chains[chain] = _chain(registry, chain, made.notes)
    return made


def _chain(registry: Registry, chain: str, notes: list[str]) -> dict[str, Any]:
    metadata, addresses = registry.metadata(chain).as_file(), registry.addresses(chain)
    for key in CONTRACTS:
        addresses.require(chain, key)
    blocks = {"confirmations": 1, **metadata.get("blocks", {})}
    if "reorgPeriod" not in blocks:
        blocks["reorgPeriod"] = FINALITY
        notes.append(
            f"chains.{chain}.blocks.reorgPeriod: the registry names none, so blocks count once"
            f" the node calls them {FINALITY!r}; if it never does, set a number of blocks"
        )
    contracts = {PAYMASTER: ZERO_ADDRESS, **addresses.as_file()}
    if contracts[PAYMASTER] == ZERO_ADDRESS:
        notes.append(
            f"chains.{chain}.{PAYMASTER}: the registry has none; messages from {chain} cannot be"
            " paid for"
        )
    return {**metadata, "blocks": blocks, **contracts}


def relayer_config(
    registry: Registry,
    chains: Sequence[str],
    *,
    route: WarpRoute | None = None,
    gas_policy: GasPolicy = "paid",
    local_validators: bool = False,
) -> AgentConfig:
    """Settings of a relayer between chains, or of one that serves a route and nothing else.

    `gas_policy` `paid`: a message is delivered if its sender paid for half of the gas or more, the
    reference's usual rule; messages of chains without a paymaster are delivered unpaid.
    `local_validators`: signatures in folders of this machine are read. ConfigError as
    `shared_config`, and for fewer than two chains.
    """
    wanted = [*chains, *(token.chain_name for token in evm_ends(route))]
    if len(set(wanted)) < 2:
        named = "the route's ends on EVM chains" if route else "--chains"
        raise ConfigError(
            f"{named}: {', '.join(wanted) or 'none'}; a relayer needs two chains or more"
        )
    made = shared_config(registry, wanted)
    made.content["relayChains"] = ",".join(made.chains)
    if route is not None:
        made.content["whitelist"] = list(whitelist(registry, route))
    made.content["gasPaymentEnforcement"] = _gas_policy(made, gas_policy)
    if local_validators:
        made.content["allowLocalCheckpointSyncers"] = True
    return made


def _gas_policy(made: AgentConfig, wanted: GasPolicy) -> list[dict[str, Any]]:
    if wanted == "none":
        made.notes.append(
            "gasPaymentEnforcement: none: your key pays for every message that is not excluded"
        )
        return [{"type": "none"}]
    unpaid = [
        int(chain["domainId"]) for chain in made.chains.values() if chain[PAYMASTER] == ZERO_ADDRESS
    ]
    rules: list[dict[str, Any]] = [{"type": "onChainFeeQuoting", "gasFraction": "1/2"}]
    if unpaid:
        rules.insert(0, {"type": "none", "matchingList": [{"originDomain": unpaid}]})
        made.notes.append(
            f"gasPaymentEnforcement: messages of domains {', '.join(map(str, unpaid))} are"
            " delivered unpaid, since there is no paymaster"
        )
    return rules


def validator_config(registry: Registry, chain: str, storage: str | None = None) -> AgentConfig:
    """Settings of a validator of a chain, which signs into `storage`: a folder,
    `s3://bucket/region[/folder]` or `gs://bucket[/folder]`. ConfigError as `shared_config`."""
    made = shared_config(registry, [chain])
    made.content["originChainName"] = chain
    made.content["checkpointSyncer"] = _syncer(storage or f"checkpoints-{chain}")
    if made.content["checkpointSyncer"]["type"] == "localStorage":
        made.notes.append(
            "checkpointSyncer: a folder, which only relayers on this machine can read; for others,"
            " --storage s3://bucket/region or gs://bucket"
        )
    return made


def _syncer(storage: str) -> dict[str, str]:
    scheme, separator, rest = storage.partition("://")
    if not separator:
        return {"type": "localStorage", "path": storage}
    bucket, *parts = rest.split("/")
    region = parts.pop(0) if scheme == "s3" and parts else ""
    if scheme not in ("s3", "gs") or not bucket or (scheme == "s3" and not region):
        raise ConfigError(
            f"--storage {storage}: expected a folder, s3://bucket/region[/folder] or"
            " gs://bucket[/folder]"
        )
    folder = {"folder": "/".join(parts)} if any(parts) else {}
    if scheme == "s3":
        return {"type": "s3", "bucket": bucket, "region": region, **folder}
    return {"type": "gcs", "bucket": bucket, **folder}


def evm_ends(route: WarpRoute | None) -> list[RouteToken]:
    """Ends of a route on EVM chains, which are those that our agents serve."""
    return [token for token in route.tokens if token.is_evm] if route else []


def whitelist(registry: Registry, route: WarpRoute) -> Iterator[dict[str, Any]]:
    """Matching list of a route's messages between its EVM ends: an entry per direction and pair of
    routers that know each other."""
    ends = evm_ends(route)
    domains = {token.chain_name: registry.metadata(token.chain_name).domain_id for token in ends}
    for sender in ends:
        known = [connection.token.rpartition("|")[2].lower() for connection in sender.connections]
        for recipient in ends:
            if recipient.chain_name == sender.chain_name:
                continue
            if known and recipient.address_or_denom.lower() not in known:
                continue
            yield {
                "originDomain": domains[sender.chain_name],
                "senderAddress": _word(sender),
                "destinationDomain": domains[recipient.chain_name],
                "recipientAddress": _word(recipient),
            }


def _word(token: RouteToken) -> str:
    """A router as messages encode it."""
    return f"0x{token.address_or_denom.removeprefix('0x').lower():0>64}"
