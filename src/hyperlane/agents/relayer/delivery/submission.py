"""The second half of an attempt: simulate what is prepared, and send what would succeed."""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_hash.auto import keccak

from hyperlane.agents.relayer.delivery.batching import MARGIN, Batching, find_batching, gas_ceiling
from hyperlane.agents.relayer.delivery.preparation import Prepared
from hyperlane.agents.relayer.delivery.simulation import Simulator
from hyperlane.agents.relayer.delivery.verdicts import (
    FoundDelivered,
    Postponed,
    Retry,
    Sending,
    Submitted,
    Verdict,
)
from hyperlane.agents.relayer.metadata import encode_batch, shared
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.abi import Mailbox
from hyperlane.chain.client import RpcError
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address
from hyperlane.store.operations import Operation


@dataclass(frozen=True, slots=True)
class Limits:
    """What one transaction may hold at the moment."""

    batching: Batching
    block_gas: int
    """Gas limit of the latest block."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction to be sent: its deliveries in order, and its fields."""

    operations: Sequence[Operation]
    estimates: Sequence[int]
    """Gas of each delivery."""
    to: Address | None
    """None: `data` is code to run."""
    data: bytes
    gas: int
    """Gas limit to ask for."""
    need: int
    """Gas limit that must be granted, or the transaction is not sent."""
    most_gas: int
    """Gas limit that must not be exceeded."""

    @property
    def purpose(self) -> str:
        """Name of the batch: the sender has at most one live transaction for it."""
        return keccak(b"".join(item.message.id for item in self.operations)).hex()

    @property
    def sending(self) -> Sending:
        """What has to be stored before the transaction is sent."""
        return Sending(self.operations, self.estimates, self.purpose)


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


@dataclass(frozen=True, slots=True)
class _Accepted:
    """A delivery that succeeded in its simulation and is paid for."""

    prepared: Prepared
    gas: int
    """Gas that it needs, or more if more was paid for."""

    @property
    def size(self) -> int:
        """Bytes of the transaction that would deliver it alone."""
        return len(Mailbox.process.encode(*self.prepared.delivery))


@dataclass(slots=True, kw_only=True)
class Submission:
    """Simulates and sends deliveries to one chain."""

    chain: Chain
    sender: Sender
    policy: RelayPolicy
    simulator: Simulator
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
        limits = Limits(await self.batching(), await self.chain.client.gas_limit())
        sturdy = [item for item in prepared if not item.fragile]
        if len(sturdy) <= 1 or limits.batching.max_size == 1:
            return Plan(limits, (), (), prepared)
        simulated = await self.simulator.together(
            [item.delivery for item in sturdy],
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
        accepted = [item for item in results if isinstance(item, _Accepted)]
        return Plan(
            limits,
            [item for item in results if isinstance(item, Retry)],
            [_draft(limits, batch) for batch in _pack(limits.batching, accepted, most_gas)],
            [*(item for item in prepared if item.fragile), *failed],
        )

    async def plan_alone(self, item: Prepared, limits: Limits) -> Draft | Verdict:
        """Simulate one delivery in a transaction of its own."""
        try:
            gas = await self.simulator.alone(item.delivery, self.sender.address)
        except RpcError as error:
            return await self._refused(item, error)
        (data_gas,) = await self._data_gas([item])
        result = self._accept(item, gas, data_gas, limits)
        return result if isinstance(result, Retry) else _draft(limits, [result])

    async def send(self, draft: Draft) -> Sequence[Verdict]:
        """Sign and send a transaction. No verdict when it is unclear whether a node has it."""
        try:
            transaction = await self.sender.send(
                draft.purpose,
                draft.to,
                draft.data,
                draft.gas,
                need=draft.need,
                most_gas=draft.most_gas,
            )
        except ChainError as error:
            if await self.sender.store.live_for(draft.purpose) is not None:
                return []  # signed and stored: the confirmation sends it again until it is settled
            return _unsent(draft.operations, error)
        return [Submitted(draft.operations, transaction.hash)]

    async def _most_gas(self, limits: Limits) -> int:
        """Most gas of a batch, which leaves room in the block and may cost only so much."""
        most, affordable = gas_ceiling(limits.block_gas), await self.sender.most_gas()
        return most if affordable is None else min(most, affordable)

    async def _data_gas(self, items: Sequence[Prepared]) -> list[int]:
        """What a rollup charges for the data of each delivery, in units of gas."""
        calls = [Mailbox.process.encode(*item.delivery) for item in items]
        fees = await self.sender.data_fees(calls)
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
        reason = Reason.ATTESTATION_USED if _says_used(error) else Reason.ERROR_ESTIMATING_GAS
        return Retry(operation, reason, str(error))

    def _accept(self, item: Prepared, gas: int, data_gas: int, limits: Limits) -> _Accepted | Retry:
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
        return _Accepted(item, min(allowance, ceiling, cap))


def _unsent(operations: Sequence[Operation], error: ChainError) -> Sequence[Verdict]:
    """Tell a node's refusal of a transaction from what this relayer's key or bounds prevent."""
    if isinstance(error, RpcError):
        return [Retry(item, Reason.ERROR_SUBMITTING, str(error)) for item in operations]
    return [Postponed(operations, str(error), submitted=True)]


def _says_used(error: RpcError) -> bool:
    """Whether a revert is that of CCTP's transmitters for a burn that is minted already."""
    return "Nonce already used" in error.message


def _draft(limits: Limits, batch: Sequence[_Accepted]) -> Draft:
    operations = [item.prepared.candidate.operation for item in batch]
    encoded = encode_batch([item.prepared.metadata for item in batch])
    messages = [item.message.encode() for item in operations]
    deliveries = list(zip(encoded.metadata, messages, strict=True))
    needs = _needs(batch)
    to, data = limits.batching.call(deliveries, needs, encoded.proofs)
    gas = limits.batching.gas_limit(needs, len(data))
    need = needs[0] if len(needs) == 1 else gas
    return Draft(
        operations,
        [item.gas for item in batch],
        to,
        data,
        gas,
        min(need, limits.block_gas),
        limits.block_gas,
    )


def _needs(batch: Sequence[_Accepted]) -> list[int]:
    """Gas of each proof that is shown to a module first, then of each delivery.

    A proof takes no more than a delivery with that proof in it: its first message's is the bound.
    """
    gas = [item.gas for item in batch]
    proven = shared(item.prepared.metadata for item in batch)
    return [*(gas[place] for place, _ in proven.values()), *gas]


def _pack(batching: Batching, items: Sequence[_Accepted], ceiling: int) -> list[list[_Accepted]]:
    """Fill transactions up to a gas ceiling; a delivery above it gets a transaction of its own.

    Neighbours in the tree stay together, because they share proofs.
    """
    ordered = sorted(items, key=lambda item: _place(item.prepared))
    batches: list[list[_Accepted]] = []
    for item in ordered:
        if batches and _fits(batching, [*batches[-1], item], ceiling):
            batches[-1].append(item)
        else:
            batches.append([item])
    return batches


def _fits(batching: Batching, items: Sequence[_Accepted], ceiling: int) -> bool:
    sizes = [item.size for item in items]
    return batching.fits(sizes) and batching.gas_limit(_needs(items), sum(sizes)) <= ceiling


def _place(item: Prepared) -> tuple[int, int]:
    message = item.candidate.operation.message
    return message.origin, message.nonce
