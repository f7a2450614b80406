"""Receipts with the logs of all contracts: what a dispatching transaction did besides."""

from dataclasses import dataclass

from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain import answers
from hyperlane.chain.abi import Event, Mailbox
from hyperlane.chain.answers import Log, Malformed, Method, Receipt
from hyperlane.errors import ChainError, DecodeError
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32, to_hex


@dataclass(frozen=True, slots=True)
class Emitted:
    """A log, and the contract that emitted it."""

    address: Address
    log: Log


@dataclass(frozen=True, slots=True)
class FullReceipt:
    """A transaction in a block, with all its logs."""

    outcome: Receipt
    logs: tuple[Emitted, ...]

    def of(self, event: Event, address: Address | None = None) -> list[Emitted]:
        """Logs of one event, of one contract if given."""
        return [
            item
            for item in self.logs
            if item.log.topics[:1] == (event.topic,) and address in (None, item.address)
        ]

    def messages(self, mailbox: Address) -> list[Message]:
        """Messages that a Mailbox dispatched in it."""
        found = []
        for item in self.of(Mailbox.DISPATCH, mailbox):
            try:
                found.append(Message.decode(Mailbox.DISPATCH.decode(item.log.data)[0]))
            except (ChainError, DecodeError):
                continue
        return found

    def delivered(self, mailbox: Address) -> list[Bytes32]:
        """Ids of the messages that a Mailbox delivered in it."""
        return [
            item.log.topics[1]
            for item in self.of(Mailbox.PROCESS_ID, mailbox)
            if len(item.log.topics) == 2
        ]


async def full_receipt(chain: Chain, tx_hash: Bytes32) -> FullReceipt | None:
    """The receipt of a transaction; None while it is in no block."""

    def read(value: object) -> FullReceipt | None:
        outcome = answers.receipt(value, tx_hash)
        if outcome is None:
            return None
        found = value.get("logs") if isinstance(value, dict) else None
        if not isinstance(found, list):
            raise Malformed("receipt.logs: not a list")
        return FullReceipt(
            outcome,
            tuple(
                Emitted(
                    Address(answers.data(item.get("address"), "log.address", 20)),
                    answers.log(item),
                )
                for item in found
                if isinstance(item, dict)
            ),
        )

    method: Method[FullReceipt | None] = Method(answers.RECEIPT.name, read)
    return await chain.client.request(method, to_hex(tx_hash))
