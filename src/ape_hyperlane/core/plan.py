"""From a core config to the steps that deploy it. Pure: no chain is asked anything."""

from ape_hyperlane.modules.hooks import HookPlanner
from ape_hyperlane.modules.isms import IsmPlanner
from ape_hyperlane.plans.builder import Builder, Surroundings
from ape_hyperlane.plans.steps import MAKER, Ref, Step, Use
from hyperlane.registry import CoreConfig
from hyperlane.registry.core_config import ProxyAdmin

MAILBOX, DEFAULT_ISM = Ref("mailbox"), Ref("interchainSecurityModule")

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
"""Step, and so key in `addresses.yaml`, to contract."""


def plan_core(
    config: CoreConfig, *, domain: int, deployer: str, surroundings: Surroundings
) -> list[Step]:
    """The steps for `config` on the chain with this domain.

    ConfigError when the config names a remote chain that is not in the surroundings.
    """
    owner = config.owner or deployer
    admin = (config.proxy_admin or ProxyAdmin()) if config.upgradeable else None
    builder = Builder(deployer, owner, MAILBOX, surroundings, admin)
    builder.create_upgradeable("mailbox", "Mailbox", (domain,), state={"localDomain": domain})
    for name, contract in FACTORIES.items():
        builder.create(name, contract)
    hooks, isms = HookPlanner(builder), IsmPlanner(builder)
    required = hooks.plan(config.required_hook)
    default = hooks.plan(config.default_hook)
    ism = isms.plan(config.default_ism, DEFAULT_ISM.step)
    if ism != DEFAULT_ISM:
        builder.steps.append(Use(DEFAULT_ISM.step, ism))
    wiring = {"defaultIsm": ism, "defaultHook": default, "requiredHook": required}
    initial = {"owner": owner, **wiring}
    builder.call("initialize", MAILBOX, "Mailbox", tuple(initial.values()), state=initial)
    for setting, target in wiring.items():
        # For a Mailbox that was initialised with something else.
        builder.set(MAILBOX, "Mailbox", setting, target)
    announced = {"mailbox": MAILBOX}
    builder.create("validatorAnnounce", "ValidatorAnnounce", (MAILBOX,), state=announced)
    builder.create("testRecipient", "TestRecipient", state={"owner": MAKER})
    builder.hand_over(MAILBOX, "Mailbox", None)
    builder.hand_over(Ref("testRecipient"), "TestRecipient", None)
    return builder.steps + builder.hand_overs
