"""Finding which commitment a message reveals, among the messages of one transaction."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from hyperlane.errors import DecodeError
from hyperlane.protocol.accounts import (
    CommitmentMessage,
    RevealMessage,
    brings_calls,
    decode_account_message,
)
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Bytes32


@dataclass(frozen=True, slots=True)
class Pair:
    """A commitment, and the message whose delivery reveals it."""

    commitment: CommitmentMessage
    reveal: Message

    @property
    def party(self) -> tuple[Bytes32, Bytes32]:
        """The router that sent both, and the owner of the account."""
        return self.reveal.sender, self.commitment.owner


def pairs(messages: Iterable[Message]) -> list[Pair]:
    """Pair the commitments of one transaction's messages, in the order they were sent.

    The router sends the two in a row, but a hook that is called in between can send more, even such
    pairs: they nest as brackets do.
    """
    found: list[Pair] = []
    open_: dict[tuple[object, ...], list[CommitmentMessage]] = defaultdict(list)
    for message in messages:
        if brings_calls(message.body):
            continue
        try:
            body = decode_account_message(message.body)
        except DecodeError:
            continue
        way = message.origin, message.sender, message.destination, message.recipient
        if isinstance(body, CommitmentMessage):
            open_[*way, body.commitment].append(body)
        elif isinstance(body, RevealMessage) and (waiting := open_[*way, body.commitment]):
            found.append(Pair(waiting.pop(), message))
    return found
