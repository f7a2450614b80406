"""From a core config to the steps that deploy it. Pure: no chain is asked anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ape_hyperlane.deploy.steps import Call, Create, CreateSet, Reading, Ref, Step, Target
from hyperlane.errors import ConfigError
from hyperlane.registry import CoreConfig
from hyperlane.registry.core_config import (
    AggregationHook,
    AggregationIsm,
    InterchainGasPaymaster,
    MerkleTreeHook,
    MultisigIsm,
    ProtocolFee,
    TrustedRelayerIsm,
)

MAILBOX = Ref("mailbox")

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

    `domains` gives the domain of every remote chain that the config names. ConfigError when it
    names another one.
    """
    plan = _Plan(config, deployer, domains)
    plan.steps.append(
        Create(
            "mailbox",
            "Mailbox",
            (domain,),
            (Reading(MAILBOX, "Mailbox", "localDomain", domain),),
        )
    )
    for name, contract in FACTORIES.items():
        plan.steps.append(Create(name, contract))
    required = plan.hook(config.required_hook)
    default = plan.hook(config.default_hook)
    ism = plan.ism(config.default_ism, "interchainSecurityModule")
    plan.steps += [
        Call(
            "initialize mailbox",
            MAILBOX,
            "Mailbox",
            "initialize",
            (config.owner, ism, default, required),
            (
                Reading(MAILBOX, "Mailbox", "owner", config.owner),
                Reading(MAILBOX, "Mailbox", "defaultIsm", ism),
                Reading(MAILBOX, "Mailbox", "defaultHook", default),
                Reading(MAILBOX, "Mailbox", "requiredHook", required),
            ),
        ),
        _with_mailbox("validatorAnnounce", "ValidatorAnnounce"),
        Create("testRecipient", "TestRecipient"),
        *plan.hand_overs,
    ]
    return plan.steps


def _with_mailbox(name: str, contract: str, *arguments: Any) -> Create:
    reading = Reading(Ref(name), contract, "mailbox", MAILBOX)
    return Create(name, contract, (MAILBOX, *arguments), (reading,))


@dataclass
class _Plan:
    config: CoreConfig
    deployer: str
    domains: Mapping[str, int]
    steps: list[Step] = field(default_factory=list)
    hand_overs: list[Step] = field(default_factory=list)
    """Ownership goes last, when its owner has nothing left to set up."""
    made: list[tuple[Any, Target]] = field(default_factory=list)
    """Configs that have their contract: a config that occurs twice means one contract."""

    def hook(self, config: Any) -> Target:
        if isinstance(config, str):
            return config
        for known, target in self.made:
            if known == config:
                return target
        target = self._new_hook(config)
        self.made.append((config, target))
        return target

    def _new_hook(self, config: Any) -> Ref:
        name = self._name(config.type)
        if isinstance(config, MerkleTreeHook):
            self.steps.append(_with_mailbox(name, "MerkleTreeHook"))
        elif isinstance(config, ProtocolFee):
            self._protocol_fee(name, config)
        elif isinstance(config, InterchainGasPaymaster):
            self._paymaster(name, config)
        elif isinstance(config, AggregationHook):
            hooks = tuple(self.hook(child) for child in config.hooks)
            contract, factory = "StaticAggregationHook", "staticAggregationHookFactory"
            readings = (Reading(Ref(name), contract, "hooks", list(hooks), (b"",)),)
            self.steps.append(CreateSet(name, contract, factory, hooks, len(hooks), readings))
        return Ref(name)

    def _name(self, kind: str) -> str:
        taken = sum(step.name.split(" ")[0].split(".")[0] == kind for step in self.steps)
        return kind if not taken else f"{kind}.{taken}"

    def _protocol_fee(self, name: str, config: ProtocolFee) -> None:
        fee = Ref(name)
        self.steps.append(
            Create(
                name,
                "ProtocolFee",
                (config.max_protocol_fee, config.protocol_fee, config.beneficiary, config.owner),
                (
                    Reading(fee, "ProtocolFee", "protocolFee", config.protocol_fee),
                    Reading(fee, "ProtocolFee", "MAX_PROTOCOL_FEE", config.max_protocol_fee),
                    Reading(fee, "ProtocolFee", "beneficiary", config.beneficiary),
                    Reading(fee, "ProtocolFee", "owner", config.owner),
                ),
            )
        )

    def _paymaster(self, name: str, config: InterchainGasPaymaster) -> None:
        contract = "InterchainGasPaymaster"
        paymaster = Ref(name)

        def reading(method: str, expected: Any, *arguments: Any) -> Reading:
            return Reading(paymaster, contract, method, expected, arguments)

        def call(label: str, method: str, argument: Any, *readings: Reading) -> Call:
            return Call(f"{label} of {name}", paymaster, contract, method, argument, readings)

        self.steps += [
            Create(name, contract),
            call(
                "initialisation",
                "initialize",
                (self.deployer, config.beneficiary),
                reading("beneficiary", config.beneficiary),
            ),
        ]
        for chain, overhead in config.overhead.items():
            domain, price = self._domain(chain), config.oracle_config[chain]
            figures = (price.token_exchange_rate, price.gas_price)
            self.steps += [
                call(
                    f"gas data for {chain}",
                    "setRemoteGasData",
                    ((domain, *figures),),
                    reading("remoteGasData", figures, domain),
                ),
                call(
                    f"configuration for {chain}",
                    "setDestinationGasConfigs",
                    ([(domain, (paymaster, overhead))],),
                    reading("destinationGasConfigs", (paymaster, overhead), domain),
                ),
            ]
        self.hand_overs.append(
            call("ownership", "transferOwnership", (config.owner,), reading("owner", config.owner))
        )

    def _domain(self, chain: str) -> int:
        if chain not in self.domains:
            known = ", ".join(sorted(self.domains)) or "none"
            raise ConfigError(
                f"interchainGasPaymaster.overhead names chain {chain!r}, which is not in the "
                f"registry; known chains: {known}"
            )
        return self.domains[chain]

    def ism(self, config: Any, name: str) -> Target:
        if isinstance(config, str):
            return config
        if isinstance(config, MultisigIsm):
            contract = f"Static{config.type[0].upper()}{config.type[1:]}"
            members: tuple[Target, ...] = tuple(config.validators)
            self._ism_set(name, contract, members, config.threshold, "validatorsAndThreshold")
        elif isinstance(config, AggregationIsm):
            modules = tuple(
                self.ism(module, f"{name}.{index}") for index, module in enumerate(config.modules)
            )
            contract = "StaticAggregationIsm"
            self._ism_set(name, contract, modules, config.threshold, "modulesAndThreshold")
        elif isinstance(config, TrustedRelayerIsm):
            reading = Reading(Ref(name), "TrustedRelayerIsm", "trustedRelayer", config.relayer)
            arguments = (MAILBOX, config.relayer)
            self.steps.append(Create(name, "TrustedRelayerIsm", arguments, (reading,)))
        else:
            self.steps.append(Create(name, "NoopIsm"))
        return Ref(name)

    def _ism_set(
        self, name: str, contract: str, members: tuple[Target, ...], threshold: int, method: str
    ) -> None:
        factory = next(key for key, value in FACTORIES.items() if value == f"{contract}Factory")
        readings = (Reading(Ref(name), contract, method, (list(members), threshold), (b"",)),)
        self.steps.append(CreateSet(name, contract, factory, members, threshold, readings))
