"""Deploys and checks warp routes: a router on each chain, enrolled with all others."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from ape import networks
from ape.api import AccountAPI
from eth_utils.address import to_checksum_address

from ape_hyperlane.plans.apply import Applier, Report
from ape_hyperlane.plans.chain import has_code, is_development
from ape_hyperlane.plans.checks import (
    estimate_gas,
    require_chain,
    require_contracts,
    require_deployer,
    require_funds,
    silent,
    used_addresses,
)
from ape_hyperlane.plans.differences import check_steps
from ape_hyperlane.plans.journal import Journal, journal_path
from ape_hyperlane.plans.owned import owned_calls, owned_lines
from ape_hyperlane.plans.proposals import require_proposable, write_proposals
from ape_hyperlane.plans.registry_view import registry_view
from ape_hyperlane.plans.steps import Action, Call, Reading, Step, final_readings
from ape_hyperlane.plans.survey import Survey
from ape_hyperlane.warp.ends import End, complete, read_backing, whole_token
from ape_hyperlane.warp.plan import ROUTER
from ape_hyperlane.warp.records import config_file, deploy_file
from ape_hyperlane.warp.route import Connect, RouteDeployment
from ape_hyperlane.warp.routes import choose_route
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.registry import Registry
from hyperlane.registry.deployed_routes import WarpRoute, route_paths, write_route
from hyperlane.registry.fields import ZERO_ADDRESS, word
from hyperlane.registry.hooks import all_hooks
from hyperlane.registry.isms import all_isms
from hyperlane.registry.models import read
from hyperlane.registry.registry import EVM
from hyperlane.registry.route_file import ForeignEnd
from hyperlane.registry.token_fees import all_fees
from hyperlane.registry.token_types import SYNTHETIC
from hyperlane.registry.warp import Tokens
from hyperlane.registry.warp_token import WarpToken

NO_ENDS: Mapping[str, ForeignEnd] = MappingProxyType({})


def plan_route(
    tokens: Tokens,
    registry: Registry,
    deployer: str,
    connect: Connect,
    route_id: str | None = None,
    foreign: Mapping[str, ForeignEnd] = NO_ENDS,
    salt: Bytes32 | None = None,
) -> RouteDeployment:
    """Plans a route; `foreign` ends exist already. With a salt, its routers have one address, which
    depends on route, deployer and salt alone; without, that of the last deployment is used.
    ConfigError when the registry does not have a chain or has it with another chain id or salt, or
    when a chain lacks a contract that the config names."""
    backing = {}
    for chain, token in tokens.items():
        registry.addresses(chain)  # raises if no core is deployed there
        with connect(chain):
            end = _read_chain(registry, chain, token)
        if end is not None:
            backing[chain] = end
    ends = complete(tokens, backing)
    first = next(iter([*backing.values(), *ends.values()]))
    route_id = choose_route(registry, tokens, route_id, first.symbol, foreign)
    journals = {
        chain: Journal(
            journal_path(registry, chain, route_id),
            registry.metadata(chain).chain_id,
            deployer,
            route_id,
        )
        for chain in tokens
    }
    deployment = RouteDeployment(
        route_id,
        ends,
        registry,
        connect,
        journals,
        registry_view(registry),
        foreign=foreign,
    )
    _require_journals(deployment)
    _require_equal_worth(deployment)
    _find_routers(deployment, deployer)
    _choose_salt(deployment, salt)
    deployment.require_others()
    return deployment


def _read_chain(registry: Registry, chain: str, token: WarpToken) -> End | None:
    """Checks the connected chain and reads the token behind the route's end; None if the end is
    synthetic."""
    metadata = require_chain(registry, chain)
    _require_contracts(chain, token)
    return None if token.type in SYNTHETIC else read_backing(chain, token, metadata)


def survey_route(
    deployment: RouteDeployment,
    sender: str,
    show: Callable[[str, list[Action]], None],
    *,
    together: bool = False,
) -> None:
    """Calls `show` for each chain, while connected to it, with the steps that need a transaction.
    `together`: Safes and timelocks will do theirs. ConfigError when `sender` may send none of them,
    or the chain differs in something that no transaction can change."""
    deployment.left.clear()
    for chain, journal in deployment.journals.items():
        with deployment.on(chain):
            survey, steps = Survey(journal), deployment.steps(chain)
            require_contracts(used_addresses(steps), chain)
            require_deployer(steps, chain)
            pending = survey.pending(steps, sender, together=together)
            if together:
                require_proposable(owned_lines(survey))
            if differences := survey.differences(_unchangeable(steps, pending)):
                raise ConfigError(
                    f"{differences[0]}; this cannot be changed, choose another --route"
                )
            deployment.left += [f"{chain}: {step.name}: {reason}" for step, reason in survey.left]
            show(chain, pending)


def deploy_route(
    deployment: RouteDeployment,
    account: AccountAPI,
    report: Report = silent,
    max_gas_price: int | None = None,
    proposals: Path | None = None,
) -> tuple[Path, int]:
    """Deploys what a route lacks, verifies it and writes its files. Returns the config file's path
    and the number of transactions. With a folder for `proposals`, what Safes and timelocks have to
    do is written there.

    ConfigError when the account may send none of the steps, ChainError when funds do not suffice, a
    transaction fails, or a chain differs from the plan afterwards; GasTooDear as `deploy_core`.
    """
    appliers = {
        chain: Applier(account, journal, _with_chain_name(chain, report), max_gas_price)
        for chain, journal in deployment.journals.items()
    }
    survey_route(
        deployment,
        account.address,
        lambda _chain, actions: require_funds(
            sum(map(estimate_gas, actions)), account, max_gas_price
        ),
        together=proposals is not None,
    )
    # Routers first, on all chains: each is enrolled on the others by its address.
    for chain, applier in appliers.items():
        if chain not in deployment.routers:
            with deployment.on(chain):
                applier.apply(_until_initialised(deployment.steps(chain)))
                deployment.routers[chain] = applier.addresses[ROUTER.step]
    for chain, applier in appliers.items():
        with deployment.on(chain):
            steps = deployment.steps(chain)
            applier.apply(steps)
            applier.verify(final_readings(steps))
            if proposals is not None:
                chain_id = int(networks.provider.chain_id)
                owned = owned_calls(applier, steps)
                deployment.proposals += write_proposals(proposals, chain, chain_id, owned)
    tokens, route = deploy_file(deployment), config_file(deployment)
    paths = write_route(
        deployment.registry.folder, deployment.id, tokens, route, deployment.foreign
    )
    return paths[1], sum(applier.sent for applier in appliers.values())


def check_route(deployment: RouteDeployment) -> list[str]:
    """Differences between the chains and the route's deployment, a line each."""
    found = []
    for chain in deployment.ends:
        with deployment.on(chain):
            lines = check_steps(deployment.journals[chain], deployment.steps(chain))
            found += [f"{chain}: {line}" for line in lines]
    return found


def _with_chain_name(chain: str, report: Report) -> Report:
    return lambda step, outcome: report(replace(step, name=f"{chain}: {step.name}"), outcome)


def _require_equal_worth(deployment: RouteDeployment) -> None:
    """ConfigError when a trusted router has other message units for a whole token: transfers
    between the two would create or lose value."""
    registry = deployment.registry
    chain_names = {str(domain): name for name, domain in deployment.view.domains.items()}
    for chain, end in deployment.ends.items():
        here = end.scale * 10**end.decimals
        for key, routers in end.token.cross_collateral_routers.items():
            where, name = f"{chain}.crossCollateralRouters.{key}", chain_names.get(key, key)
            if name not in chain_names.values() or registry.identity(name).protocol != EVM:
                continue  # there is no node to ask, or none that is understood
            with deployment.connect(name):
                for router in routers:
                    there = whole_token(where, to_checksum_address(word(router)[12:]))
                    if there != here:
                        raise ConfigError(
                            f"{where}: a whole token of {router} is {there} message units, but"
                            f" {here} here: value would be created or lost; set scale"
                        )


def _require_journals(deployment: RouteDeployment) -> None:
    """ConfigError for a deployed router without a journal: a new router in its place would not hold
    the old one's collateral."""
    path = route_paths(deployment.registry.folder, deployment.id)[1]
    for token in read(WarpRoute, path).tokens if path.exists() else ():
        chain, router = token.chain_name, token.address_or_denom
        journal = deployment.journals.get(chain)
        if journal is None or journal.path.exists():
            continue
        with deployment.connect(chain):
            if has_code(router):
                raise ConfigError(
                    f"{path}: the router on {chain} is {router}, but {journal.path.name} is not"
                    " there; restore it, or choose another --route"
                )


def _find_routers(deployment: RouteDeployment, deployer: str) -> None:
    """Adds the routers that the journals know to the deployment."""
    for chain, journal in deployment.journals.items():
        entry = journal.entry(ROUTER.step)
        if entry is None or entry.address is None or not entry.done:
            continue
        with deployment.connect(chain):
            if is_development() and not has_code(entry.address):
                journal.restart(deployer)  # the development node was started anew
            else:
                deployment.routers[chain] = entry.address


def _choose_salt(deployment: RouteDeployment, salt: Bytes32 | None) -> None:
    """Gives all ends one salt and one deployer, on whom their address depends as well. ConfigError
    when an end has others already."""
    journals = deployment.journals
    begun = next((journal for journal in journals.values() if journal.begun), None)
    if salt is None and begun is not None:
        salt = begun.salt
    for chain, journal in journals.items():
        journal.choose_salt(salt)
        if salt is None or begun is None or journal.deployer == begun.deployer:
            continue
        if journal.begun or journal.deployer:
            raise ConfigError(
                f"{chain}: the route's routers have the address that is reserved for"
                f" {begun.deployer}, not for {journal.deployer}; deploy with that account"
            )
        journal.deployer = begun.deployer


def _unchangeable(steps: list[Step], pending: list[Action]) -> list[Reading]:
    """Readings of one-time calls (`initialize`) that no later call can change."""
    calls = [step for step in steps if isinstance(step, Call)]
    settable = {reading.subject for call in calls if call.repeatable for reading in call.readings}
    done = (call for call in calls if call.reverts_when_done and call not in pending)
    return [
        reading for call in done for reading in call.readings if reading.subject not in settable
    ]


def _until_initialised(steps: list[Step]) -> list[Step]:
    """The steps up to the router's `initialize`, after which nobody else can initialise it."""
    made = (ROUTER.step, f"initialize of {ROUTER.step}")
    last = max(index for index, step in enumerate(steps) if step.name in made)
    return steps[: last + 1]


def _require_contracts(chain: str, token: WarpToken) -> None:
    """ConfigError for an address in the config where the connected chain has no contract."""
    hooks = all_hooks(token.hook or ZERO_ADDRESS)
    isms = all_isms(token.interchain_security_module or ZERO_ADDRESS)
    by_chain = token.allowed_rebalancing_bridges.values()
    bridges = (entry.bridge for entries in by_chain for entry in entries)
    external = (token.message_transmitter, token.token_messenger, token.oft)
    admin = token.admin.address if token.admin else None
    fees = all_fees(token.token_fee)
    others = (token.mailbox, token.fee_hook, *fees, *bridges, *external, admin)
    named = (each for each in (*hooks, *isms, *others) if each not in (None, ZERO_ADDRESS))
    require_contracts(named, chain)
