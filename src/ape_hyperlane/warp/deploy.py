"""Deploying a warp route, and checking one: a router on each chain, each knowing all others."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ape import networks
from ape.api import AccountAPI
from eth_utils.address import to_checksum_address

from ape_hyperlane.deploy.apply import Applier, Report
from ape_hyperlane.deploy.builder import Surroundings
from ape_hyperlane.deploy.core import (
    estimate_gas,
    require_contracts,
    require_funds,
    silent,
    surroundings,
    used,
)
from ape_hyperlane.deploy.journal import Journal, journal_path
from ape_hyperlane.deploy.steps import (
    Action,
    Call,
    Create,
    CreateSet,
    Reading,
    Ref,
    Step,
    final_readings,
)
from ape_hyperlane.deploy.survey import Survey, has_code, is_development
from ape_hyperlane.warp.brakes import check_brakes
from ape_hyperlane.warp.ends import End, complete, read_backing, whole_token
from ape_hyperlane.warp.plan import ROUTER, Place, Remote, delivery_gas, plan_end
from ape_hyperlane.warp.routes import choose_route
from hyperlane.errors import ChainError, ConfigError
from hyperlane.registry import Registry
from hyperlane.registry.deployed_routes import (
    Connection,
    RouteToken,
    WarpRoute,
    route_paths,
    write_route,
)
from hyperlane.registry.fields import CONTRACT_VERSION, ZERO_ADDRESS, word
from hyperlane.registry.hooks import all_hooks
from hyperlane.registry.isms import all_isms
from hyperlane.registry.models import read
from hyperlane.registry.token_fees import all_fees
from hyperlane.registry.token_types import STANDARDS, SYNTHETIC
from hyperlane.registry.warp import Tokens
from hyperlane.registry.warp_token import WarpToken

Connect = Callable[[str], AbstractContextManager[Any]]
"""Connects ape to the chain of this name for the duration of a `with` block."""


@dataclass
class RouteDeployment:
    """A route, what the chains say of its tokens, and how far it is deployed.

    Made by `plan_route`. Nothing is sent or written before `deploy_route`.
    """

    id: str
    """`<SYMBOL>/<name>`, as in the registry."""
    ends: Mapping[str, End]
    registry: Registry
    connect: Connect
    journals: Mapping[str, Journal]
    surroundings: Surroundings
    routers: dict[str, str] = field(default_factory=dict)
    """By chain, as far as they are deployed."""
    left: list[str] = field(default_factory=list)
    """What the account that surveyed it may not do, a line each."""

    @contextmanager
    def on(self, chain: str) -> Iterator[None]:
        """Connected to a chain, which errors name."""
        with self.connect(chain):
            try:
                yield
            except (ConfigError, ChainError) as error:
                raise type(error)(f"{chain}: {error}") from error

    def steps(self, chain: str) -> list[Step]:
        """All that one chain needs."""
        known, end = self.surroundings, self.ends[chain]
        addresses = known.addresses[chain]
        mailbox = str(end.token.mailbox or addresses.mailbox)
        known = replace(known, here=chain)
        place = Place(self.journals[chain].deployer, mailbox, addresses, known)
        vaults = [
            known.domains[other]
            for other, each in self.ends.items()
            if each.token.type == "collateralVaultRebase"
        ]
        trusted = known.by_domain(end.token.cross_collateral_routers, "crossCollateralRouters")
        neighbours = {domain for domain, routers in trusted.items() if routers}
        check_brakes(end.token, known.domains[chain], neighbours)
        return plan_end(end, place, self.remotes(chain), *vaults)

    def remotes(self, chain: str) -> dict[int, Remote]:
        """Whom the router on a chain talks to, by domain."""
        token, known = self.ends[chain].token, self.surroundings
        gas = known.by_domain(token.destination_gas, "destinationGas")
        named = known.by_domain(token.remote_routers, "remoteRouters")
        remotes = {
            domain: Remote(word(each.address), gas.get(domain, delivery_gas(token)))
            for domain, each in named.items()
        }
        for other, end in self.ends.items():
            if other != chain:
                domain, router = known.domains[other], self.routers.get(other)
                remotes[domain] = Remote(
                    word(router) if router else Ref(f"router on {other}"),
                    gas.get(domain, delivery_gas(end.token)),
                    end.circle_domain,
                )
        trusted = known.by_domain(token.cross_collateral_routers, "crossCollateralRouters")
        for domain, routers in trusted.items():
            if routers and domain != known.domains[chain]:
                remotes.setdefault(domain, Remote(None, gas.get(domain, delivery_gas(token))))
        for domain in gas.keys() - remotes.keys():
            raise ConfigError(
                f"destinationGas: {gas[domain]} for domain {domain}, where no router is"
                " enrolled; expected a chain of this route"
            )
        return remotes

    def require_others(self) -> None:
        """ConfigError for other routers on chains of the route than those deployed there."""
        surplus: dict[str, list[str]] = {}
        for chain, end in self.ends.items():
            for key, named in end.token.remote_routers.items():
                domain = self.surroundings.domain(key, f"{chain}.remoteRouters")
                for other in self.ends:
                    if self.surroundings.domains[other] != domain:
                        continue
                    router = self.routers.get(other)
                    if other == chain or not router or word(named.address) != word(router):
                        surplus.setdefault(other, []).append(f"{chain}.remoteRouters.{key}")
        if surplus:
            entries = [entry for each in surplus.values() for entry in each]
            raise ConfigError(
                f"{', '.join(entries)}: this file deploys the routers on {', '.join(surplus)};"
                " remove these entries"
            )


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


def _as_deployed(deployment: RouteDeployment) -> Tokens:
    """With what the files of other tools have to say, and ours may leave out."""
    vaults = [
        chain for chain, end in deployment.ends.items() if end.token.type == "collateralVaultRebase"
    ]
    written = {}
    for chain, end in deployment.ends.items():
        more: dict[str, Any] = {"owner": end.token.owner or deployment.journals[chain].deployer}
        gas = {str(domain): each.gas for domain, each in deployment.remotes(chain).items()}
        if any(gas.values()):
            more["destination_gas"] = gas
        if end.token.contract_version is not None:
            more["contract_version"] = CONTRACT_VERSION
        if end.scale != 1:
            more["scale"] = end.scale
        if end.token.type in SYNTHETIC and not end.token.nft:
            more |= {"name": end.name, "symbol": end.symbol, "decimals": end.decimals}
        if end.token.type == "syntheticRebase":
            more["collateral_chain_name"] = vaults[0]
        written[chain] = end.token.model_copy(update=more)
    return written


def _route(deployment: RouteDeployment) -> WarpRoute:
    return WarpRoute(
        tokens=[
            RouteToken(
                chain_name=chain,
                standard=STANDARDS[end.token.type],
                name=end.name,
                symbol=end.symbol,
                decimals=end.decimals,
                address_or_denom=deployment.routers[chain],
                scale=None if end.scale == 1 else end.scale,
                collateral_address_or_denom=end.token.token,
                connections=[
                    Connection(token=f"ethereum|{other}|{deployment.routers[other]}")
                    for other in deployment.ends
                    if other != chain
                ],
            )
            for chain, end in deployment.ends.items()
        ]
    )
