"""Deploying a warp route: a router on each chain, each knowing all others."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from ape.api import AccountAPI

from ape_hyperlane.deploy.apply import Applier, Report
from ape_hyperlane.deploy.journal import Journal
from ape_hyperlane.deploy.steps import Call, Create, Reading, Ref, Step
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32
from hyperlane.registry import Registry
from hyperlane.registry.warp import WarpRoute, WarpToken

ZERO = "0x" + "00" * 20
ROUTER = Ref("router")

CONTRACTS = {
    "native": "HypNative",
    "collateral": "HypERC20Collateral",
    "synthetic": "HypERC20",
}

Connect = Callable[[str], AbstractContextManager[Any]]
"""Connects ape to the chain of this name for the duration of a `with` block."""


def deploy_route(
    tokens: Mapping[str, WarpToken],
    registry: Registry,
    account: AccountAPI,
    connect: Connect,
    report: Report = lambda _step, _outcome: None,
) -> Path:
    """Deploys what is missing of a route, checks it and writes its config file, whose path is
    returned. ChainError when a chain differs from the plan in the end."""
    route = "-".join(sorted(tokens))
    appliers = {
        chain: Applier(account, _journal(registry, chain, route, account), report)
        for chain in tokens
    }
    for chain, token in tokens.items():
        with connect(chain):
            mailbox = registry.addresses(chain).mailbox
            if mailbox is None:
                raise ConfigError(f"{chain}: no mailbox in {registry.folder}; deploy a core first")
            appliers[chain].apply(plan_router(token, mailbox, account.address))
    routers = {chain: applier.addresses[ROUTER.step] for chain, applier in appliers.items()}
    for chain, token in tokens.items():
        remotes = {
            registry.metadata(other).domain_id: (routers[other], tokens[other].gas)
            for other in tokens
            if other != chain
        }
        steps = plan_enrolment(token, remotes)
        with connect(chain):
            appliers[chain].apply(steps)
            if drift := appliers[chain].drift(r for step in steps for r in step.readings):
                raise ChainError(f"{chain}: the route differs from its plan: {'; '.join(drift)}")
    return WarpRoute.of(dict(tokens), routers).write(registry.folder)


def plan_router(token: WarpToken, mailbox: str, deployer: str) -> list[Step]:
    """The steps that make one end: created, and initialised for `deployer`."""
    contract = CONTRACTS[token.type]
    initial: tuple[Any, ...] = (ZERO, ZERO, deployer)
    initialised: tuple[Reading, ...] = ()
    if token.type == "native":
        arguments: tuple[Any, ...] = (1, 1, mailbox)
    elif token.type == "collateral":
        arguments = (token.token, 1, 1, mailbox)
    else:
        arguments = (token.decimals, 1, 1, mailbox)
        initial = (0, token.name, token.symbol, *initial)
        initialised = (Reading(ROUTER, contract, "symbol", token.symbol),)
    created = Reading(ROUTER, contract, "mailbox", mailbox)
    return [
        Create(ROUTER.step, contract, arguments, (created,)),
        Call("initialisation", ROUTER, contract, "initialize", initial, initialised),
    ]


def plan_enrolment(token: WarpToken, remotes: Mapping[int, tuple[str, int]]) -> list[Step]:
    """The steps that make one end know the others, by domain their router and gas."""
    contract = CONTRACTS[token.type]
    steps: list[Step] = []
    for domain, (router, gas) in remotes.items():
        remote = address_to_bytes32(address_from_hex(router))
        for name, method, value, reading in (
            ("router", "enrollRemoteRouter", remote, "routers"),
            ("gas", "setDestinationGas", gas, "destinationGas"),
        ):
            wanted = Reading(ROUTER, contract, reading, value, (domain,))
            steps.append(
                Call(f"{name} of {domain}", ROUTER, contract, method, (domain, value), (wanted,))
            )
    owner = Reading(ROUTER, contract, "owner", token.owner)
    return [
        *steps,
        Call("ownership", ROUTER, contract, "transferOwnership", (token.owner,), (owner,)),
    ]


def _journal(registry: Registry, chain: str, route: str, account: AccountAPI) -> Journal:
    path = registry.chain_folder(chain) / f"warp-{route}.json"
    return Journal(path, registry.metadata(chain).chain_id, account.address)
