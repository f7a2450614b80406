"""The second half of an attempt: simulate what is prepared, and send what would succeed."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hyperlane.agents.relayer.delivery.batching import (
    MARGIN,
    Batching,
    Kind,
    calldata_gas,
    find_batching,
    gas_ceiling,
    intrinsic_gas,
)
from hyperlane.agents.relayer.delivery.drafts import (
    Accepted,
    Draft,
    Limits,
    make_draft,
    pack,
    place,
)
from hyperlane.agents.relayer.delivery.preparation import Prepared
from hyperlane.agents.relayer.delivery.simulation import Simulator
from hyperlane.agents.relayer.delivery.verdicts import (
    FoundDelivered,
    Postponed,
    Retry,
    Submitted,
    Verdict,
)
from hyperlane.agents.relayer.metadata.reveals import awaits_commitment
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.refusals import OutOfFunds
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.abi import Mailbox
from hyperlane.chain.client import RpcError
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.operations import Operation
from hyperlane.store.transactions import Transaction

_BROKE = 60.0
"""Seconds for which other keys are used in place of one that could not pay."""
_LASTING = 15.0
"""Seconds for which a simulation is believed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How prepared deliveries are to be sent."""

    limits: Limits
    verdicts: Sequence[Verdict]
    """On deliveries that are not to be sent now."""
    drafts: Sequence[Draft]
    """Transactions to be sent in this order."""
    alone: Sequence[Prepared]
    """Deliveries to be simulated and sent one by one."""


@dataclass(slots=True, kw_only=True)
class Submission:
    """Simulates and sends deliveries to one chain."""

    chain: Chain
    sender: Sender
    policy: RelayPolicy
    simulator: Simulator
    clock: Callable[[], float] = time.monotonic
    rests_until: float = float("-inf")
    """Time until which other keys are used, as this one could not pay."""
    _batching: Batching | None = None

    async def batching(self) -> Batching:
        """How the chain takes several messages at once; found out once.

        A node that refuses to say is asked again the next time.
        """
        if self._batching is None:
            settings = self.chain.settings
            found, refused = await find_batching(
                self.chain.client, settings.mailbox, settings.max_batch_size
            )
            if refused:
                return found
            self._batching = found
        return self._batching

    async def plan(self, prepared: Sequence[Prepared]) -> Plan:
        """Simulate deliveries together, and pack those that succeed into few transactions.

        A failure in common is not believed: such deliveries are to be tried alone, where the node
        also says why they fail.
        """
        limits, now = await self._limits(), self.clock()
        # In the order of the transactions: what a delivery takes depends on those before it.
        sturdy = sorted((item for item in prepared if not item.fragile), key=place)
        if len(sturdy) <= 1 or limits.batching.max_size == 1:
            return Plan(limits, (), (), prepared)
        simulated = await self.simulator.together(
            [item.data for item in sturdy],
            limits.batching.caller(self.sender.address),
            gas_ceiling(limits.block_gas),
        )
        data_gas = await self._data_gas(sturdy)
        most_gas = await self._most_gas(limits)
        # An eighth more than simulated: the state may differ a little in the block.
        results = [
            self._accept(item, gas + gas // 8, extra, limits)
            for item, gas, extra in zip(sturdy, simulated, data_gas, strict=True)
            if gas is not None
        ]
        failed = [item for item, gas in zip(sturdy, simulated, strict=True) if gas is None]
        accepted = [item for item in results if isinstance(item, Accepted)]
        if limits.batching.kind is Kind.MAILBOX:
            accepted = _for_any_order(accepted, sturdy, simulated)
        return Plan(
            limits,
            [item for item in results if isinstance(item, Retry)],
            [make_draft(limits, batch, now) for batch in pack(limits.batching, accepted, most_gas)],
            [*(item for item in prepared if item.fragile), *failed],
        )

    async def plan_alone(self, items: Sequence[Prepared], limits: Limits) -> Plan:
        """Simulate deliveries, each in a transaction of its own."""
        now = self.clock()
        simulated = await self.simulator.alone([item.data for item in items], self.sender.address)
        data_gas = await self._data_gas(items)
        results = [
            await self._refused(item, gas)
            if isinstance(gas, RpcError)
            else self._accept(item, gas, extra, limits)
            for item, gas, extra in zip(items, simulated, data_gas, strict=True)
        ]
        return Plan(
            limits,
            [item for item in results if not isinstance(item, Accepted)],
            [make_draft(limits, [item], now) for item in results if isinstance(item, Accepted)],
            (),
        )

    def is_stale(self, draft: Draft) -> bool:
        """Tell whether a draft waited so long that it has to be simulated again."""
        return self.clock() - draft.simulated_at > _LASTING

    async def renew(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Simulate drafts again, and make no more than as many of what would succeed now."""
        limits, renewed = await self._limits(), list[Draft]()
        alone = [item.prepared[0] for item in drafts if len(item.prepared) == 1]
        if alone:
            renewed += (await self.plan_alone(alone, limits)).drafts
        for draft in drafts:
            if len(draft.prepared) > 1:
                renewed += (await self.plan(draft.prepared)).drafts[:1]
        return renewed

    async def send(self, drafts: Sequence[Draft]) -> Sequence[Verdict]:
        """Sign and send transactions. No verdict where it is unclear whether a node has one."""
        results: Sequence[Transaction | ChainError]
        try:
            results = await self.sender.send_many([item.wanted for item in drafts])
        except ChainError as error:
            results = [error] * len(drafts)
        # Signed and stored: the confirmation sends it again until it is settled.
        live = await self.sender.store.live_by_purpose(
            [
                item.purpose
                for item, result in zip(drafts, results, strict=True)
                if isinstance(result, ChainError)
            ]
        )
        verdicts: list[Verdict] = []
        for draft, result in zip(drafts, results, strict=True):
            if not isinstance(result, ChainError):
                verdicts.append(Submitted(draft.operations, result.hash))
                continue
            if isinstance(result, OutOfFunds):
                self.rests_until = self.clock() + _BROKE
            if draft.purpose not in live:
                verdicts += _unsent(draft.operations, result)
        return verdicts

    async def _limits(self) -> Limits:
        return Limits(await self.batching(), await self.chain.client.gas_limit())

    async def _most_gas(self, limits: Limits) -> int:
        """Most gas of a batch, which leaves room in the block and may cost only so much."""
        most, affordable = gas_ceiling(limits.block_gas), await self.sender.most_gas()
        return most if affordable is None else min(most, affordable)

    async def _data_gas(self, items: Sequence[Prepared]) -> list[int]:
        """Charge of a rollup for the data of each delivery, in units of gas."""
        fees = await self.sender.data_fees([item.data for item in items])
        if not any(fees):
            return [0] * len(items)
        price = max(1, await self.sender.price_now())
        return [-(-fee // price) for fee in fees]

    async def _refused(self, item: Prepared, error: RpcError) -> FoundDelivered | Retry:
        """Find out why a simulation failed: the mailbox refuses what is delivered already."""
        operation = item.candidate.operation
        client = self.chain.client
        block = (await client.block()).number
        mailbox = self.chain.settings.mailbox
        if await client.call(mailbox, Mailbox.delivered, operation.message.id, block=block):
            return FoundDelivered(operation, block)
        reason = Reason.ERROR_ESTIMATING_GAS
        if _says_used(error):
            reason = Reason.ATTESTATION_USED
        elif await awaits_commitment(client, error, item.metadata.encode(), operation.message):
            reason = Reason.AWAITING_ICA_REVEAL
        return Retry(operation, reason, str(error))

    def _accept(self, item: Prepared, gas: int, data_gas: int, limits: Limits) -> Accepted | Retry:
        """Check payment and ceilings now that the gas is known.

        `data_gas` has to be paid for, but is not part of the transaction's gas.
        """
        operation, paid = item.candidate.operation, item.candidate.paid
        ceiling = self.policy.gas_ceiling(operation.message, limits.block_gas)
        cap = self.sender.offers.overrides.gas_limit_cap or limits.block_gas
        try:
            allowance = self.policy.check(operation, paid, gas + data_gas, MARGIN) - data_gas
            if gas > ceiling:
                raise NotReady(
                    Reason.EXCEEDS_MAX_GAS_LIMIT,
                    f"needs {gas} gas, at most {ceiling} may be used",
                )
            if gas > cap:
                raise NotReady(
                    Reason.EXCEEDS_MAX_GAS_LIMIT,
                    f"needs {gas} gas, more than transactionOverrides.gasLimitCap {cap}",
                )
        except NotReady as error:
            return Retry(operation, error.reason, error.detail)
        given = min(allowance, ceiling, cap)
        saved = _saved(item.data, gas)
        return Accepted(item, given, given - saved, len(item.data), calldata_gas(item.data))


def _saved(data: bytes, gas: int) -> int:
    """Gas that a delivery takes less as a call of a batch than alone.

    An eighth of that is kept: of the gas that it was simulated with, a refund may be gone, which
    comes after the whole transaction only. Never more than it pays for.
    """
    return max(0, intrinsic_gas(data) - gas // 8)


def _for_any_order(
    accepted: Sequence[Accepted], prepared: Sequence[Prepared], simulated: Sequence[int | None]
) -> list[Accepted]:
    """Give each delivery of a batch as much gas as the dearest to the same recipient took.

    The first one may write slots that the others only rewrite, and any can turn out to be the
    first: those before it may be in another transaction, or not be paid for.
    """
    dearest: Counter[Bytes32] = Counter()
    for item, gas in zip(prepared, simulated, strict=True):
        if gas is not None:
            needed, recipient = gas + gas // 8, item.candidate.operation.message.recipient
            needed -= _saved(item.data, needed)
            dearest[recipient] = max(dearest[recipient], needed)
    return [
        replace(item, call_gas=max(item.call_gas, dearest[item.recipient])) for item in accepted
    ]


def _unsent(operations: Sequence[Operation], error: ChainError) -> Sequence[Verdict]:
    """Tell a node's refusal of a transaction from what this relayer's key or bounds prevent."""
    if isinstance(error, RpcError):
        return [Retry(item, Reason.ERROR_SUBMITTING, str(error)) for item in operations]
    return [Postponed(operations, str(error), submitted=True)]


def _says_used(error: RpcError) -> bool:
    """Tell whether a revert is that of CCTP's transmitters for a burn that is minted already."""
    return "Nonce already used" in error.message
