"""Metadata for many messages in one transaction: later messages lean on earlier ones."""

from typing import Any

import pytest

from hyperlane.agents.relayer.metadata import encode_batch
from hyperlane.protocol.ism_metadata import decode_aggregation
from hyperlane.protocol.message import Message

from ..building import Line, addresses

WHOLE = 1096 + 2 * 65
UNSIGNED = 1096
SHORT = 164


@pytest.fixture
def module(way: Line) -> Any:
    return way.target.merkle_root_multisig(addresses(1, 2, 3), 2)


async def backlog(way: Line, module: Any, count: int) -> list[Message]:
    """Signed messages whose first is the first of 16 leaves."""
    recipient = way.target.recipient(module)
    while len(way.origin.tree) % 16:
        await way.send_to(recipient)
    messages = [await way.send_to(recipient, bytes([number])) for number in range(count)]
    await way.sign(2, 3)
    return messages


def deliver(way: Line, metadata: list[bytes], messages: list[Message]) -> Any:
    mailbox = way.target.contracts["mailbox"]
    encoded = [message.encode() for message in messages]
    # An estimate would be the gas in which every delivery fails: that is a success, too.
    batch = mailbox.functions.processBatch(metadata, encoded)
    return way.target.wait(batch.transact({"gas": 10_000_000}))


def delivered(way: Line, messages: list[Message]) -> list[bool]:
    return [way.target.delivered(message) for message in messages]


async def test_each_checkpoint_is_signed_once_and_each_subtree_proven_once(way: Line, module):
    messages = await backlog(way, module, 20)

    metadata = encode_batch([await way.build(message) for message in messages])
    deliver(way, metadata, messages)

    assert [len(each) for each in metadata] == [WHOLE] + [SHORT] * 15 + [UNSIGNED] + [SHORT] * 3
    assert all(delivered(way, messages))


async def test_each_of_them_stands_for_itself_too(way: Line, module):
    messages = await backlog(way, module, 3)
    for message in messages:
        assert len(await way.build_and_deliver(message)) == WHOLE


async def test_what_leans_on_a_failed_delivery_fails_alone_and_stays_deliverable(way: Line, module):
    messages = await backlog(way, module, 3)
    built = [await way.build(message) for message in messages]
    deliver(way, [built[0].encode()], messages[:1])

    deliver(way, encode_batch(built), messages)
    assert delivered(way, messages) == [True, False, False]

    deliver(way, encode_batch(built[1:]), messages[1:])
    assert delivered(way, messages) == [True, True, True]


async def test_signatures_are_not_shared_between_modules(way: Line, module):
    other = way.target.merkle_root_multisig(addresses(3, 2), 2)
    messages = await backlog(way, module, 2)
    messages.append(await way.send(other))
    messages.append(await way.send(module))
    await way.sign(2, 3)

    metadata = encode_batch([await way.build(message) for message in messages])
    deliver(way, metadata, messages)

    assert [len(each) for each in metadata] == [WHOLE, SHORT, WHOLE, SHORT]
    assert all(delivered(way, messages))


async def test_checkpoints_that_differ_are_signed_each(way: Line, module):
    early = await backlog(way, module, 1)
    first = await way.build(early[0])
    late = await backlog(way, module, 2)
    messages = early + late

    metadata = encode_batch([first] + [await way.build(message) for message in late])
    deliver(way, metadata, messages)

    assert [len(each) for each in metadata] == [WHOLE, WHOLE, SHORT]
    assert all(delivered(way, messages))


async def test_proofs_are_shared_within_aggregations(way: Line, module):
    noop = way.target.deploy("NoopIsm")
    both = way.target.aggregation([noop.address, module.address], 2)
    messages = await backlog(way, both, 2)
    messages.append(await way.send(module))
    await way.sign(2, 3)

    metadata = encode_batch([await way.build(message) for message in messages])
    deliver(way, metadata, messages)

    assert [len(decode_aggregation(each, 2)[1]) for each in metadata[:2]] == [WHOLE, SHORT]
    assert len(metadata[2]) == SHORT
    assert all(delivered(way, messages))


async def test_modules_that_forget_get_everything_each_time(way: Line, module):
    forgetful = way.target.deploy("ForgetfulMultisigIsm", module.address)
    messages = await backlog(way, forgetful, 3)

    metadata = encode_batch([await way.build(message) for message in messages])
    deliver(way, metadata, messages)

    assert [len(each) for each in metadata] == [WHOLE] * 3
    assert all(delivered(way, messages))
