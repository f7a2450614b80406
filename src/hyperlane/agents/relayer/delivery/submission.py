"""The second half of an attempt: simulate what is prepared, and send what would succeed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from eth_hash.auto import keccak

from hyperlane.agents.relayer.delivery.batching import Carrier, Delivery, find_carrier, gas_ceiling
from hyperlane.agents.relayer.delivery.outcomes import Outcomes
from hyperlane.agents.relayer.delivery.preparation import Candidate
from hyperlane.agents.relayer.delivery.simulation import Simulator
from hyperlane.agents.relayer.metadata import Metadata, encode_batch, shared
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.abi import Mailbox
from hyperlane.chain.client import RpcError
from hyperlane.errors import ChainError
from hyperlane.store.operations import Operation

_UNFUNDED = ("insufficient funds", "insufficient balance")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A delivery with its metadata."""

    candidate: Candidate
    metadata: Metadata

    @property
    def delivery(self) -> Delivery:
        """As it stands for itself."""
        return self.metadata.encode(), self.candidate.operation.message.encode()

    @property
    def fragile(self) -> bool:
        """Whether it has failed in a transaction: from then on it goes alone."""
        operation = self.candidate.operation
        return operation.failures > 0 or operation.reason == Reason.REVERTED_OR_REORGED


@dataclass(frozen=True, slots=True)
class _Ready:
    """A delivery that would succeed."""

    prepared: Prepared
    gas: int
    """What it needs, or more if more was paid."""

    @property
    def size(self) -> int:
        """Bytes of its own transaction."""
        return len(Mailbox.process.encode(*self.prepared.delivery))


@dataclass(slots=True)
class Submission:
    """Of deliveries to one chain."""

    chain: Chain
    sender: Sender
    policy: RelayPolicy
    outcomes: Outcomes
    simulator: Simulator
    sending: set[str] = field(default_factory=set)
    """Batches on their way to the node."""
    _carrier: Carrier | None = None

    async def carrier(self) -> Carrier:
        """How the chain takes several messages at once. A refusal is no answer for good."""
        if self._carrier is None:
            settings = self.chain.settings
            found, refused = await find_carrier(
                self.chain.client, settings.mailbox, settings.max_batch_size
            )
            if refused:
                return found
            self._carrier = found
        return self._carrier

    async def submit(self, prepared: Sequence[Prepared]) -> None:
        """Send as many as succeed, in as few transactions as possible; all get their outcome."""
        carrier = await self.carrier()
        block_gas = (await self.chain.client.block()).gas_limit
        sturdy = [item for item in prepared if not item.fragile]
        alone = [item for item in prepared if item.fragile]
        if len(sturdy) == 1 or carrier.max_size == 1:
            sturdy, alone = [], list(prepared)
        together: list[_Ready] = []
        if sturdy:
            gas = await self.simulator.together(
                [item.delivery for item in sturdy],
                carrier.caller(self.sender.address),
                gas_ceiling(block_gas),
            )
            data_gas = await self._data_gas(sturdy)
            for item, used, extra in zip(sturdy, gas, data_gas, strict=True):
                if used is None:
                    alone.append(item)
                elif ready := await self._accept(item, used + used // 8, extra, block_gas):
                    together.append(ready)
        for batch in _pack(carrier, together, await self._most_gas(block_gas)):
            await self._send(carrier, batch, block_gas)
        await asyncio.gather(*(self._submit_alone(carrier, item, block_gas) for item in alone))

    async def _most_gas(self, block_gas: int) -> int:
        """Gas of the largest batch: a block is for others, too, and it may cost only so much."""
        most, affordable = gas_ceiling(block_gas), await self.sender.most_gas()
        return most if affordable is None else min(most, affordable)

    async def _data_gas(self, items: Sequence[Prepared]) -> list[int]:
        """What a rollup takes for the data of each delivery, in units of gas."""
        calls = [Mailbox.process.encode(*item.delivery) for item in items]
        fees = await self.sender.data_fees(calls)
        if not any(fees):
            return [0] * len(items)
        price = max(1, await self.sender.price_now())
        return [-(-fee // price) for fee in fees]

    async def _submit_alone(self, carrier: Carrier, item: Prepared, block_gas: int) -> None:
        try:
            try:
                gas = await self.simulator.alone(item.delivery, self.sender.address)
            except RpcError as error:
                await self._refused(item, error)
                return
            (data_gas,) = await self._data_gas([item])
            if ready := await self._accept(item, gas, data_gas, block_gas):
                await self._send(carrier, [ready], block_gas)
        except ChainError as error:
            await self.outcomes.postponed([item.candidate.operation], str(error))

    async def _refused(self, item: Prepared, error: RpcError) -> None:
        """The simulation failed: because it is delivered already, or for a reason to tell."""
        operation = item.candidate.operation
        client = self.chain.client
        block = (await client.block()).number
        mailbox = self.chain.settings.mailbox
        if await client.call(mailbox, Mailbox.delivered, operation.message.id, block=block):
            await self.outcomes.found_delivered([operation], block)
        elif _says_used(error):
            await self.outcomes.retry(operation, Reason.ATTESTATION_USED, str(error))
        else:
            await self.outcomes.retry(operation, Reason.ERROR_ESTIMATING_GAS, str(error))

    async def _accept(
        self, item: Prepared, gas: int, data_gas: int, block_gas: int
    ) -> _Ready | None:
        """What remains to be checked once the gas is known, and that for the data beside it."""
        operation, paid = item.candidate.operation, item.candidate.paid
        ceiling = self.policy.gas_ceiling(operation.message, block_gas)
        cap = self.sender.offers.overrides.gas_limit_cap or block_gas
        try:
            allowance = self.policy.check(operation, paid, gas + data_gas) - data_gas
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
            await self.outcomes.retry(operation, error.reason, error.detail)
            return None
        return _Ready(item, min(allowance, ceiling, cap))

    async def _send(self, carrier: Carrier, batch: Sequence[_Ready], block_gas: int) -> None:
        operations = [item.prepared.candidate.operation for item in batch]
        encoded = encode_batch([item.prepared.metadata for item in batch])
        messages = [item.message.encode() for item in operations]
        deliveries = list(zip(encoded.metadata, messages, strict=True))
        needs = _needs(batch)
        to, data = carrier.call(deliveries, needs, encoded.proofs)
        gas = carrier.gas_limit(needs, len(data))
        need = needs[0] if len(needs) == 1 else gas
        purpose = keccak(b"".join(item.message.id for item in operations)).hex()
        self.sending.add(purpose)
        try:
            await self.outcomes.submitting(operations, [item.gas for item in batch], purpose)
            transaction = await self.sender.send(
                purpose, to, data, gas, need=min(need, block_gas), most_gas=block_gas
            )
        except ChainError as error:
            if await self.sender.store.live_for(purpose) is None:
                await self._unsent(operations, error)
        else:
            await self.outcomes.submitted(operations, transaction.hash)
        finally:
            self.sending.discard(purpose)

    async def _unsent(self, operations: Sequence[Operation], error: ChainError) -> None:
        """The node refused a transaction, for a reason of its own or of the message."""
        if not isinstance(error, RpcError) or _says_unfunded(error):
            await self.outcomes.postponed(operations, str(error), submitted=True)
            return
        for item in operations:
            await self.outcomes.retry(item, Reason.ERROR_SUBMITTING, str(error))


def _says_used(error: RpcError) -> bool:
    """What CCTP's transmitters say about a burn that is minted already."""
    return "Nonce already used" in error.message


def _says_unfunded(error: RpcError) -> bool:
    return any(word in error.message.lower() for word in _UNFUNDED)


def _needs(batch: Sequence[_Ready]) -> list[int]:
    """Gas for what is shown to modules first, and for each delivery.

    A proof takes no more than any of its messages took when it stood for itself.
    """
    gas = [item.gas for item in batch]
    proven = shared(item.prepared.metadata for item in batch)
    return [*(gas[place] for place, _ in proven.values()), *gas]


def _pack(carrier: Carrier, items: Sequence[_Ready], ceiling: int) -> list[list[_Ready]]:
    """Transactions that stay below a gas ceiling; a message that is above it alone goes alone."""
    ordered = sorted(items, key=lambda item: _place(item.prepared))
    batches: list[list[_Ready]] = []
    for item in ordered:
        if batches and _fits(carrier, [*batches[-1], item], ceiling):
            batches[-1].append(item)
        else:
            batches.append([item])
    return batches


def _fits(carrier: Carrier, items: Sequence[_Ready], ceiling: int) -> bool:
    sizes = [item.size for item in items]
    return carrier.fits(sizes) and carrier.gas_limit(_needs(items), sum(sizes)) <= ceiling


def _place(item: Prepared) -> tuple[int, int]:
    """Neighbours in the tree next to each other: they share proofs."""
    message = item.candidate.operation.message
    return message.origin, message.nonce
