"""Plans security modules: from the config of a module to the steps that deploy it and all modules
that it asks."""

from typing import Any

from ape_hyperlane.modules.guarded import ARGUMENTS, configure_guarded
from ape_hyperlane.modules.hybrids import plan_hybrid
from ape_hyperlane.plans.builder import PlanBuilder
from ape_hyperlane.plans.contract import PlannedContract, Table
from ape_hyperlane.plans.steps import CREATOR, CreateSet, Reading, Ref, Target
from hyperlane.registry.fields import word
from hyperlane.registry.hybrids import DelayedFlow, NetFlow, Timelock
from hyperlane.registry.isms import (
    AggregationIsm,
    AmountRoutingIsm,
    ArbL2ToL1Ism,
    BlacklistIsm,
    CcipIsm,
    DefaultIsm,
    Erc5164Ism,
    GuardedPausableIsm,
    Ism,
    MultisigIsm,
    OffchainLookupIsm,
    OpStackIsm,
    PausableIsm,
    RateLimitedIsm,
    RoutingIsm,
    TestIsm,
    TrustedRelayerIsm,
    WeightedMultisigIsm,
    all_isms,
)

ROUTING = {
    "domainRoutingIsm": "AtomicInitDomainRoutingIsm",
    "incrementalDomainRoutingIsm": "AtomicInitIncrementalDomainRoutingIsm",
    "defaultFallbackRoutingIsm": "AtomicInitDefaultFallbackRoutingIsm",
}


MODULES_BY_DOMAIN = Table("module", "setIsms", "removeIsms")


class IsmPlanner:
    """Plans modules and names nested ones after their position: `<name>.<position>`.

    Equal configs become one contract. Rate limits are the exception: each counts the transfers at
    its own position.
    """

    def __init__(self, builder: PlanBuilder) -> None:
        self.builder = builder
        self._planned: list[tuple[Ism, Target]] = []

    def plan(self, config: Ism, name: str) -> Target:
        """Plans a module and returns a reference to it. ConfigError for a config that cannot be
        deployed."""
        if isinstance(config, str):
            return config
        shared = not any(isinstance(module, RateLimitedIsm) for module in all_isms(config))
        for known, target in self._planned:
            if known == config and shared:
                return target
        target = self._plan(config, name)
        self._planned.append((config, target))
        return target

    def _plan(self, config: Ism, name: str) -> Ref:
        mailbox = self.builder.mailbox
        match config:
            case MultisigIsm():
                return self._set(config, name, config.validators, "validators")
            case WeightedMultisigIsm():
                return self._weighted(config, name)
            case AggregationIsm():
                return self._aggregation(config, name)
            case RoutingIsm():
                return self._routing(config, name)
            case AmountRoutingIsm():
                return self._by_amount(config, name)
            case PausableIsm():
                return self._pausable(config, name)
            case GuardedPausableIsm():
                return self._guarded(config, name)
            case BlacklistIsm():
                return self._blacklist(config, name)
            case RateLimitedIsm():
                return self._rate_limited(config, name)
            case OpStackIsm() | ArbL2ToL1Ism() | CcipIsm() | Erc5164Ism():
                return self._over_bridge(config)
            case OffchainLookupIsm():
                return self._offchain(config, name)
            case TrustedRelayerIsm():
                relayer = config.relayer or self.builder.deployer
                state = {"mailbox": mailbox, "trustedRelayer": relayer}
                return self._create(config, name, "TrustedRelayerIsm", state).ref
            case DefaultIsm():
                return self._create(config, name, "DefaultIsm", {"mailbox": mailbox}).ref
            case TestIsm():
                return self._create(config, name, "NoopIsm", {}).ref
            case NetFlow() | Timelock() | DelayedFlow():
                return plan_hybrid(self.builder, config)
        raise TypeError(config)

    def _create(
        self,
        config: Any,
        name: str,
        contract: str,
        state: dict[str, Any],
        arguments: tuple[Any, ...] | None = None,
    ) -> PlannedContract:
        """A module whose constructor takes the values of `state`, unless it takes other
        `arguments`."""
        arguments = tuple(state.values()) if arguments is None else arguments
        return self.builder.create(name, contract, arguments, address=config.address, state=state)

    def _aggregation(self, config: AggregationIsm, name: str) -> Ref:
        modules = tuple(
            self.plan(module, f"{name}.{index}") for index, module in enumerate(config.modules)
        )
        return self._set(config, name, modules, "modules")

    def _set(
        self,
        config: MultisigIsm | AggregationIsm,
        name: str,
        members: tuple[Target, ...],
        kind: str,
    ) -> Ref:
        """A module with members and a threshold: in storage, or deployed by a static factory."""
        contract = config.type[0].upper() + config.type[1:]
        expected = (list(members), config.threshold)
        if contract.startswith("Storage"):
            return self._storage_set(config, name, contract, expected, kind)
        if isinstance(config, MultisigIsm):
            contract = f"{'Cloned' if self.builder.clones else 'Static'}{contract}"
        reading = Reading(Ref(name), contract, f"{kind}AndThreshold", expected, (b"",))
        return self._static(config, name, members, config.threshold, reading)

    def _storage_set(
        self, config: Any, name: str, contract: str, expected: tuple[Any, ...], kind: str
    ) -> Ref:
        module = self._create(config, name, contract, {}, expected)
        reading = module.reading(f"{kind}AndThreshold", expected, b"")
        module.call(f"set{kind.capitalize()}AndThreshold", expected, reading)
        module.hand_over(None)
        return module.ref

    def _static(
        self, config: Any, name: str, members: tuple[Any, ...], threshold: int, reading: Reading
    ) -> Ref:
        """A module of a static factory."""
        contract = reading.contract
        if config.address is not None:
            return self.builder.create(name, contract, (), reading, address=config.address).ref
        factory = contract[0].lower() + contract[1:] + "Factory"
        step = CreateSet(name, contract, factory, members, threshold, (reading,))
        return self.builder.create_set(step).ref

    def _weighted(self, config: WeightedMultisigIsm, name: str) -> Ref:
        kind = config.type.removeprefix("weighted").removesuffix("MultisigIsm")
        contract = f"Static{kind}WeightedMultisigIsm"
        members = tuple((member.signing_address, member.weight) for member in config.validators)
        threshold = config.threshold_weight
        method, expected = "validatorsAndThresholdWeight", (list(members), threshold)
        reading = Reading(Ref(name), contract, method, expected, (b"",))
        return self._static(config, name, members, threshold, reading)

    def _routing(self, config: RoutingIsm, name: str) -> Ref:
        builder, contract = self.builder, ROUTING[config.type]
        planned = {
            chain: self.plan(module, f"{name}.{chain}") for chain, module in config.domains.items()
        }
        modules = builder.registry.by_domain(planned, f"{config.type}.domains")
        arguments: tuple[Any, ...] = (CREATOR, [], [])
        state: dict[str, Any] = {}
        if config.type == "defaultFallbackRoutingIsm":
            arguments = (builder.mailbox, *arguments)
            state = {"mailbox": builder.mailbox}
        router = self._create(config, name, contract, state, arguments)
        if config.type == "incrementalDomainRoutingIsm":
            for domain, module in modules.items():
                reading = router.reading("module", module, domain)
                router.call("set", (domain, module), reading, label=f"{domain} ")
        else:
            router.table(MODULES_BY_DOMAIN, modules)
        router.hand_over(config.owner)
        return router.ref

    def _by_amount(self, config: AmountRoutingIsm, name: str) -> Ref:
        lower = self.plan(config.lower_ism, f"{name}.lower")
        upper = self.plan(config.upper_ism, f"{name}.upper")
        state = {"lower": lower, "upper": upper, "threshold": config.threshold}
        return self._create(config, name, "AmountRoutingIsm", state).ref

    def _pausable(self, config: PausableIsm, name: str) -> Ref:
        module = self._create(config, name, "PausableIsm", {"paused": False}, (CREATOR,))
        module.pause(config.paused)
        module.hand_over(config.owner)
        return module.ref

    def _guarded(self, config: GuardedPausableIsm, name: str) -> Ref:
        state = {"pausedForGood": False}
        module = self._create(config, name, "GuardedPausableIsm", state, ARGUMENTS)
        return configure_guarded(module, config)

    def _blacklist(self, config: BlacklistIsm, name: str) -> Ref:
        module = self._create(config, name, "BlacklistIsm", {}, (CREATOR,))
        ids = [bytes.fromhex(text[2:]) for text in config.blacklisted_ids]
        if ids:
            readings = [module.reading("blacklistedIds", True, message_id) for message_id in ids]
            module.call("blacklist", (ids,), *readings)
        module.hand_over(config.owner)
        return module.ref

    def _rate_limited(self, config: RateLimitedIsm, name: str) -> Ref:
        mailbox, recipient = self.builder.mailbox, config.recipient or self.builder.router
        state = {
            "mailbox": mailbox,
            "DURATION": config.duration,
            "recipient": recipient,
            "maxCapacity": config.capacity,
        }
        arguments = (mailbox, config.capacity, config.duration, recipient)
        module = self._create(config, name, "RateLimitedIsm", state, arguments)
        module.set("maxCapacity", config.capacity, "setRefillRate")
        module.hand_over(config.owner)
        return module.ref

    def _over_bridge(self, config: OpStackIsm | ArbL2ToL1Ism | CcipIsm | Erc5164Ism) -> Ref:
        registry, hook = self.builder.registry, config.hook
        # Named after its type, by which the hook on the other chain finds it in the registry.
        name = self.builder.unique(config.type)
        match config:
            case OpStackIsm():
                module = self._create(config, name, "OPStackIsm", {}, (config.native_bridge,))
                hook = hook or registry.remote_address(config.origin, "opStackHook")
            case ArbL2ToL1Ism():
                module = self._create(config, name, "ArbL2ToL1Ism", {}, (config.bridge,))
            case CcipIsm(router=None):
                address = config.address or registry.ccip_contract(config.type, config.origin_chain)
                module = self.builder.create(name, "CCIPIsm", address=address)
            case CcipIsm():
                state = {"getRouter": config.router, "ccipOrigin": config.chain_selector}
                module = self._create(config, name, "CCIPIsm", state)
                hook = hook or registry.remote_address(config.origin_chain, "ccipHook")
            case Erc5164Ism():
                module = self._create(config, name, "ERC5164Ism", {"executor": config.executor})
                hook = hook or registry.remote_address(config.origin, "erc5164Hook")
        if hook is not None:
            authorized = word(hook)
            module.call_once("setAuthorizedHook", (authorized,), {"authorizedHook": authorized})
        return module.ref

    def _offchain(self, config: OffchainLookupIsm, name: str) -> Ref:
        urls = list(config.urls)
        state = {"attester": config.attester, "urls": urls}
        arguments = (CREATOR, config.attester, urls)
        module = self._create(config, name, "AttestationIsm", state, arguments)
        module.set("urls", urls)
        module.set("attester", config.attester)
        module.hand_over(config.owner)
        return module.ref
