"""Asking a mailbox about many messages."""

import os

import pytest
from tests.support.building import chain_of
from tests.support.words import b32

from hyperlane.agents.relayer.delivery import mailbox_queries as module
from hyperlane.agents.relayer.delivery.mailbox_queries import delivered
from hyperlane.protocol.message import Message


@pytest.mark.parametrize(
    ("code", "calls"),
    [(module._CODE, 3), (b"\xfe", 3 * 3 + 1100), (b"\x5f\x5f\xf3", 3 + 1100)],
    ids=["at once", "a node that fails", "a node that says nothing"],
)
async def test_it_tells_those_that_are_delivered_as_of_a_block(code, calls, target, monkeypatch):
    monkeypatch.setattr(module, "_CODE", code)
    recipient = target.recipient()
    word = b32(recipient)
    messages = [Message(3, nonce, 1337, bytes(32), 7331, word, b"") for nonce in range(2)]
    ids = [os.urandom(32) for _ in range(1100)]
    ids[0], ids[700] = (message.id for message in messages)
    process = target.contracts["mailbox"].functions.process
    chain = chain_of(target)
    try:
        for message in messages:
            target.send(process(b"", message.encode()))
        block = await chain.client.final_block()
        assert await delivered(chain, ids, block - 1) == {ids[0]}
        before = chain.client.rpc.endpoints[0].asked["eth_call"]
        assert await delivered(chain, ids, block) == {ids[0], ids[700]}
        assert chain.client.rpc.endpoints[0].asked["eth_call"] - before <= calls
        assert await delivered(chain, [], block) == set()
    finally:
        await chain.client.close()
