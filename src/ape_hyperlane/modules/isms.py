"""From the config of a security module to the steps that deploy it, and all that it asks."""

from typing import Any

from ape_hyperlane.modules.hybrids import plan_hybrid
from ape_hyperlane.plans.builder import Builder
from ape_hyperlane.plans.steps import MAKER, CreateSet, Reading, Ref, Target
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


class IsmPlanner:
    """Plans modules; those asked by others are named after their place: `<name>.<place>`.

    Equal configs become one contract, rate limits excepted: each counts for its place.
    """

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self._planned: list[tuple[Ism, Target]] = []

    def plan(self, config: Ism, name: str) -> Target:
        """The module's address, and the steps that make it. ConfigError names what is wrong."""
        if isinstance(config, str):
            return config
        shared = not any(isinstance(each, RateLimitedIsm) for each in all_isms(config))
        for known, target in self._planned:
            if known == config and shared:
                return target
        target = self._plan(config, name)
        self._planned.append((config, target))
        return target

    def _plan(self, config: Ism, name: str) -> Ref:
        match config:
            case MultisigIsm():
                return self._multisig(config, name)
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
            case BlacklistIsm():
                return self._blacklist(config, name)
            case RateLimitedIsm():
                return self._rate_limited(config, name)
            case OpStackIsm() | ArbL2ToL1Ism() | CcipIsm() | Erc5164Ism():
                return self._bridged(config)
            case OffchainLookupIsm():
                return self._offchain(config, name)
            case TrustedRelayerIsm():
                relayer = config.relayer or self.builder.deployer
                state = {"mailbox": self.builder.mailbox, "trustedRelayer": relayer}
                arguments = (self.builder.mailbox, relayer)
                return self._create(config, name, "TrustedRelayerIsm", arguments, **state)
            case DefaultIsm():
                mailbox = self.builder.mailbox
                return self._create(config, name, "DefaultIsm", (mailbox,), mailbox=mailbox)
            case TestIsm():
                return self._create(config, name, "NoopIsm", ())
            case NetFlow() | Timelock() | DelayedFlow():
                return plan_hybrid(self.builder, config)
        raise TypeError(config)

    def _create(
        self, config: Any, name: str, contract: str, arguments: tuple[Any, ...], **state: Any
    ) -> Ref:
        return self.builder.create(name, contract, arguments, address=config.address, state=state)

    def _multisig(self, config: MultisigIsm, name: str) -> Ref:
        return self._set(config, name, config.validators, "validators")

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
        contract = config.type[0].upper() + config.type[1:]
        expected = (list(members), config.threshold)
        if contract.startswith("Storage"):
            return self._storage_set(config, name, contract, expected, kind)
        contract = contract if contract.startswith("Static") else f"Static{contract}"
        reading = Reading(Ref(name), contract, f"{kind}AndThreshold", expected, (b"",))
        return self._static(config, name, contract, members, config.threshold, reading)

    def _storage_set(
        self, config: Any, name: str, contract: str, expected: tuple[Any, ...], kind: str
    ) -> Ref:
        module = self._create(config, name, contract, expected)
        reading = Reading(module, contract, f"{kind}AndThreshold", expected, (b"",))
        setter = f"set{kind.capitalize()}AndThreshold"
        self.builder.call(setter, module, contract, expected, reading, repeatable=True)
        self.builder.hand_over(module, contract, None)
        return module

    def _static(
        self,
        config: Any,
        name: str,
        contract: str,
        members: tuple[Any, ...],
        threshold: int,
        reading: Reading,
    ) -> Ref:
        if config.address is not None:
            return self.builder.create(name, contract, (), reading, address=config.address)
        factory = contract[0].lower() + contract[1:] + "Factory"
        step = CreateSet(name, contract, factory, members, threshold, (reading,))
        self.builder.steps.append(step)
        return Ref(name)

    def _weighted(self, config: WeightedMultisigIsm, name: str) -> Ref:
        kind = config.type.removeprefix("weighted").removesuffix("MultisigIsm")
        contract = f"Static{kind}WeightedMultisigIsm"
        members = tuple((each.signing_address, each.weight) for each in config.validators)
        threshold = config.threshold_weight
        method, expected = "validatorsAndThresholdWeight", (list(members), threshold)
        reading = Reading(Ref(name), contract, method, expected, (b"",))
        return self._static(config, name, contract, members, threshold, reading)

    def _routing(self, config: RoutingIsm, name: str) -> Ref:
        builder, contract = self.builder, ROUTING[config.type]
        planned = {
            chain: self.plan(module, f"{name}.{chain}") for chain, module in config.domains.items()
        }
        modules = builder.surroundings.by_domain(planned, f"{config.type}.domains")
        arguments: tuple[Any, ...] = (MAKER, [], [])
        state: dict[str, Any] = {}
        if config.type == "defaultFallbackRoutingIsm":
            arguments = (builder.mailbox, *arguments)
            state = {"mailbox": builder.mailbox}
        if config.type == "incrementalDomainRoutingIsm":
            router = self._create(config, name, contract, arguments)
            for domain, module in modules.items():
                told = Reading(router, contract, "module", module, (domain,))
                builder.call(
                    "set",
                    router,
                    contract,
                    (domain, module),
                    told,
                    repeatable=True,
                    about=f"{domain} ",
                )
        else:
            router = self._create(config, name, contract, arguments, **state)
            builder.table(
                router, contract, modules, view="module", setter="setIsms", remover="removeIsms"
            )
        builder.hand_over(router, contract, config.owner)
        return router

    def _by_amount(self, config: AmountRoutingIsm, name: str) -> Ref:
        lower = self.plan(config.lower_ism, f"{name}.lower")
        upper = self.plan(config.upper_ism, f"{name}.upper")
        state = {"lower": lower, "upper": upper, "threshold": config.threshold}
        return self._create(config, name, "AmountRoutingIsm", tuple(state.values()), **state)

    def _pausable(self, config: PausableIsm, name: str) -> Ref:
        contract, owner = "PausableIsm", MAKER
        module = self._create(config, name, contract, (owner,), paused=False)
        self.builder.pause(module, contract, config.paused)
        self.builder.hand_over(module, contract, config.owner)
        return module

    def _blacklist(self, config: BlacklistIsm, name: str) -> Ref:
        contract = "BlacklistIsm"
        module = self._create(config, name, contract, (MAKER,))
        ids = [bytes.fromhex(each[2:]) for each in config.blacklisted_ids]
        readings = [Reading(module, contract, "blacklistedIds", True, (each,)) for each in ids]
        if ids:
            self.builder.call("blacklist", module, contract, (ids,), *readings, repeatable=True)
        self.builder.hand_over(module, contract, config.owner)
        return module

    def _rate_limited(self, config: RateLimitedIsm, name: str) -> Ref:
        contract, recipient = "RateLimitedIsm", config.recipient or self.builder.router
        arguments = (self.builder.mailbox, config.capacity, config.duration, recipient)
        module = self._create(
            config,
            name,
            contract,
            arguments,
            mailbox=self.builder.mailbox,
            DURATION=config.duration,
            recipient=recipient,
            maxCapacity=config.capacity,
        )
        self.builder.set(module, contract, "maxCapacity", config.capacity, "setRefillRate")
        self.builder.hand_over(module, contract, config.owner)
        return module

    def _bridged(self, config: OpStackIsm | ArbL2ToL1Ism | CcipIsm | Erc5164Ism) -> Ref:
        hook, counterpart = config.hook, self.builder.surroundings.counterpart
        # By its type, for the hook on the other side to be found.
        name = self.builder.unique(config.type)
        match config:
            case OpStackIsm():
                contract, bridge = "OPStackIsm", config.native_bridge
                module = self._create(config, name, contract, (bridge,))
                hook = hook or counterpart(config.origin, "opStackHook")
            case ArbL2ToL1Ism():
                contract = "ArbL2ToL1Ism"
                module = self._create(config, name, contract, (config.bridge,))
            case CcipIsm(router=None):
                contract, known = "CCIPIsm", self.builder.surroundings
                address = config.address or known.over_ccip(config.type, config.origin_chain)
                module = self.builder.create(name, contract, address=address)
            case CcipIsm():
                contract, router = "CCIPIsm", config.router
                told = {"getRouter": router, "ccipOrigin": config.chain_selector}
                module = self._create(config, name, contract, tuple(told.values()), **told)
                hook = hook or counterpart(config.origin_chain, "ccipHook")
            case Erc5164Ism():
                contract, told = "ERC5164Ism", {"executor": config.executor}
                module = self._create(config, name, contract, tuple(told.values()), **told)
                hook = hook or counterpart(config.origin, "erc5164Hook")
        if hook is not None:
            state = {"authorizedHook": word(hook)}
            arguments = tuple(state.values())
            self.builder.call("setAuthorizedHook", module, contract, arguments, state=state)
        return module

    def _offchain(self, config: OffchainLookupIsm, name: str) -> Ref:
        contract, urls = "AttestationIsm", list(config.urls)
        arguments = (MAKER, config.attester, urls)
        module = self._create(
            config, name, contract, arguments, attester=config.attester, urls=urls
        )
        self.builder.set(module, contract, "urls", urls)
        self.builder.set(module, contract, "attester", config.attester)
        self.builder.hand_over(module, contract, config.owner)
        return module
