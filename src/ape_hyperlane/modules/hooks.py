"""From the config of a hook to the steps that deploy it, and all that it calls."""

from collections.abc import Mapping
from typing import Any

from ape_hyperlane.modules.hybrids import plan_hybrid
from ape_hyperlane.plans.builder import NOTHING, Builder
from ape_hyperlane.plans.steps import MAKER, CreateSet, Reading, Ref, Target
from hyperlane.errors import ConfigError
from hyperlane.registry.fields import ZERO_ADDRESS, word
from hyperlane.registry.hooks import (
    AggregationHook,
    AmountRoutingHook,
    ArbL2ToL1Hook,
    CcipHook,
    DefaultHook,
    Erc5164Hook,
    FallbackRoutingHook,
    GasPrice,
    Hook,
    InterchainGasPaymaster,
    MerkleTreeHook,
    OpStackHook,
    PausableHook,
    ProtocolFee,
    RateLimitedHook,
    RecipientRoutingHook,
    RoutingHook,
    all_hooks,
)
from hyperlane.registry.hybrids import DelayedFlow, NetFlow, Timelock

PAYMASTER = "InterchainGasPaymaster"
ORACLE = "StorageGasOracle"


class HookPlanner:
    """Plans hooks; each is named after its type.

    Equal configs become one contract, rate limits excepted: each counts for its place. So there is
    one merkle tree, however often it is named.
    """

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self._planned: list[tuple[Hook, Target]] = []

    def plan(self, config: Hook) -> Target:
        """The hook's address, and the steps that make it. ConfigError names what is wrong."""
        if isinstance(config, str):
            return config
        shared = not any(isinstance(each, RateLimitedHook) for each in all_hooks(config))
        for known, target in self._planned:
            if known == config and shared:
                return target
        target = self._plan(config)
        self._planned.append((config, target))
        return target

    def _plan(self, config: Hook) -> Ref:
        mailbox = self.builder.mailbox
        match config:
            case MerkleTreeHook():
                return self._create(config, "MerkleTreeHook", (mailbox,), mailbox=mailbox)
            case ProtocolFee():
                return self._protocol_fee(config)
            case InterchainGasPaymaster():
                return self._paymaster(config)
            case PausableHook():
                return self._pausable(config)
            case RecipientRoutingHook():
                return self._by_recipient(config)
            case RoutingHook():
                return self._routing(config, "DomainRoutingHook", ())
            case FallbackRoutingHook():
                return self._with_fallback(config)
            case AmountRoutingHook():
                return self._by_amount(config)
            case AggregationHook():
                return self._aggregation(config)
            case DefaultHook():
                return self._create(config, "DefaultHook", (mailbox,), mailbox=mailbox)
            case RateLimitedHook():
                return self._rate_limited(config)
            case OpStackHook():
                return self._bridged(config, "OPStackHook", {"l1Messenger": config.native_bridge})
            case ArbL2ToL1Hook():
                child = self.plan(config.child_hook)
                called = {"arbSys": config.arb_sys, "childHook": child}
                return self._bridged(config, "ArbL2ToL1Hook", called)
            case CcipHook(router=None):
                return self._known_over_ccip(config)
            case CcipHook():
                before = {"ccipRouter": config.router, "ccipDestination": config.chain_selector}
                return self._bridged(config, "CCIPHook", {}, before)
            case Erc5164Hook():
                called = {"dispatcher": config.dispatcher}
                return self._bridged(config, "ERC5164Hook", called)
            case NetFlow() | Timelock() | DelayedFlow():
                return plan_hybrid(self.builder, config)
        raise TypeError(config)

    def _create(self, config: Any, contract: str, arguments: tuple[Any, ...], **state: Any) -> Ref:
        name = self.builder.unique(config.type)
        return self.builder.create(name, contract, arguments, address=config.address, state=state)

    def _protocol_fee(self, config: ProtocolFee) -> Ref:
        contract, beneficiary = "ProtocolFee", config.beneficiary or self.builder.owner
        arguments = (config.max_protocol_fee, config.protocol_fee, beneficiary)
        hook = self._create(
            config,
            contract,
            (*arguments, MAKER),
            MAX_PROTOCOL_FEE=config.max_protocol_fee,
            protocolFee=config.protocol_fee,
            beneficiary=beneficiary,
        )
        self.builder.set(hook, contract, "protocolFee", config.protocol_fee)
        self.builder.set(hook, contract, "beneficiary", beneficiary)
        self.builder.hand_over(hook, contract, config.owner)
        return hook

    def _pausable(self, config: PausableHook) -> Ref:
        contract = "PausableHook"
        hook = self._create(config, contract, (), paused=False)
        self.builder.pause(hook, contract, config.paused)
        self.builder.hand_over(hook, contract, config.owner)
        return hook

    def _with_fallback(self, config: FallbackRoutingHook) -> Ref:
        fallback = self.plan(config.fallback)
        return self._routing(
            config, "FallbackDomainRoutingHook", (fallback,), fallbackHook=fallback
        )

    def _routing(
        self,
        config: RoutingHook | FallbackRoutingHook | RecipientRoutingHook,
        contract: str,
        rest: tuple[Any, ...],
        **state: Any,
    ) -> Ref:
        builder = self.builder
        planned = {chain: self.plan(hook) for chain, hook in config.domains.items()}
        hooks = builder.surroundings.by_domain(planned, f"{config.type}.domains")
        router = self._create(
            config,
            contract,
            (builder.mailbox, MAKER, *rest),
            mailbox=builder.mailbox,
            **state,
        )
        builder.table(
            router,
            contract,
            hooks,
            view="hooks",
            setter="setHooks",
            remover="setHooks",
            removed=(ZERO_ADDRESS,),
        )
        builder.hand_over(router, contract, config.owner)
        return router

    def _by_recipient(self, config: RecipientRoutingHook) -> Ref:
        contract = "DestinationRecipientRoutingHook"
        planned = {
            chain: {word(recipient): self.plan(hook) for recipient, hook in hooks.items()}
            for chain, hooks in config.custom_hooks.items()
        }
        router = self._routing(config, contract, ())
        place = f"{config.type}.customHooks"
        by_domain = self.builder.surroundings.by_domain(planned, place)
        for domain, hooks in by_domain.items():
            for recipient, hook in hooks.items():
                key = (domain, recipient)
                told = Reading(router, contract, "customHooks", hook, key)
                self.builder.call(
                    "configCustomHook",
                    router,
                    contract,
                    (*key, hook),
                    told,
                    repeatable=True,
                    about=f"{domain} 0x{recipient.hex()} ",
                )
        return router

    def _by_amount(self, config: AmountRoutingHook) -> Ref:
        lower, upper = self.plan(config.lower_hook), self.plan(config.upper_hook)
        state = {"lower": lower, "upper": upper, "threshold": config.threshold}
        return self._create(config, "AmountRoutingHook", tuple(state.values()), **state)

    def _aggregation(self, config: AggregationHook) -> Ref:
        hooks = tuple(self.plan(child) for child in config.hooks)
        name, contract = self.builder.unique(config.type), "StaticAggregationHook"
        reading = Reading(Ref(name), contract, "hooks", list(hooks), (b"",))
        if config.address is not None:
            return self.builder.create(name, contract, (), reading, address=config.address)
        factory = "staticAggregationHookFactory"
        step = CreateSet(name, contract, factory, hooks, len(hooks), (reading,))
        self.builder.steps.append(step)
        return Ref(name)

    def _rate_limited(self, config: RateLimitedHook) -> Ref:
        contract, sender = "RateLimitedHook", config.sender or self.builder.router
        arguments = (self.builder.mailbox, config.capacity, config.duration, sender)
        hook = self._create(
            config,
            contract,
            arguments,
            mailbox=self.builder.mailbox,
            DURATION=config.duration,
            sender=sender,
            maxCapacity=config.capacity,
        )
        self.builder.set(hook, contract, "maxCapacity", config.capacity, "setRefillRate")
        self.builder.hand_over(hook, contract, config.owner)
        return hook

    def _bridged(
        self,
        config: OpStackHook | ArbL2ToL1Hook | CcipHook | Erc5164Hook,
        contract: str,
        after: Mapping[str, Target],
        before: Mapping[str, Any] = NOTHING,
    ) -> Ref:
        """Its constructor takes what all of them take, between what is its own."""
        builder, chain = self.builder, config.destination_chain
        domain = builder.surroundings.domain(chain, f"{config.type}.destinationChain")
        key = config.type.removesuffix("Hook") + "Ism"
        ism = config.ism or builder.surroundings.counterpart(chain, key)
        if ism is None:
            raise ConfigError(
                f"{config.type}.ism: required, since the registry has no {key} on {chain}; deploy"
                " that first"
            )
        shared = {"mailbox": builder.mailbox, "destinationDomain": domain, "ism": word(ism)}
        state = {**before, **shared, **after}
        return self._create(config, contract, tuple(state.values()), **state)

    def _known_over_ccip(self, config: CcipHook) -> Ref:
        known, chain = self.builder.surroundings, config.destination_chain
        state: dict[str, Any] = {
            "mailbox": self.builder.mailbox,
            "destinationDomain": known.domain(chain, f"{config.type}.destinationChain"),
        }
        if config.ism is not None:
            state["ism"] = word(config.ism)
        address = config.address or known.over_ccip(config.type, chain)
        name = self.builder.unique(config.type)
        return self.builder.create(name, "CCIPHook", address=address, state=state)

    def _paymaster(self, config: InterchainGasPaymaster) -> Ref:
        builder = self.builder
        owner, beneficiary = config.owner or builder.owner, config.beneficiary or builder.owner
        paymaster = self._create_paymaster(config, beneficiary)
        builder.set(paymaster, PAYMASTER, "beneficiary", beneficiary)
        oracle = paymaster
        if config.oracle_key not in (None, owner):
            oracle = self._oracle("storageGasOracle", config.oracle_key)
        place = f"{config.type}.oracleConfig"
        self._set_prices(oracle, config.oracle_config, place)
        self._set_overheads(paymaster, oracle, config)
        if config.token_oracle_config:
            builder.set(paymaster, PAYMASTER, "mailbox", builder.mailbox)
        for token, prices in config.token_oracle_config.items():
            self._price_in_token(paymaster, token, prices, config.oracle_key or owner)
        builder.members(
            paymaster,
            PAYMASTER,
            "quoteSigners",
            config.quote_signers,
            adder="addQuoteSigner",
            remover="removeQuoteSigner",
        )
        builder.hand_over(paymaster, PAYMASTER, config.owner)
        return paymaster

    def _create_paymaster(self, config: InterchainGasPaymaster, beneficiary: str) -> Ref:
        builder, name = self.builder, self.builder.unique(config.type)
        if config.address is not None:
            return builder.create(name, PAYMASTER, address=config.address)
        paymaster = builder.create_upgradeable(name, PAYMASTER)
        initial = {"owner": MAKER, "beneficiary": beneficiary}
        arguments = tuple(initial.values())
        builder.call("initialize", paymaster, PAYMASTER, arguments, state=initial)
        return paymaster

    def _oracle(self, name: str, keeper: str | None) -> Ref:
        oracle = self.builder.create(self.builder.unique(name), ORACLE)
        self.builder.hand_over(oracle, ORACLE, keeper)
        return oracle

    def _set_prices(self, oracle: Ref, prices: Mapping[str, GasPrice], place: str) -> list[int]:
        """The domains that have prices from then on."""
        by_domain = self.builder.surroundings.by_domain(prices, place)
        keeper = ORACLE if oracle.step.startswith("storageGasOracle") else PAYMASTER
        figures = {
            domain: (price.token_exchange_rate, price.gas_price)
            for domain, price in by_domain.items()
        }
        told = [
            Reading(oracle, keeper, "remoteGasData", pair, (domain,))
            for domain, pair in figures.items()
        ]
        data = [(domain, *pair) for domain, pair in figures.items()]
        if data:
            method = "setRemoteGasDataConfigs"
            self.builder.call(method, oracle, keeper, (data,), *told, repeatable=True)
        return list(by_domain)

    def _set_overheads(self, paymaster: Ref, oracle: Ref, config: InterchainGasPaymaster) -> None:
        place = f"{config.type}.overhead"
        overheads = self.builder.surroundings.by_domain(config.overhead, place)
        pairs = [(domain, (oracle, overhead)) for domain, overhead in overheads.items()]
        told = [
            Reading(paymaster, PAYMASTER, "destinationGasConfigs", pair, (domain,))
            for domain, pair in pairs
        ]
        if pairs:
            method = "setDestinationGasConfigs"
            self.builder.call(method, paymaster, PAYMASTER, (pairs,), *told, repeatable=True)

    def _price_in_token(
        self, paymaster: Ref, token: str, prices: Mapping[str, GasPrice], keeper: str
    ) -> None:
        oracle = self._oracle(f"storageGasOracle.{token}", keeper)
        place = f"interchainGasPaymaster.tokenOracleConfig.{token}"
        domains = self._set_prices(oracle, prices, place)
        told = [
            Reading(paymaster, PAYMASTER, "tokenGasOracles", oracle, (token, domain))
            for domain in domains
        ]
        configs = [(token, domain, oracle) for domain in domains]
        self.builder.call(
            "setTokenGasOracles",
            paymaster,
            PAYMASTER,
            (configs,),
            *told,
            repeatable=True,
            about=f"{token} ",
        )
