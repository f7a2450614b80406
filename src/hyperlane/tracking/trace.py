"""Following one message from its dispatch to its delivery, or to what holds it up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hyperlane.agents.relayer.metadata.modules import ModuleReader
from hyperlane.agents.relayer.origin.signatures import Signatures
from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import Function, GasPaymaster, Mailbox, MerkleTreeHook
from hyperlane.chain.client import NoAnswer, RpcError
from hyperlane.errors import ChainError, ConfigError, DecodeError
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import (
    ZERO_ADDRESS,
    Address,
    Bytes32,
    bytes32_to_address,
    to_checksum,
)
from hyperlane.store.sequences import Dispatched
from hyperlane.tracking.advice import Advice
from hyperlane.tracking.attempt import Deliverer
from hyperlane.tracking.modules import PathReader, multisigs, trusted_relayers
from hyperlane.tracking.network import Connections
from hyperlane.tracking.relayer_page import ask_relayer
from hyperlane.tracking.report import (
    Delivery,
    Leaf,
    Module,
    Paid,
    Payment,
    Report,
    Sent,
    Simulation,
    Stage,
)
from hyperlane.tracking.search import MOST_BLOCKS, Dispatch, newest_first
from hyperlane.tracking.traced import OneMessage, Traced, read_tree

ANYBODY = Address(bytes(19) + b"\x01")
"""Sender of simulated deliveries, where it does not matter who delivers."""


class CannotDeliver(ChainError):
    """A message that cannot be delivered now, and why."""


@dataclass(frozen=True, slots=True)
class Way:
    """The destination's side of a message that is not delivered."""

    module: Module | None
    deliverer: Deliverer | None
    simulation: Simulation


@dataclass(slots=True)
class Tracer:
    """Makes reports."""

    network: Connections
    advice: Advice
    relayer: str | None = None
    """URL of a relayer that is asked, too."""
    blocks: int = MOST_BLOCKS
    """Blocks, back from the newest, in which payments, leaves and deliveries are looked for."""

    async def report(self, dispatch: Dispatch) -> Report:
        """Report what is known now. ChainError when the origin does not answer."""
        message = dispatch.message
        name = self.network.name_of(message.destination)
        sent = await self._sent(dispatch)
        view = await ask_relayer(self.relayer, message.id) if self.relayer else None
        try:
            destination = await self._destination(message)
            delivery = await self.delivery(destination, message.id)
        except (ChainError, ConfigError) as error:
            stage = Stage.SILENT if isinstance(error, ChainError) else Stage.NO_CHAIN
            paid, leaf = await self._paid(dispatch), await self._leaf(dispatch)
            report = Report(message, sent, name, paid, leaf, relayer=view)
            return self.advice.judged(report, Simulation(stage, str(error)))
        paid = await self._paid(dispatch)
        leaf = await self._leaf(dispatch)
        if delivery is not None:
            return Report(message, sent, name, paid, leaf, delivery=delivery, relayer=view)
        way = await self._way(dispatch, destination, leaf)
        if way.simulation.gas is None:  # it may have been delivered meanwhile
            delivery = await self.delivery(destination, message.id)
            if delivery is not None:
                return Report(message, sent, name, paid, leaf, delivery=delivery, relayer=view)
        paid = await self._with_quote(dispatch, paid, way.simulation.gas)
        report = Report(message, sent, name, paid, leaf, way.module, way.simulation, relayer=view)
        held_up = await self._recipient_problem(way)
        return self.advice.judged(report, way.simulation, *held_up)

    async def prepared(self, dispatch: Dispatch, sender: Address) -> tuple[Deliverer, bytes, int]:
        """A delivery by `sender`: who tries it, the call of `process`, and its gas.

        CannotDeliver when it would fail.
        """
        destination = await self._destination(dispatch.message)
        leaf = await self._leaf(dispatch)
        way = await self._way(dispatch, destination, leaf)
        if way.deliverer is None:
            raise CannotDeliver(way.simulation.reason)
        attempt = await way.deliverer.attempt(sender)
        simulation = attempt.simulation
        if simulation.gas is None:
            by = ""
            if way.module is not None and (trusted := trusted_relayers(way.module) - {sender}):
                by = f"; only {', '.join(map(to_checksum, trusted))} may deliver"
            raise CannotDeliver(f"{simulation.stage}: {simulation.reason}{by}")
        return way.deliverer, attempt.calldata, simulation.gas

    async def delivery(self, destination: Chain, message_id: Bytes32) -> Delivery | None:
        """The delivery of a message; None while there is none."""
        client, mailbox = destination.client, destination.settings.mailbox
        if not await client.call(mailbox, Mailbox.delivered, message_id):
            return None
        block = await self._optional(destination, Mailbox.processed_at, message_id)
        processor = await self._optional(destination, Mailbox.processor, message_id)
        head = (await client.block()).number
        entry = None
        # On Arbitrum chains it is a block of the parent chain: then the log is not there.
        if block and block <= head:
            found = await client.logs(mailbox, Mailbox.PROCESS_ID, block, block, [message_id])
            entry = found[0] if found else None
        if entry is None:
            windows = newest_first(
                destination, mailbox, Mailbox.PROCESS_ID, [message_id], self.blocks
            )
            async for logs in windows:
                entry = logs[0]
                break
        if entry is None:
            return Delivery(destination.name, None, None, processor, final=False)
        (receipt,) = await client.receipts([entry.tx_hash])
        return Delivery(
            destination.name,
            entry.block_number,
            entry.tx_hash,
            processor,
            final=entry.block_number <= await client.final_block(),
            gas=receipt.gas_used if receipt else None,
            time=(await client.block(entry.block_number)).timestamp,
        )

    async def _optional(self, chain: Chain, function: Function, message_id: Bytes32) -> Any:
        """A view of newer Mailboxes; None where there is none."""
        try:
            return await chain.client.call(chain.settings.mailbox, function, message_id)
        except (RpcError, NoAnswer):
            return None

    async def _destination(self, message: Message) -> Chain:
        name = self.network.name_of(message.destination)
        if name is None:
            raise ConfigError(f"{self.network.source}: no chain of domain {message.destination}")
        return await self.network.chain(name)

    async def _sent(self, dispatch: Dispatch) -> Sent:
        client, outcome = dispatch.chain.client, dispatch.receipt.outcome
        return Sent(
            dispatch.chain.name,
            outcome.block_number,
            outcome.tx_hash,
            (await client.block(outcome.block_number)).timestamp,
            await client.final_block(),
        )

    async def _paid(self, dispatch: Dispatch) -> Paid:
        """Payments in the dispatching transaction to anybody, and later ones to the paymaster."""
        message_id, outcome = dispatch.message.id, dispatch.receipt.outcome
        paymaster = dispatch.chain.settings.interchain_gas_paymaster
        emitted = [
            (item.address, item.log) for item in dispatch.receipt.of(GasPaymaster.GAS_PAYMENT)
        ]
        if paymaster is not None:
            later = newest_first(
                dispatch.chain,
                paymaster,
                GasPaymaster.GAS_PAYMENT,
                [message_id],
                self.blocks,
                since=outcome.block_number,
            )
            async for logs in later:
                emitted += [
                    (paymaster, entry) for entry in logs if entry.tx_hash != outcome.tx_hash
                ]
        payments = []
        for address, entry in emitted:
            if entry.topics[1:2] == (message_id,):
                gas, amount = GasPaymaster.GAS_PAYMENT.decode(entry.data)
                payments.append(Payment(address, gas, amount, entry.tx_hash))
        return Paid(tuple(payments), paymaster)

    async def _with_quote(self, dispatch: Dispatch, paid: Paid, estimate: int | None) -> Paid:
        """Add the price of the gas that is missing to what was paid."""
        missing = (estimate or 0) - paid.gas
        if paid.paymaster is None or missing <= 0:
            return paid
        try:
            price = await dispatch.chain.client.call(
                paid.paymaster, GasPaymaster.quote, dispatch.message.destination, missing
            )
        except (RpcError, NoAnswer):
            return paid
        return Paid(paid.payments, paid.paymaster, price)

    async def _leaf(self, dispatch: Dispatch) -> Leaf | None:
        """The message's leaf, which the dispatching transaction nearly always inserts."""
        chain, hook = dispatch.chain, dispatch.chain.settings.merkle_tree_hook
        if hook == ZERO_ADDRESS:
            return None
        message_id, since = dispatch.message.id, dispatch.receipt.outcome.block_number
        entries = [entry.log for entry in dispatch.receipt.of(MerkleTreeHook.INSERTED, hook)]
        count = await chain.client.call(hook, MerkleTreeHook.count)
        for entry in entries:
            inserted, index = MerkleTreeHook.INSERTED.decode(entry.data)
            if inserted == message_id:
                return Leaf(index, entry.block_number, hook, count)
        later = newest_first(chain, hook, MerkleTreeHook.INSERTED, (), self.blocks, since)
        found = None
        async for logs in later:
            for entry in logs:
                inserted, index = MerkleTreeHook.INSERTED.decode(entry.data)
                if inserted == message_id and (found is None or index < found.index):
                    found = Leaf(index, entry.block_number, hook, count)
        return found

    async def _way(self, dispatch: Dispatch, destination: Chain, leaf: Leaf | None) -> Way:
        message, client = dispatch.message, destination.client
        try:
            recipient = bytes32_to_address(message.recipient, "recipient")
        except DecodeError as error:
            return Way(None, None, Simulation(Stage.NO_RECIPIENT, str(error)))
        if not await client.has_code(recipient):
            why = f"no contract at the recipient {to_checksum(recipient)} on {destination.name}"
            return Way(None, None, Simulation(Stage.NO_RECIPIENT, why))
        try:
            root = await client.call(destination.settings.mailbox, Mailbox.recipient_ism, recipient)
        except (RpcError, NoAnswer) as error:
            why = f"the recipient does not say which security module it wants: {error}"
            return Way(None, None, Simulation(Stage.NO_METADATA, why))
        signatures = Signatures(
            dispatch.chain, self.network.reads_files(dispatch.chain), self.network.web
        )
        walk = await ModuleReader(destination).walk(root, message)
        module = await PathReader(destination, signatures, leaf, message.id).read(root, walk)
        origin = await self._traced(dispatch, leaf, module, signatures)
        deliverer = Deliverer(destination, origin, message, recipient, root)
        senders: Sequence[Address] = sorted(trusted_relayers(module)) or [ANYBODY]
        attempt = await deliverer.attempt(senders[0])
        return Way(module, deliverer, attempt.simulation)

    async def _traced(
        self, dispatch: Dispatch, leaf: Leaf | None, module: Module, signatures: Signatures
    ) -> Traced:
        outcome = dispatch.receipt.outcome
        validators = [signer.validator for part in multisigs(module) for signer in part.signers]
        tree = MerkleTree()
        if leaf is not None and validators:
            tree = await read_tree(
                dispatch.chain, leaf, dispatch.message.id, signatures, validators
            )
        dispatched = Dispatched(dispatch.message, outcome.block_number, outcome.tx_hash)
        return Traced(dispatch.chain, OneMessage(dispatched), signatures, tree, leaf)

    async def _recipient_problem(self, way: Way) -> list[Simulation]:
        """The recipient's own refusal, for a delivery that is held up before it gets there."""
        if way.deliverer is None or way.simulation.stage not in (Stage.UNSIGNED, Stage.NO_METADATA):
            return []
        refusal = await way.deliverer.handle_refusal()
        return [] if refusal is None else [Simulation(Stage.REVERTS, refusal)]
