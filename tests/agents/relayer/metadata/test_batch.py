"""Metadata for many messages in one transaction, which lean on proofs shown before them."""

from dataclasses import astuple
from typing import Any

import pytest
from tests.support.building import Line, addresses
from tests.support.words import raw

from hyperlane.agents.relayer.delivery.batching import Batching, Kind
from hyperlane.agents.relayer.metadata import Batch, encode_batch
from hyperlane.protocol.ism_metadata import decode_aggregation
from hyperlane.protocol.message import Message

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


async def batch_of(way: Line, messages: list[Message]) -> Batch:
    return encode_batch([await way.build(message) for message in messages])


def deliver(way: Line, batch: Batch, messages: list[Message]) -> Any:
    mailbox = way.target.contracts["mailbox"]
    encoded = [message.encode() for message in messages]
    proofs = [astuple(proof) for proof in batch.proofs]
    # An estimate would be the gas in which every delivery fails: that is a success, too.
    call = mailbox.functions.processBatch(proofs, batch.metadata, encoded)
    return way.target.wait(call.transact({"gas": 10_000_000}))


def sizes(batch: Batch) -> tuple[list[int], list[int]]:
    """Of what is shown to modules, and of what comes with each message."""
    return [len(proof.metadata) for proof in batch.proofs], [len(each) for each in batch.metadata]


def delivered(way: Line, messages: list[Message]) -> list[bool]:
    return [way.target.delivered(message) for message in messages]


async def test_each_checkpoint_is_signed_once_and_each_subtree_proven_once(way: Line, module):
    messages = await backlog(way, module, 20)

    batch = await batch_of(way, messages)
    deliver(way, batch, messages)

    assert sizes(batch) == ([WHOLE, UNSIGNED], [SHORT] * 20)
    assert all(delivered(way, messages))


async def test_lonely_message_of_a_subtree_brings_its_own_proof(way: Line, module):
    messages = await backlog(way, module, 17)

    batch = await batch_of(way, messages)
    deliver(way, batch, messages)

    assert sizes(batch) == ([WHOLE], [SHORT] * 16 + [UNSIGNED])
    assert all(delivered(way, messages))


async def test_each_of_them_stands_for_itself_too(way: Line, module):
    messages = await backlog(way, module, 3)
    for message in messages:
        assert len(await way.build_and_deliver(message)) == WHOLE


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_delivery_of_one_by_somebody_else_makes_no_other_fail(way: Line, module, place):
    messages = await backlog(way, module, 3)
    batch = await batch_of(way, messages)
    await way.build_and_deliver(messages[place])

    deliver(way, batch, messages)

    assert delivered(way, messages) == [True, True, True]


@pytest.mark.parametrize("kind", [Kind.MAILBOX, Kind.CODE])
async def test_every_kind_shows_the_proofs_first(way: Line, module, kind):
    messages = await backlog(way, module, 3)
    batch = await batch_of(way, messages)
    batching = Batching(kind, raw(way.target.contracts["mailbox"]), 3)
    await way.build_and_deliver(messages[0])

    deliveries = zip(batch.metadata, [each.encode() for each in messages], strict=True)
    needs = [500_000] * (len(batch.proofs) + 3)
    to, data = batching.call(list(deliveries), needs, batch.proofs)
    transaction = {"data": data, "gas": 10_000_000} | ({"to": to} if to else {})
    way.target.wait(way.target.w3.eth.send_transaction(transaction))

    assert delivered(way, messages) == [True, True, True]


async def test_signatures_are_not_shared_between_modules(way: Line, module):
    other = way.target.merkle_root_multisig(addresses(3, 2), 2)
    messages = await backlog(way, module, 2)
    messages.append(await way.send(other))
    messages.append(await way.send(module))
    await way.sign(2, 3)

    batch = await batch_of(way, messages)
    deliver(way, batch, messages)

    assert sizes(batch) == ([WHOLE], [SHORT, SHORT, WHOLE, SHORT])
    assert all(delivered(way, messages))


async def test_checkpoints_that_differ_share_their_subtrees_only_if_these_are_the_same(
    way: Line, module
):
    early = await backlog(way, module, 1)
    first = await way.build(early[0])
    late = await backlog(way, module, 2)
    messages = early + late

    batch = encode_batch([first, *[await way.build(message) for message in late]])
    deliver(way, batch, messages)

    assert sizes(batch) == ([WHOLE], [WHOLE, SHORT, SHORT])
    assert all(delivered(way, messages))


async def test_proofs_are_shared_within_aggregations(way: Line, module):
    noop = way.target.deploy("NoopIsm")
    both = way.target.aggregation([noop.address, module.address], 2)
    messages = await backlog(way, both, 2)
    messages.append(await way.send(module))
    await way.sign(2, 3)

    batch = await batch_of(way, messages)
    deliver(way, batch, messages)

    assert [len(decode_aggregation(each, 2)[1]) for each in batch.metadata[:2]] == [SHORT] * 2
    assert len(batch.metadata[2]) == SHORT
    assert all(delivered(way, messages))


async def test_modules_that_forget_get_everything_each_time(way: Line, module):
    forgetful = way.target.deploy("ForgetfulMultisigIsm", module.address)
    messages = await backlog(way, forgetful, 3)

    batch = await batch_of(way, messages)
    deliver(way, batch, messages)

    assert sizes(batch) == ([], [WHOLE] * 3)
    assert all(delivered(way, messages))
