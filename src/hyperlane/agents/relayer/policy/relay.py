"""The operator's policy: which messages are delivered, and how much gas that may take."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from hyperlane.agents.relayer.policy.gas import GasPolicies
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.protocol.message import Message
from hyperlane.settings import RelayerSettings
from hyperlane.settings.matching import Rule, matches, mentions
from hyperlane.store.operations import Operation
from hyperlane.store.payments import GasPaid

_DEFAULT_CONTEXT = "default"
_BLOCK_SHARE = 4
"""Divisor of a block's gas limit: by default one delivery may use the quotient."""


@dataclass(frozen=True, slots=True)
class RelayPolicy:
    """Which messages are delivered, for what payment, and with how much gas."""

    max_retries: int = 66
    whitelist: Sequence[Rule] = ()
    """Messages to deliver; an empty list means all."""
    blacklist: Sequence[Rule] = ()
    address_blacklist: Sequence[bytes] = ()
    gas: GasPolicies = field(default_factory=GasPolicies)
    gas_limit: int | None = None
    """Most gas of one delivery; None: a quarter of the block's gas limit."""
    max_failed_gas: int = 5_000_000
    """Most gas for failed deliveries of one message; the gas that was paid for, if that is more."""
    unlimited_destinations: Collection[int] = ()
    """Domains to which `gas_limit` does not apply."""
    app_contexts: Sequence[tuple[str, Sequence[Rule]]] = ()

    @classmethod
    def of(cls, settings: RelayerSettings) -> "RelayPolicy":
        """The policy that the settings describe."""
        return cls(
            max_retries=settings.max_message_retries,
            whitelist=settings.whitelist,
            blacklist=settings.blacklist,
            address_blacklist=settings.address_blacklist,
            gas=GasPolicies.of(settings.gas_payment_enforcement),
            gas_limit=settings.transaction_gas_limit,
            max_failed_gas=settings.max_failed_gas,
            unlimited_destinations=settings.unlimited_destinations,
            app_contexts=settings.metric_app_contexts,
        )

    def allows(self, message: Message) -> bool:
        """Whether the lists allow a message to be delivered."""
        listed = not self.whitelist or matches(self.whitelist, message)
        return (
            listed
            and not matches(self.blacklist, message)
            and not mentions(self.address_blacklist, message)
        )

    def app_context(self, message: Message) -> str:
        """Name of the first entry of `metricAppContexts` that matches: a label in metrics."""
        for name, rules in self.app_contexts:
            if matches(rules, message):
                return name
        return _DEFAULT_CONTEXT

    def gas_ceiling(self, message: Message, block_gas: int) -> int:
        """Most gas that the delivery of a message may use."""
        if message.destination in self.unlimited_destinations:
            return block_gas
        return min(self.gas_limit or block_gas // _BLOCK_SHARE, block_gas)

    def check(self, operation: Operation, paid: GasPaid, estimate: int, margin: int) -> int:
        """Gas that a delivery may use; NotReady if too little was paid, or failures cost too much.

        With an `estimate` of 0 the check is preliminary: the gas is not known yet. A retry that the
        operator asked for is exempt from the bound on failures, once. `margin` is the gas that a
        transaction with this delivery alone gets beyond the estimate: it can be lost, too.
        """
        requirement = self.gas.requirement(operation.message)
        spent = operation.gas_used
        bound = max(self.max_failed_gas, requirement.covered(paid))
        next_one = estimate + margin
        if spent and spent + next_one > bound and operation.reason != Reason.MANUAL:
            raise NotReady(
                Reason.EXCEEDS_MAX_GAS_LIMIT,
                f"deliveries that failed used {spent} gas, another one may use {next_one}, and"
                f" maxFailedGas is {bound}: POST /message_retry tries once more",
            )
        return requirement.check(paid, spent, estimate)
