"""Plans a core: from its config to the steps that deploy it. Pure: makes no request."""

from ape_hyperlane.core.accounts import plan_router
from ape_hyperlane.core.gateways import plan_gateway
from ape_hyperlane.modules.hooks import HookPlanner
from ape_hyperlane.modules.isms import IsmPlanner
from ape_hyperlane.plans.builder import PlanBuilder
from ape_hyperlane.plans.registry_view import RegistryView
from ape_hyperlane.plans.steps import CREATOR, Ref, Step, Target, Use, reserve
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.registry import CoreConfig
from hyperlane.registry.core_config import ProxyAdmin

MAILBOX, DEFAULT_ISM = Ref("mailbox"), Ref("interchainSecurityModule")
ANNOUNCE = "validatorAnnounce"

FACTORIES = {
    "staticMessageIdMultisigIsmFactory": "StaticMessageIdMultisigIsmFactory",
    "staticMerkleRootMultisigIsmFactory": "StaticMerkleRootMultisigIsmFactory",
    "staticMessageIdWeightedMultisigIsmFactory": "StaticMessageIdWeightedMultisigIsmFactory",
    "staticMerkleRootWeightedMultisigIsmFactory": "StaticMerkleRootWeightedMultisigIsmFactory",
    "staticAggregationIsmFactory": "StaticAggregationIsmFactory",
    "staticAggregationHookFactory": "StaticAggregationHookFactory",
    "domainRoutingIsmFactory": "DomainRoutingIsmFactory",
    "incrementalDomainRoutingIsmFactory": "IncrementalDomainRoutingIsmFactory",
}
"""Factory contracts by step name, which is also their key in `addresses.yaml`."""

CLONE_FACTORIES = {
    "clonedMessageIdMultisigIsmFactory": "ClonedMessageIdMultisigIsmFactory",
    "clonedMerkleRootMultisigIsmFactory": "ClonedMerkleRootMultisigIsmFactory",
}
"""Those of multisigs that are clones, only deployed where the config wants any."""


def plan_core(
    config: CoreConfig,
    *,
    domain: int,
    deployer: str,
    registry: RegistryView,
    salt: Bytes32 | None = None,
) -> list[Step]:
    """The steps for `config` on the chain with this domain. With a salt, Mailbox and
    ValidatorAnnounce get addresses that depend on deployer and salt alone. ConfigError when the
    config names a remote chain that the registry does not have."""
    owner = config.owner or deployer
    admin = (config.proxy_admin or ProxyAdmin()) if config.upgradeable else None
    clones = config.static_sets == "clones"
    plan = PlanBuilder(deployer, owner, MAILBOX, registry, admin, clones=clones)
    mailbox = plan.create_upgradeable(
        MAILBOX.step,
        "Mailbox",
        (domain,),
        state={"localDomain": domain},
        reserve=reserve(MAILBOX.step, MAILBOX.step, deployer, salt),
    )
    for name, contract in (FACTORIES | (CLONE_FACTORIES if clones else {})).items():
        plan.create(name, contract)
    settings = _plan_modules(plan, config)
    state = {"owner": owner, **settings}
    # Without a journal the chain has to show whether a Mailbox that was recovered is initialised.
    mailbox.call_once(
        "initialize", tuple(state.values()), state, reverts_when_done=salt is not None
    )
    for setting, target in settings.items():
        # Sends nothing after `initialize`: for a Mailbox that an earlier config initialised.
        mailbox.set(setting, target)
    plan.create(
        ANNOUNCE,
        "ValidatorAnnounce",
        (MAILBOX,),
        state={"mailbox": MAILBOX},
        reserve=reserve(ANNOUNCE, ANNOUNCE, deployer, salt),
    )
    if config.interchain_account_router is not None:
        plan_router(plan, config.interchain_account_router)
    if config.erc7786_gateway is not None:
        plan_gateway(plan, config.erc7786_gateway)
    recipient = plan.create("testRecipient", "TestRecipient", state={"owner": CREATOR})
    mailbox.hand_over(None)
    recipient.hand_over(None)
    return plan.all_steps


def _plan_modules(plan: PlanBuilder, config: CoreConfig) -> dict[str, Target]:
    """Plans hooks and security modules. Returns the Mailbox's settings by view, in the order of
    `initialize`."""
    hooks, isms = HookPlanner(plan), IsmPlanner(plan)
    required = hooks.plan(config.required_hook)
    default = hooks.plan(config.default_hook)
    ism = isms.plan(config.default_ism, DEFAULT_ISM.step)
    if ism != DEFAULT_ISM:
        # The default module has this key in addresses.yaml, whatever step makes it.
        plan.steps.append(Use(DEFAULT_ISM.step, ism))
    return {"defaultIsm": ism, "defaultHook": default, "requiredHook": required}
