"""From a core config to the steps that deploy it. Pure: no chain is asked anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ape_hyperlane.deploy.steps import Call, Create, CreateSet, Reading, Ref, Step, Target
from hyperlane.errors import ConfigError
from hyperlane.registry import CoreConfig
from hyperlane.registry.core_config import (
    Hook,
    InterchainGasPaymaster,
    Ism,
    MerkleTreeHook,
    MultisigIsm,
    ProtocolFee,
    TestIsm,
    TrustedRelayerIsm,
)
from hyperlane.registry.models import suggest

MAILBOX = Ref("mailbox")
ORACLE_CONFIG = "interchainGasPaymaster.oracleConfig"

FACTORIES = {
    "staticMessageIdMultisigIsmFactory": "StaticMessageIdMultisigIsmFactory",
    "staticMerkleRootMultisigIsmFactory": "StaticMerkleRootMultisigIsmFactory",
    "staticAggregationIsmFactory": "StaticAggregationIsmFactory",
    "staticAggregationHookFactory": "StaticAggregationHookFactory",
}
"""Step, and so key in `addresses.yaml`, to contract."""


def plan_core(
    config: CoreConfig, *, domain: int, deployer: str, domains: Mapping[str, int]
) -> list[Step]:
    """The steps for `config` on the chain with this domain.

    `domains` gives the domain of every remote chain that the config may name. ConfigError when it
    names another one.
    """
    plan = _Plan(config, deployer, domains)
    plan.create("mailbox", "Mailbox", (domain,), localDomain=domain)
    for name, contract in FACTORIES.items():
        plan.create(name, contract)
    required = plan.hook(config.required_hook)
    default = plan.hook(config.default_hook)
    ism = plan.ism(config.default_ism, "interchainSecurityModule")
    wiring = {"defaultIsm": ism, "defaultHook": default, "requiredHook": required}
    initial = {"owner": plan.owner, **wiring}
    plan.call("initialize", MAILBOX, "Mailbox", tuple(initial.values()), state=initial)
    for setting, target in wiring.items():
        # For a Mailbox that was initialised with something else.
        setter = f"set{setting[0].upper()}{setting[1:]}"
        plan.call(setter, MAILBOX, "Mailbox", (target,), repeatable=True, state={setting: target})
    plan.create("validatorAnnounce", "ValidatorAnnounce", (MAILBOX,), mailbox=MAILBOX)
    plan.create("testRecipient", "TestRecipient", owner=deployer)
    plan.hand_over(MAILBOX, "Mailbox", plan.owner)
    plan.hand_over(Ref("testRecipient"), "TestRecipient", plan.owner)
    return plan.steps + plan.hand_overs


@dataclass
class _Plan:
    config: CoreConfig
    deployer: str
    domains: Mapping[str, int]
    steps: list[Step] = field(default_factory=list)
    hand_overs: list[Step] = field(default_factory=list)
    """Ownership goes last, when its owner has nothing left to set up."""

    @property
    def owner(self) -> str:
        return self.config.owner or self.deployer

    def create(
        self,
        name: str,
        contract: str,
        arguments: tuple[Any, ...] = (),
        *,
        replaceable: bool = False,
        **state: Any,
    ) -> Ref:
        """A new contract, and what its views say from then on."""
        target = Ref(name)
        readings = tuple(Reading(target, contract, view, value) for view, value in state.items())
        self.steps.append(Create(name, contract, arguments, readings, replaceable))
        return target

    def call(
        self,
        method: str,
        target: Ref,
        contract: str,
        arguments: tuple[Any, ...],
        *readings: Reading,
        repeatable: bool = False,
        state: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """A call, and what the views of its target say from then on."""
        told = tuple(Reading(target, contract, view, value) for view, value in state.items())
        name = f"{method} of {target.step}"
        self.steps.append(
            Call(name, target, contract, method, arguments, readings + told, repeatable)
        )

    def hand_over(self, target: Ref, contract: str, owner: str) -> None:
        name = f"transferOwnership of {target.step}"
        reading = Reading(target, contract, "owner", owner)
        self.hand_overs.append(
            Call(name, target, contract, "transferOwnership", (owner,), (reading,), repeatable=True)
        )

    def hook(self, config: Hook) -> Target:
        if isinstance(config, str):
            return config
        if isinstance(config, MerkleTreeHook):
            return self.create("merkleTreeHook", "MerkleTreeHook", (MAILBOX,), mailbox=MAILBOX)
        if isinstance(config, ProtocolFee):
            return self._protocol_fee(config)
        if isinstance(config, InterchainGasPaymaster):
            return self._paymaster(config)
        hooks = tuple(self.hook(child) for child in config.hooks)
        name = self._unique("aggregationHook")
        contract, factory = "StaticAggregationHook", "staticAggregationHookFactory"
        readings = (Reading(Ref(name), contract, "hooks", list(hooks), (b"",)),)
        self.steps.append(CreateSet(name, contract, factory, hooks, len(hooks), readings))
        return Ref(name)

    def _unique(self, name: str) -> str:
        taken = {step.name for step in self.steps}
        candidates = [name, *(f"{name}.{number}" for number in range(1, len(taken) + 1))]
        return next(candidate for candidate in candidates if candidate not in taken)

    def _protocol_fee(self, config: ProtocolFee) -> Ref:
        owner = config.owner or self.owner
        beneficiary = config.beneficiary or self.owner
        return self.create(
            "protocolFee",
            "ProtocolFee",
            (config.max_protocol_fee, config.protocol_fee, beneficiary, owner),
            replaceable=True,
            MAX_PROTOCOL_FEE=config.max_protocol_fee,
            protocolFee=config.protocol_fee,
            beneficiary=beneficiary,
            owner=owner,
        )

    def _paymaster(self, config: InterchainGasPaymaster) -> Ref:
        contract = "InterchainGasPaymaster"
        owner = config.owner or self.owner
        beneficiary = config.beneficiary or self.owner
        paymaster = self.create("interchainGasPaymaster", contract)
        self.call(
            "initialize",
            paymaster,
            contract,
            (self.deployer, beneficiary),
            state={"owner": self.deployer, "beneficiary": beneficiary},
        )
        self.call(
            "setBeneficiary",
            paymaster,
            contract,
            (beneficiary,),
            repeatable=True,
            state={"beneficiary": beneficiary},
        )
        oracle = self._oracle(config, paymaster, owner)
        if config.oracle_config:
            self._gas_data(config, paymaster, oracle)
        self.hand_over(paymaster, contract, owner)
        return paymaster

    def _oracle(self, config: InterchainGasPaymaster, paymaster: Ref, owner: str) -> Ref:
        if config.oracle_key in (None, owner):
            return paymaster
        oracle = self.create("storageGasOracle", "StorageGasOracle", owner=self.deployer)
        self.hand_over(oracle, "StorageGasOracle", str(config.oracle_key))
        return oracle

    def _gas_data(self, config: InterchainGasPaymaster, paymaster: Ref, oracle: Ref) -> None:
        contract = "InterchainGasPaymaster"
        keeper = contract if oracle == paymaster else "StorageGasOracle"
        prices: list[tuple[int, int, int]] = []
        overheads = []
        data_readings, config_readings = [], []
        for chain, price in config.oracle_config.items():
            domain, overhead = self._domain(chain), config.overhead[chain]
            if domain in (known for known, *_ in prices):
                raise ConfigError(f"{ORACLE_CONFIG}.{chain}: domain {domain} appears twice")
            figures = (price.token_exchange_rate, price.gas_price)
            prices.append((domain, *figures))
            overheads.append((domain, (oracle, overhead)))
            data_readings.append(Reading(oracle, keeper, "remoteGasData", figures, (domain,)))
            config_readings.append(
                Reading(paymaster, contract, "destinationGasConfigs", (oracle, overhead), (domain,))
            )
        self.call(
            "setRemoteGasDataConfigs", oracle, keeper, (prices,), *data_readings, repeatable=True
        )
        self.call(
            "setDestinationGasConfigs",
            paymaster,
            contract,
            (overheads,),
            *config_readings,
            repeatable=True,
        )

    def _domain(self, chain: str) -> int:
        """Of a chain in the registry, or the number itself."""
        if chain.isdecimal():
            if not 0 < int(chain) < 2**32:
                raise ConfigError(f"{ORACLE_CONFIG}.{chain}: expected a domain, 1 to {2**32 - 1}")
            return int(chain)
        if chain not in self.domains:
            raise ConfigError(
                f"{ORACLE_CONFIG}.{chain}: not in the registry;"
                f" {suggest(chain, self.domains)}, or a domain"
            )
        return self.domains[chain]

    def ism(self, config: Ism, name: str) -> Target:
        if isinstance(config, str):
            return config
        if isinstance(config, TrustedRelayerIsm):
            relayer = config.relayer or self.deployer
            return self.create(
                name,
                "TrustedRelayerIsm",
                (MAILBOX, relayer),
                replaceable=True,
                mailbox=MAILBOX,
                trustedRelayer=relayer,
            )
        if isinstance(config, TestIsm):
            return self.create(name, "NoopIsm", replaceable=True)
        if isinstance(config, MultisigIsm):
            contract = f"Static{config.type[0].upper()}{config.type[1:]}"
            members: tuple[Target, ...] = tuple(config.validators)
            return self._ism_set(name, contract, members, config.threshold, "validators")
        modules = tuple(
            self.ism(module, f"{name}.{index}") for index, module in enumerate(config.modules)
        )
        return self._ism_set(name, "StaticAggregationIsm", modules, config.threshold, "modules")

    def _ism_set(
        self, name: str, contract: str, members: tuple[Target, ...], threshold: int, kind: str
    ) -> Ref:
        factory = next(key for key, value in FACTORIES.items() if value == f"{contract}Factory")
        expected = (list(members), threshold)
        reading = Reading(Ref(name), contract, f"{kind}AndThreshold", expected, (b"",))
        self.steps.append(CreateSet(name, contract, factory, members, threshold, (reading,)))
        return Ref(name)
