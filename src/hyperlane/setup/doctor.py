"""The doctor: looks at a set-up from its RPCs to the last checkpoint, and says what to do.

It reads only. Failures of any kind are checks that did not pass; nothing that a node or a storage
answers ends it.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from hyperlane.bounded_json import parse_json
from hyperlane.chain.client import ChainClient
from hyperlane.chain.signer import address_of, open_account
from hyperlane.checkpoints.web import Web
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import Address, address_to_bytes32, bytes32_to_address
from hyperlane.registry import Registry
from hyperlane.registry.agent_config import shared_config
from hyperlane.settings import (
    AgentSettings,
    ChainSettings,
    RelayerSettings,
    ValidatorSettings,
    WatchtowerSettings,
    load_settings,
)
from hyperlane.setup.agent_checks import check_own_storage, check_port, check_whitelist
from hyperlane.setup.chain_checks import (
    ChainState,
    check_balance,
    check_contracts,
    check_head,
    check_nodes,
    count_leaves,
    settle_finality,
)
from hyperlane.setup.checks import Check
from hyperlane.setup.signature_checks import NOBODY, Lane, SignatureChecks

MOST_CHAINS = 12
"""Chains of a registry that are looked at unless some are named."""
_LANES_PER_PAIR = 3
"""Recipients of a whitelist that are looked at, for each pair of chains."""
_KINDS: Mapping[str, type[AgentSettings]] = {
    "originchainname": ValidatorSettings,
    "watchchains": WatchtowerSettings,
    "relaychains": RelayerSettings,
}
"""Kinds of settings by a key that no other kind has."""


@dataclass(slots=True)
class _Subject:
    """Subject of an examination: chains, and the agent that uses them, if there is one."""

    chains: Mapping[str, ChainSettings]
    agent: AgentSettings | None = None
    checks: list[Check] = field(default_factory=list)
    states: dict[str, ChainState] = field(default_factory=dict)
    """Chains that answer and have a core."""


def examine_agent(
    files: Sequence[Path], environment: Mapping[str, str], chains: Sequence[str] = ()
) -> list[Check]:
    """Checks of an agent's set-up, or of what it does on some chains. ConfigError for files that
    do not say which agent they are for, and for chains that it does not use."""
    kind, named = _kind(files, environment)
    checks = []
    agent: AgentSettings | None = None
    try:
        agent = load_settings(kind, files, environment)
        used: Mapping[str, ChainSettings] = agent.chains
        found = ", ".join([kind.__name__.removesuffix("Settings").lower(), *agent.ineffective])
        checks.append(Check(True, "configuration", found))
    except ConfigError as error:
        checks.append(Check(False, "configuration", str(error), _remedy(kind, str(error))))
        used = _chains_alone(files, environment, named)
    for chain in chains:
        if chain not in named:
            raise ConfigError(f"--chain {chain}: the agent uses {', '.join(named)}")
    wanted = {name: used[name] for name in used if not chains or name in chains}
    return asyncio.run(_examine(_Subject(wanted, agent, checks)))


def examine_registry(registry: Registry, chains: Sequence[str] = ()) -> list[Check]:
    """Checks of the cores that a registry has. ConfigError for unknown chains, and for a registry
    of many chains when none are named."""
    wanted = list(chains) or _with_cores(registry)
    if not wanted:
        raise ConfigError(f"--registry {registry.folder}: no EVM chain with addresses.yaml in it")
    if len(wanted) > MOST_CHAINS and not chains:
        raise ConfigError(
            f"--chain: required: {registry.folder} has {len(wanted)} EVM chains; name some"
        )
    made = shared_config(registry, wanted)
    used = {name: ChainSettings.model_validate(chain) for name, chain in made.chains.items()}
    return asyncio.run(_examine(_Subject(used)))


def _with_cores(registry: Registry) -> list[str]:
    return [
        chain
        for chain in registry.chains()
        if registry.has_addresses(chain) and registry.identity(chain).protocol == "ethereum"
    ]


def _kind(
    files: Sequence[Path], environment: Mapping[str, str]
) -> tuple[type[AgentSettings], list[str]]:
    """The agent that the files are for, and its chains."""
    tree: dict[str, Any] = {}
    for path in files:
        try:
            content = parse_json(path.read_bytes())
        except OSError as error:
            raise ConfigError(f"--config {path}: {error.strerror}") from None
        except ValueError as error:
            raise ConfigError(f"--config {path}: not JSON: {error}") from None
        if not isinstance(content, dict):
            raise ConfigError(f"--config {path}: expected a JSON object")
        tree |= {str(key).replace("_", "").lower(): value for key, value in content.items()}
    tree |= {
        name.removeprefix("HYP_").lower(): value
        for name, value in environment.items()
        if name.removeprefix("HYP_").lower() in _KINDS
    }
    for key, kind in _KINDS.items():
        if key in tree:
            named = tree[key]
            names = named.split(",") if isinstance(named, str) else list(map(str, named))
            return kind, [name.strip() for name in names if name.strip()]
    raise ConfigError(
        f"--config {', '.join(map(str, files))}: neither relayChains, originChainName nor"
        " watchChains in it; expected an agent's configuration"
    )


def _remedy(kind: type[AgentSettings], problem: str) -> str:
    if kind is ValidatorSettings and problem.startswith("validator: missing"):
        return "export HYP_VALIDATOR_KEY=0x…, the key that signs"
    return "correct this setting"


def _chains_alone(
    files: Sequence[Path], environment: Mapping[str, str], named: Sequence[str]
) -> Mapping[str, ChainSettings]:
    """Settings of the chains, for use where the agent's other settings are wrong; empty if those of
    the chains are wrong, too."""
    try:
        overrides = ["--relayChains", ",".join(named)]
        return load_settings(RelayerSettings, files, environment, overrides).chains
    except ConfigError:
        return {}


async def _examine(subject: _Subject) -> list[Check]:
    # What clients log is in the checks.
    with structlog.testing.capture_logs():
        async with AsyncExitStack() as stack:
            web = Web()
            stack.push_async_callback(web.close)
            signers = _signers(subject)
            for part in await asyncio.gather(
                *(_chain(subject, chain, signers, stack) for chain in subject.chains.values())
            ):
                subject.checks += part
            subject.checks += await _lanes(subject, signers, web)
            if subject.agent is not None:
                subject.checks += await _agent(subject, subject.agent, web)
    return subject.checks


def _signers(subject: _Subject) -> dict[str, tuple[str, Address]]:
    """The setting and account that pay on each chain. Keys in a KMS are left out, as they would
    have to be asked for."""
    found = {}
    for name in subject.chains if subject.agent is not None else ():
        assert subject.agent is not None
        signer = subject.agent.signer(name)
        if signer is None:
            if isinstance(subject.agent, RelayerSettings):
                subject.checks.append(
                    Check(
                        False,
                        f"{name}: key that pays",
                        "none",
                        "export HYP_DEFAULTSIGNER_KEY=0x…, the key that pays for deliveries",
                    )
                )
            continue
        if signer[1].type not in ("hexKey", "keystore"):
            continue
        try:
            found[name] = signer[0], address_of(open_account(*signer))
        except ConfigError as error:
            subject.checks.append(
                Check(False, f"{name}: key that pays", str(error), f"correct {signer[0]}")
            )
    return found


def _additional_signers(subject: _Subject, name: str) -> list[tuple[str, Address]]:
    """The further keys with which a relayer delivers to a chain, with their settings."""
    found = []
    agent = subject.agent
    for path, signer in (
        agent.additional_signers(name) if isinstance(agent, RelayerSettings) else ()
    ):
        if signer.type not in ("hexKey", "keystore"):
            continue
        try:
            found.append((path, address_of(open_account(path, signer))))
        except ConfigError as error:
            subject.checks.append(
                Check(False, f"{name}: key that pays", str(error), f"correct {path}")
            )
    return found


async def _chain(
    subject: _Subject,
    settings: ChainSettings,
    signers: Mapping[str, tuple[str, Address]],
    stack: AsyncExitStack,
) -> list[Check]:
    """Checks of one chain, which become a state of the subject if it can be used."""
    checks, urls = await check_nodes(settings)
    if not urls:
        return checks
    client = ChainClient(settings.name, settings.chain_id, urls)
    stack.push_async_callback(client.close)
    checks.append(await check_head(client, settings, time.time()))
    checks.append(await settle_finality(client, settings))
    contracts = await check_contracts(client, settings)
    checks += contracts
    paying = [signers[settings.name]] if settings.name in signers else []
    for account in [*paying, *_additional_signers(subject, settings.name)]:
        checks.append(await check_balance(client, settings.name, *account))
    leaves = await count_leaves(client, settings)
    if leaves is not None and all(check.passed for check in contracts):
        subject.states[settings.name] = ChainState(settings, client, leaves)
    return checks


async def _lanes(
    subject: _Subject, signers: Mapping[str, tuple[str, Address]], web: Web
) -> list[Check]:
    agent = subject.agent
    if isinstance(agent, ValidatorSettings | WatchtowerSettings):
        return []
    # A registry is somebody's own: the folders that its validators announced are on this machine.
    allow_local = agent is None or (
        isinstance(agent, RelayerSettings) and agent.allow_local_checkpoint_syncers
    )
    relayers = {name: account for name, (_, account) in signers.items()}
    look = SignatureChecks(allow_local, web, relayers)
    states = [subject.states[name] for name in subject.chains if name in subject.states]
    lanes = [
        lane
        for origin in states
        for destination in states
        if origin is not destination
        for lane in _lanes_between(origin, destination, agent)
    ]
    return list(await asyncio.gather(*map(look.check, lanes)))


def _lanes_between(
    origin: ChainState, destination: ChainState, agent: AgentSettings | None
) -> list[Lane]:
    """Lanes that the agent serves between two chains: by its whitelist, else to anybody."""
    rules = agent.whitelist if isinstance(agent, RelayerSettings) else ()
    if not rules:
        return [Lane(origin, destination)]
    pairs: dict[Address, Address] = {}
    for rule in rules:
        if not (
            (rule.origins is None or origin.settings.domain_id in rule.origins)
            and (rule.destinations is None or destination.settings.domain_id in rule.destinations)
        ):
            continue
        senders = sorted(rule.senders or [address_to_bytes32(NOBODY)])
        for recipient in sorted(rule.recipients or [address_to_bytes32(NOBODY)]):
            if not any(recipient[:12]) and not any(senders[0][:12]):
                pairs[bytes32_to_address(recipient)] = bytes32_to_address(senders[0])
    lanes = [Lane(origin, destination, *pair) for pair in pairs.items()]
    return lanes[:_LANES_PER_PAIR]


async def _agent(subject: _Subject, agent: AgentSettings, web: Web) -> list[Check]:
    checks = [await check_port(agent.metrics_host, agent.metrics_port)]
    if isinstance(agent, RelayerSettings) and agent.whitelist:
        checks += await check_whitelist(agent, subject.states)
    if isinstance(agent, ValidatorSettings):
        origin = subject.states.get(agent.origin_chain_name)
        checks += await check_own_storage(agent, origin, web)
    return checks
