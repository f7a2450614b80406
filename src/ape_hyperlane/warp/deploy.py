"""Deploying a warp route, and checking one: a router on each chain, each knowing all others."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ape import networks
from ape.api import AccountAPI
from eth_utils.address import to_checksum_address

from ape_hyperlane.plans.apply import Applier, Report
from ape_hyperlane.plans.checks import (
    estimate_gas,
    require_contracts,
    require_funds,
    silent,
    surroundings,
    used,
)
from ape_hyperlane.plans.journal import Journal, journal_path
from ape_hyperlane.plans.steps import Action, Call, Create, CreateSet, Reading, Step, final_readings
from ape_hyperlane.plans.survey import Survey, has_code, is_development
from ape_hyperlane.warp.ends import complete, read_backing, whole_token
from ape_hyperlane.warp.plan import ROUTER
from ape_hyperlane.warp.records import _as_deployed, _route
from ape_hyperlane.warp.route import Connect, RouteDeployment
from ape_hyperlane.warp.routes import choose_route
from hyperlane.errors import ConfigError
from hyperlane.registry import Registry
from hyperlane.registry.deployed_routes import (
    WarpRoute,
    route_paths,
    write_route,
)
from hyperlane.registry.fields import ZERO_ADDRESS, word
from hyperlane.registry.hooks import all_hooks
from hyperlane.registry.isms import all_isms
from hyperlane.registry.models import read
from hyperlane.registry.token_fees import all_fees
from hyperlane.registry.token_types import SYNTHETIC
from hyperlane.registry.warp import Tokens
from hyperlane.registry.warp_token import WarpToken


def plan_route(
    tokens: Tokens, registry: Registry, deployer: str, connect: Connect, route_id: str | None = None
) -> RouteDeployment:
    """What is to be on the chains of a route. ConfigError when a chain is not in the registry, is
    another than the registry says, or has not what the config names."""
    backing = {}
    for chain, token in tokens.items():
        metadata = registry.metadata(chain)
        registry.addresses(chain)  # a core must be there
        with connect(chain):
            if networks.provider.chain_id != metadata.chain_id:
                raise ConfigError(
                    f"{registry.chain_folder(chain)}/metadata.yaml: chainId is"
                    f" {metadata.chain_id}, but the node answers {networks.provider.chain_id}"
                )
            _require_contracts(chain, token)
            if token.type not in SYNTHETIC:
                backing[chain] = read_backing(chain, token, metadata)
    ends = complete(tokens, backing)
    first = next(iter([*backing.values(), *ends.values()]))
    route_id = choose_route(registry, tokens, route_id, first.symbol)
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
        route_id, ends, registry, connect, journals, surroundings(registry)
    )
    _require_journals(deployment)
    _require_equal_worth(deployment)
    _find_routers(deployment, deployer)
    deployment.require_others()
    return deployment


def survey_route(
    deployment: RouteDeployment, sender: str, tell: Callable[[str, list[Action]], None]
) -> None:
    """Tells for each chain, while connected to it, what still needs a transaction. ConfigError when
    `sender` may not send one, or none could make it so."""
    deployment.left.clear()
    for chain, journal in deployment.journals.items():
        with deployment.on(chain):
            survey, steps = Survey(journal), deployment.steps(chain)
            require_contracts(used(steps), chain)
            pending = survey.pending(steps, sender)
            if drift := survey.drift(_fixed(steps, pending)):
                raise ConfigError(f"{drift[0]}; this cannot be changed, choose another --route")
            deployment.left += [f"{chain}: {step.name}: {why}" for step, why in survey.left]
            tell(chain, pending)


def deploy_route(
    deployment: RouteDeployment,
    account: AccountAPI,
    report: Report = silent,
    max_gas_price: int | None = None,
) -> tuple[Path, int]:
    """Deploys what is missing of a route, checks it and writes its files: the config file's path,
    and how many transactions were sent.

    ConfigError when the account may not do what is missing, ChainError when funds do not suffice, a
    transaction fails, or a chain differs from the plan in the end; GasTooDear as `deploy_core`.
    """
    appliers = {
        chain: Applier(account, journal, _naming(chain, report), max_gas_price)
        for chain, journal in deployment.journals.items()
    }
    survey_route(
        deployment,
        account.address,
        lambda _chain, actions: require_funds(
            sum(map(estimate_gas, actions)), account, max_gas_price
        ),
    )
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
    tokens = _as_deployed(deployment)
    paths = write_route(deployment.registry.folder, deployment.id, tokens, _route(deployment))
    return paths[1], sum(applier.sent for applier in appliers.values())


def _naming(chain: str, report: Report) -> Report:
    return lambda step, outcome: report(replace(step, name=f"{chain}: {step.name}"), outcome)


def check_route(deployment: RouteDeployment) -> list[str]:
    """How the chains differ from the route that was to be deployed, a line each."""
    found = []
    for chain in deployment.ends:
        with deployment.on(chain):
            survey, steps = Survey(deployment.journals[chain]), deployment.steps(chain)
            missing = [
                f"{step.name} is not there"
                for step in survey.pending(steps)
                if isinstance(step, Create | CreateSet)
            ]
            readings = [
                reading
                for reading in final_readings(steps)
                if survey.can_resolve((reading.target, reading.expected))
            ]
            found += [f"{chain}: {line}" for line in (*missing, *survey.drift(readings))]
    return found


def _require_equal_worth(deployment: RouteDeployment) -> None:
    """ConfigError when a router that is to be trusted counts in other message units: a transfer
    between the two would create or lose value."""
    names = {str(domain): name for name, domain in deployment.surroundings.domains.items()}
    for chain, end in deployment.ends.items():
        here = end.scale * 10**end.decimals
        for key, routers in end.token.cross_collateral_routers.items():
            place, name = f"{chain}.crossCollateralRouters.{key}", names.get(key, key)
            if name not in names.values():
                continue  # nobody to ask
            with deployment.connect(name):
                for router in routers:
                    there = whole_token(place, to_checksum_address(word(router)[12:]))
                    if there != here:
                        raise ConfigError(
                            f"{place}: a whole token of {router} is {there} message units, but"
                            f" {here} here: value would be created or lost; set scale"
                        )


def _require_journals(deployment: RouteDeployment) -> None:
    """ConfigError for a router that is there, but of which no journal tells: another one in its
    place would not have what it holds."""
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
    for chain, journal in deployment.journals.items():
        entry = journal.entry(ROUTER.step)
        if entry is None or entry.address is None or not entry.done:
            continue
        with deployment.connect(chain):
            if is_development() and not has_code(entry.address):
                journal.restart(deployer)  # the chain was started anew
            else:
                deployment.routers[chain] = entry.address


def _fixed(steps: list[Step], pending: list[Action]) -> list[Reading]:
    """What was said once, and nobody can say again."""
    calls = [step for step in steps if isinstance(step, Call)]
    settable = {reading.subject for call in calls if call.repeatable for reading in call.readings}
    done = (call for call in calls if call.once and call not in pending)
    return [each for call in done for each in call.readings if each.subject not in settable]


def _until_initialised(steps: list[Step]) -> list[Step]:
    """The steps that make a router nobody else can initialise."""
    made = (ROUTER.step, f"initialize of {ROUTER.step}")
    last = max(index for index, step in enumerate(steps) if step.name in made)
    return steps[: last + 1]


def _require_contracts(chain: str, token: WarpToken) -> None:
    hooks = all_hooks(token.hook or ZERO_ADDRESS)
    isms = all_isms(token.interchain_security_module or ZERO_ADDRESS)
    allowed = token.allowed_rebalancing_bridges.values()
    bridges = (each.bridge for bridges in allowed for each in bridges)
    theirs = (token.message_transmitter, token.token_messenger, token.oft)
    admin = token.admin.address if token.admin else None
    others = (token.mailbox, token.fee_hook, *all_fees(token.token_fee), *bridges, *theirs, admin)
    named = (each for each in (*hooks, *isms, *others) if each not in (None, ZERO_ADDRESS))
    require_contracts(named, chain)
