"""Message bodies that anyone can send for a few cents, and that are small until they are read."""

import tracemalloc

import pytest

from hyperlane.agents.relayer.commitments.pairs import pairs
from hyperlane.agents.relayer.metadata.reveals import awaits_commitment
from hyperlane.chain.client import Reverted
from hyperlane.protocol.accounts import CommitmentMessage, RevealMessage
from hyperlane.protocol.message import VERSION, Message

WORD = b"\x11" * 32
MOST = 2**23
"""Bytes of memory for one body of an eighth of a megabyte."""


def word(number: int) -> bytes:
    return number.to_bytes(32)


def swelling(count: int = 2000, size: int = 64_000) -> bytes:
    """Calls that all point to the same bytes: what is read grows with the square of the body."""
    heads = word(32) + word(count) + word(32 * count) * count
    return bytes(97) + heads + WORD + word(0) + word(96) + word(size) + bytes(size)


def message(body: bytes, nonce: int = 0) -> Message:
    return Message(VERSION, nonce, 1, WORD, 2, WORD, body)


@pytest.fixture
def frugal():
    tracemalloc.start()
    yield
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MOST


async def test_relayer_does_not_read_calls_to_know_why_a_delivery_fails(frugal):
    """The recipient is the sender's: it reverts without a word."""
    error = Reverted("beta", "eth_call", b"")
    assert not await awaits_commitment(None, error, bytes(20), message(swelling()))


def test_commitment_server_does_not_read_calls_beside_a_commitment(frugal):
    """In the transaction that a post names, others can have sent what they like."""
    sent = [
        message(CommitmentMessage(WORD, WORD, WORD, WORD).encode(), 0),
        message(swelling(), 1),
        message(RevealMessage(WORD, WORD).encode(), 2),
    ]
    assert [pair.reveal for pair in pairs(sent)] == sent[2:]
