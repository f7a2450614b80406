"""Plans hooks: from a hook's config to the steps that deploy it and the hooks that it calls."""

from collections.abc import Mapping
from typing import Any

from ape_hyperlane.modules.guarded import ARGUMENTS, configure_guarded
from ape_hyperlane.modules.hybrids import plan_hybrid
from ape_hyperlane.plans.builder import NOTHING, PlanBuilder
from ape_hyperlane.plans.contract import MemberList, PlannedContract, Table
from ape_hyperlane.plans.steps import CREATOR, CreateSet, Reading, Ref, Target
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
    GuardedPausableHook,
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

HOOKS_BY_DOMAIN = Table("hooks", "setHooks", "setHooks", removed=(ZERO_ADDRESS,))
QUOTE_SIGNERS = MemberList("quoteSigners", "addQuoteSigner", "removeQuoteSigner")


class HookPlanner:
    """Plans hooks and names each after its type.

    Equal configs become one contract, so there is one merkle tree however often a config names it.
    Rate limits are the exception: each counts the transfers at its own position.
    """

    def __init__(self, builder: PlanBuilder) -> None:
        self.builder = builder
        self._planned: list[tuple[Hook, Target]] = []

    def plan(self, config: Hook) -> Target:
        """Plans a hook and returns a reference to it. ConfigError for a config that cannot be
        deployed."""
        if isinstance(config, str):
            return config
        shared = not any(isinstance(hook, RateLimitedHook) for hook in all_hooks(config))
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
                return self._create(config, "MerkleTreeHook", (mailbox,), mailbox=mailbox).ref
            case ProtocolFee():
                return self._protocol_fee(config)
            case InterchainGasPaymaster():
                return self._paymaster(config)
            case PausableHook():
                return self._pausable(config)
            case GuardedPausableHook():
                hook = self._create(config, "GuardedPausableHook", ARGUMENTS, pausedForGood=False)
                return configure_guarded(hook, config)
            case RecipientRoutingHook():
                return self._by_recipient(config)
            case RoutingHook():
                return self._routing(config, "DomainRoutingHook", ()).ref
            case FallbackRoutingHook():
                return self._with_fallback(config)
            case AmountRoutingHook():
                return self._by_amount(config)
            case AggregationHook():
                return self._aggregation(config)
            case DefaultHook():
                return self._create(config, "DefaultHook", (mailbox,), mailbox=mailbox).ref
            case RateLimitedHook():
                return self._rate_limited(config)
            case OpStackHook() | ArbL2ToL1Hook() | CcipHook() | Erc5164Hook():
                return self._over_bridge(config)
            case NetFlow() | Timelock() | DelayedFlow():
                return plan_hybrid(self.builder, config)
        raise TypeError(config)

    def _create(
        self, config: Any, contract: str, arguments: tuple[Any, ...], **state: Any
    ) -> PlannedContract:
        name = self.builder.unique(config.type)
        return self.builder.create(name, contract, arguments, address=config.address, state=state)

    def _protocol_fee(self, config: ProtocolFee) -> Ref:
        beneficiary = config.beneficiary or self.builder.owner
        hook = self._create(
            config,
            "ProtocolFee",
            (config.max_protocol_fee, config.protocol_fee, beneficiary, CREATOR),
            MAX_PROTOCOL_FEE=config.max_protocol_fee,
            protocolFee=config.protocol_fee,
            beneficiary=beneficiary,
        )
        hook.set("protocolFee", config.protocol_fee)
        hook.set("beneficiary", beneficiary)
        hook.hand_over(config.owner)
        return hook.ref

    def _pausable(self, config: PausableHook) -> Ref:
        hook = self._create(config, "PausableHook", (), paused=False)
        hook.pause(config.paused)
        hook.hand_over(config.owner)
        return hook.ref

    def _with_fallback(self, config: FallbackRoutingHook) -> Ref:
        fallback = self.plan(config.fallback)
        contract = "FallbackDomainRoutingHook"
        return self._routing(config, contract, (fallback,), fallbackHook=fallback).ref

    def _routing(
        self,
        config: RoutingHook | FallbackRoutingHook | RecipientRoutingHook,
        contract: str,
        rest: tuple[Any, ...],
        **state: Any,
    ) -> PlannedContract:
        builder = self.builder
        planned = {chain: self.plan(hook) for chain, hook in config.domains.items()}
        hooks = builder.registry.by_domain(planned, f"{config.type}.domains")
        arguments = (builder.mailbox, CREATOR, *rest)
        router = self._create(config, contract, arguments, mailbox=builder.mailbox, **state)
        router.table(HOOKS_BY_DOMAIN, hooks)
        router.hand_over(config.owner)
        return router

    def _by_recipient(self, config: RecipientRoutingHook) -> Ref:
        planned = {
            chain: {word(recipient): self.plan(hook) for recipient, hook in hooks.items()}
            for chain, hooks in config.custom_hooks.items()
        }
        router = self._routing(config, "DestinationRecipientRoutingHook", ())
        by_domain = self.builder.registry.by_domain(planned, f"{config.type}.customHooks")
        for domain, hooks in by_domain.items():
            for recipient, hook in hooks.items():
                router.call(
                    "configCustomHook",
                    (domain, recipient, hook),
                    router.reading("customHooks", hook, domain, recipient),
                    label=f"{domain} 0x{recipient.hex()} ",
                )
        return router.ref

    def _by_amount(self, config: AmountRoutingHook) -> Ref:
        lower, upper = self.plan(config.lower_hook), self.plan(config.upper_hook)
        state = {"lower": lower, "upper": upper, "threshold": config.threshold}
        return self._create(config, "AmountRoutingHook", tuple(state.values()), **state).ref

    def _aggregation(self, config: AggregationHook) -> Ref:
        hooks = tuple(self.plan(hook) for hook in config.hooks)
        name, contract = self.builder.unique(config.type), "StaticAggregationHook"
        reading = Reading(Ref(name), contract, "hooks", list(hooks), (b"",))
        if config.address is not None:
            return self.builder.create(name, contract, (), reading, address=config.address).ref
        factory = "staticAggregationHookFactory"
        step = CreateSet(name, contract, factory, hooks, len(hooks), (reading,))
        return self.builder.create_set(step).ref

    def _rate_limited(self, config: RateLimitedHook) -> Ref:
        mailbox, sender = self.builder.mailbox, config.sender or self.builder.router
        hook = self._create(
            config,
            "RateLimitedHook",
            (mailbox, config.capacity, config.duration, sender),
            mailbox=mailbox,
            DURATION=config.duration,
            sender=sender,
            maxCapacity=config.capacity,
        )
        hook.set("maxCapacity", config.capacity, "setRefillRate")
        hook.hand_over(config.owner)
        return hook.ref

    def _over_bridge(self, config: OpStackHook | ArbL2ToL1Hook | CcipHook | Erc5164Hook) -> Ref:
        match config:
            case OpStackHook():
                called: dict[str, Target] = {"l1Messenger": config.native_bridge}
                return self._announcing(config, "OPStackHook", called)
            case ArbL2ToL1Hook():
                called = {"arbSys": config.arb_sys, "childHook": self.plan(config.child_hook)}
                return self._announcing(config, "ArbL2ToL1Hook", called)
            case CcipHook(router=None):
                return self._existing_ccip_hook(config)
            case CcipHook():
                first = {"ccipRouter": config.router, "ccipDestination": config.chain_selector}
                return self._announcing(config, "CCIPHook", {}, first)
            case Erc5164Hook():
                return self._announcing(config, "ERC5164Hook", {"dispatcher": config.dispatcher})

    def _announcing(
        self,
        config: OpStackHook | ArbL2ToL1Hook | CcipHook | Erc5164Hook,
        contract: str,
        last: Mapping[str, Target],
        first: Mapping[str, Any] = NOTHING,
    ) -> Ref:
        """A hook that announces messages over a bridge. Its constructor takes the arguments that
        all such hooks share between those of its own, `first` and `last`."""
        builder, chain = self.builder, config.destination_chain
        domain = builder.registry.domain(chain, f"{config.type}.destinationChain")
        key = config.type.removesuffix("Hook") + "Ism"
        ism = config.ism or builder.registry.remote_address(chain, key)
        if ism is None:
            raise ConfigError(
                f"{config.type}.ism: required, since the registry has no {key} on {chain}; deploy"
                " that first"
            )
        shared = {"mailbox": builder.mailbox, "destinationDomain": domain, "ism": word(ism)}
        state = {**first, **shared, **last}
        return self._create(config, contract, tuple(state.values()), **state).ref

    def _existing_ccip_hook(self, config: CcipHook) -> Ref:
        registry, chain = self.builder.registry, config.destination_chain
        state: dict[str, Any] = {
            "mailbox": self.builder.mailbox,
            "destinationDomain": registry.domain(chain, f"{config.type}.destinationChain"),
        }
        if config.ism is not None:
            state["ism"] = word(config.ism)
        address = config.address or registry.ccip_contract(config.type, chain)
        name = self.builder.unique(config.type)
        return self.builder.create(name, "CCIPHook", address=address, state=state).ref

    def _paymaster(self, config: InterchainGasPaymaster) -> Ref:
        builder = self.builder
        owner, beneficiary = config.owner or builder.owner, config.beneficiary or builder.owner
        paymaster = self._create_paymaster(config, beneficiary)
        paymaster.set("beneficiary", beneficiary)
        oracle = paymaster
        if config.oracle_key not in (None, owner):
            oracle = self._oracle("storageGasOracle", config.oracle_key)
        self._set_prices(oracle, config.oracle_config, f"{config.type}.oracleConfig")
        self._set_overheads(paymaster, oracle, config)
        if config.token_oracle_config:
            paymaster.set("mailbox", builder.mailbox)
        for token, prices in config.token_oracle_config.items():
            self._price_in_token(paymaster, token, prices, config.oracle_key or owner)
        paymaster.members(QUOTE_SIGNERS, config.quote_signers)
        paymaster.hand_over(config.owner)
        return paymaster.ref

    def _create_paymaster(
        self, config: InterchainGasPaymaster, beneficiary: str
    ) -> PlannedContract:
        builder, name = self.builder, self.builder.unique(config.type)
        if config.address is not None:
            return builder.create(name, PAYMASTER, address=config.address)
        paymaster = builder.create_upgradeable(name, PAYMASTER)
        state = {"owner": CREATOR, "beneficiary": beneficiary}
        paymaster.call_once("initialize", tuple(state.values()), state)
        return paymaster

    def _oracle(self, name: str, owner: str | None) -> PlannedContract:
        oracle = self.builder.create(self.builder.unique(name), ORACLE)
        oracle.hand_over(owner)
        return oracle

    def _set_prices(
        self, oracle: PlannedContract, prices: Mapping[str, GasPrice], key: str
    ) -> list[int]:
        """Sets gas prices in an oracle, or in a paymaster that is its own. Returns their
        domains."""
        by_domain = {
            domain: (price.token_exchange_rate, price.gas_price)
            for domain, price in self.builder.registry.by_domain(prices, key).items()
        }
        if by_domain:
            rows = [(domain, *pair) for domain, pair in by_domain.items()]
            readings = [
                oracle.reading("remoteGasData", pair, domain) for domain, pair in by_domain.items()
            ]
            oracle.call("setRemoteGasDataConfigs", (rows,), *readings)
        return list(by_domain)

    def _set_overheads(
        self, paymaster: PlannedContract, oracle: PlannedContract, config: InterchainGasPaymaster
    ) -> None:
        overheads = self.builder.registry.by_domain(config.overhead, f"{config.type}.overhead")
        rows = [(domain, (oracle.ref, overhead)) for domain, overhead in overheads.items()]
        if rows:
            readings = [
                paymaster.reading("destinationGasConfigs", pair, domain) for domain, pair in rows
            ]
            paymaster.call("setDestinationGasConfigs", (rows,), *readings)

    def _price_in_token(
        self, paymaster: PlannedContract, token: str, prices: Mapping[str, GasPrice], owner: str
    ) -> None:
        oracle = self._oracle(f"storageGasOracle.{token}", owner)
        key = f"interchainGasPaymaster.tokenOracleConfig.{token}"
        domains = self._set_prices(oracle, prices, key)
        paymaster.call(
            "setTokenGasOracles",
            ([(token, domain, oracle.ref) for domain in domains],),
            *(
                paymaster.reading("tokenGasOracles", oracle.ref, token, domain)
                for domain in domains
            ),
            label=f"{token} ",
        )
