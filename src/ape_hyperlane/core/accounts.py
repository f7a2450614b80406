"""Plans the router of interchain accounts, and fills in what its config leaves out. Pure: makes no
request."""

from collections.abc import Mapping
from typing import Any

from ape_hyperlane.modules.hooks import HookPlanner
from ape_hyperlane.modules.hybrids import REMOTE_ROUTERS
from ape_hyperlane.plans.builder import PlanBuilder
from ape_hyperlane.plans.contract import PlannedContract
from ape_hyperlane.plans.registry_view import RegistryView
from ape_hyperlane.plans.steps import (
    CREATOR,
    Creator,
    Initial,
    Made,
    Reading,
    Ref,
    Subset,
    Unlisted,
    Use,
)
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import Address, to_checksum, to_hex
from hyperlane.registry.account_router import (
    AccountRouting,
    InterchainAccountRouter,
    RemoteRouter,
)
from hyperlane.registry.fields import ZERO_ADDRESS, word

KEY = "interchainAccountRouter"
ROUTER, COMMITMENT_ISM = Ref(KEY), Ref("commitmentReadIsm")
CONTRACTS = {"regular": "InterchainAccountRouter", "minimal": "MinimalInterchainAccountRouter"}
COMMITMENT_GAS = 100_000
"""Gas limit of the message that brings a commitment: 80,000 where that makes the account."""
ENROL = "enrollRemoteRouterAndIsm"


def plan_router(plan: PlanBuilder, config: InterchainAccountRouter) -> None:
    """Plans a router whose config is filled in (`filled_in`). Its owner, hook and URLs change in
    place: another router would have other accounts."""
    contract = CONTRACTS[config.router_type]
    arguments: tuple[Any, ...] = (plan.mailbox, ZERO_ADDRESS, CREATOR)
    state = {
        "mailbox": plan.mailbox,
        "hook": ZERO_ADDRESS,
        "interchainSecurityModule": ROUTER,
        "owner": CREATOR,
    }
    readings: tuple[Reading, ...] = ()
    made, module = PlannedContract(plan, COMMITMENT_ISM, "CommitmentReadIsm"), config.revealing
    if module is not None:
        urls = list(module.urls)
        arguments += (COMMITMENT_GAS, Initial(urls))
        readings = (made.reading("urls", urls), made.reading("owner", Creator(KEY)))
    hook = HookPlanner(plan).plan(config.hook)
    router = plan.create(
        KEY, contract, arguments, *readings, address=config.address, permanent=True, state=state
    )
    router.set("hook", hook)
    if module is not None:
        plan.steps.append(Use(COMMITMENT_ISM.step, Made(ROUTER, contract, "CCIP_READ_ISM")))
        made.set("urls", list(module.urls))
        made.hand_over(module.owner)
    _plan_remotes(plan, router, config)
    router.hand_over(config.owner)


def _plan_remotes(
    plan: PlanBuilder, router: PlannedContract, config: InterchainAccountRouter
) -> None:
    """Plans the enrolments, one by one: a call for several would revert for one that is there."""
    by_domain = plan.registry.by_domain
    remotes = by_domain(config.remote_routers or {}, f"{KEY}.remoteRouters")
    modules = by_domain(config.isms, f"{KEY}.interchainSecurityModule.isms")
    listed = router.reading("domains", Subset(tuple(remotes)))
    plan.expect_at_creation(listed)
    router.call(REMOTE_ROUTERS.remover, (Unlisted(listed),), listed, label="surplus ")
    for domain, remote in remotes.items():
        enrolled, module = word(remote.address), word(modules[domain])
        router.call(
            ENROL,
            (domain, enrolled, module),
            router.reading("routers", enrolled, domain),
            router.reading("isms", module, domain),
            label=f"{domain} ",
        )


def filled_in(
    config: InterchainAccountRouter,
    before: InterchainAccountRouter | None,
    view: RegistryView,
    domain: int,
    mailbox: str | None,
) -> InterchainAccountRouter:
    """The config of a router as it is written, with all that the reference reads back from the
    chain: the core's Mailbox, if there is one yet; each remote router's domain and address; a
    module for each. Enrolments that are left out are those of `before`, the last deployment. The
    Mailbox of a file is that of the core that it was read from: a new core has another.

    ConfigError for another Mailbox, for a chain without a known router, for the chain itself, for
    an address that is not an EVM chain's, and for a module of a chain without a router.
    """
    if mailbox is not None and config.mailbox not in (None, mailbox):
        raise ConfigError(
            f"{KEY}.mailbox: {config.mailbox}, expected {mailbox}, the Mailbox of this core; remove"
            " this key"
        )
    enrolled = config.remote_routers
    kept: Mapping[str, str] = {}
    if enrolled is None:
        enrolled = {}
        if before is not None:
            enrolled, kept = before.remote_routers or {}, before.isms
    remotes = {
        remote: _address(view, chain, each)
        for (remote, each), chain in zip(
            view.by_domain(enrolled, f"{KEY}.remoteRouters").items(), enrolled, strict=True
        )
    }
    if domain in remotes:
        raise ConfigError(f"{KEY}.remoteRouters.{domain}: this chain itself; remove this entry")
    isms = view.by_domain(kept, f"{KEY}.interchainSecurityModule.isms")
    isms |= view.by_domain(config.isms, f"{KEY}.interchainSecurityModule.isms")
    for other in isms.keys() - remotes.keys():
        raise ConfigError(
            f"{KEY}.interchainSecurityModule.isms.{other}: no router is enrolled there; name one in"
            f" {KEY}.remoteRouters"
        )
    for other, each in isms.items():
        if any(word(each)[:12]):
            raise ConfigError(
                f"{KEY}.interchainSecurityModule.isms.{other}: {each}, expected the address of an"
                " EVM contract: messages that name another one would fail there, for good"
            )
    names = {number: chain for chain, number in view.domains.items()}
    module = config.revealing
    if module is not None:
        owned = {"owner": module.owner or config.owner, "address": None}
        module = module.model_copy(update=owned)
    return config.model_copy(
        update={
            "mailbox": mailbox,
            "remote_routers": {
                str(remote): RemoteRouter(address=address) for remote, address in remotes.items()
            },
            "interchain_security_module": AccountRouting(
                owner=config.owner,
                isms={
                    names.get(remote, str(remote)): to_hex(word(isms.get(remote, ZERO_ADDRESS)))
                    for remote in remotes
                },
            ),
            "commitment_ism": module,
            "proxy_admin": None,
        }
    )


def _address(view: RegistryView, chain: str, remote: RemoteRouter) -> str:
    """The checksummed address of a remote router."""
    key = f"{KEY}.remoteRouters.{chain}"
    found = remote.address or view.remote_address(chain, KEY)
    if found is None:
        raise ConfigError(
            f"{key}.address: required, since the registry has no {KEY} of this chain; deploy a core"
            " there first"
        )
    encoded = word(found)
    if any(encoded[:12]) or not any(encoded):
        raise ConfigError(f"{key}.address: {found}, expected the address of an EVM contract")
    return to_checksum(Address(encoded[12:]))
