"""Judgement of deliveries, and the calldata that handed them over, without a chain."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.agents.watchtower.deliveries.calldata import Proof, find, find_among
from hyperlane.agents.watchtower.deliveries.judging import judge
from hyperlane.agents.watchtower.deliveries.origins import View
from hyperlane.chain.abi import Function, Mailbox, SecurityModule
from hyperlane.chain.client import Block
from hyperlane.chain.ledger import calls_of
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32, to_hex
from hyperlane.store.deliveries import Delivery, Verdict
from hyperlane.store.dispatched import Sent

pytestmark = pytest.mark.quick

ID, OTHER = Bytes32(b"\x01" * 32), Bytes32(b"\x02" * 32)
DELIVERY = Delivery(
    message_id=ID,
    origin=1337,
    recipient=Address(bytes(20)),
    block_number=50,
    block_hash=b"\x05" * 32,
    block_time=1000,
    tx_hash=Bytes32(b"\x06" * 32),
)
SENT = Sent(7, ID, 90, b"\x07" * 32)


def view(time: int, tip: tuple[Sent, ...] = (), final: int = 95) -> View:
    block = Block(100, Bytes32(b"\x08" * 32), 30_000_000, time, None)
    return View(block, final, 9, {item.id: item for item in tip})


@pytest.mark.parametrize("time", [900, 1000, 2000])
def test_a_message_in_a_final_block_is_genuine_whatever_the_head(time):
    judgement = judge(DELIVERY, view(time), SENT, None, 0)
    assert judgement.verdict is Verdict.GENUINE
    assert judgement.evidence["nonce"] == 7


def test_a_message_at_the_tip_is_not_final():
    assert judge(DELIVERY, view(2000, (SENT,)), None, SENT, 0).verdict is Verdict.NOT_FINAL


def test_a_message_that_was_never_sent_is_forged_once_the_origin_is_past_the_delivery():
    judgement = judge(DELIVERY, view(1001, (replace(SENT, id=OTHER),)), None, None, 0)
    assert judgement.verdict is Verdict.FORGED
    assert judgement.evidence["origin_block"] == 100
    assert judgement.evidence["origin_messages"] == 9


@pytest.mark.parametrize(("time", "margin"), [(900, 0), (1000, 0), (1004, 4), (1000, 0.3)])
def test_nothing_is_decided_before_the_origin_is_past_the_delivery(time, margin):
    assert judge(DELIVERY, view(time), None, None, margin).verdict is Verdict.UNDECIDED


def test_nothing_is_decided_before_the_origin_is_read():
    assert judge(DELIVERY, None, None, None, 0).verdict is Verdict.UNDECIDED


def test_a_message_that_the_origin_dropped_was_not_forged():
    seen = replace(SENT, block_number=97)
    assert judge(DELIVERY, view(2000, final=97), None, seen, 0).verdict is Verdict.NOT_FINAL
    assert judge(DELIVERY, view(2000, final=98), None, seen, 0).verdict is Verdict.DROPPED


@given(
    st.integers(0, 2000),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.integers(0, 20),
)
def test_no_message_that_was_ever_seen_is_forged(time, final, at_tip, seen, margin):
    shown = view(time, (SENT,) if at_tip else ())
    judgement = judge(DELIVERY, shown, SENT if final else None, SENT if seen else None, margin)
    known = final or at_tip or seen
    assert (judgement.verdict is Verdict.FORGED) == (not known and time > 1000 + margin)


def message(number: int, body: bytes = b"") -> Message:
    return Message(3, number, 1337, Bytes32(bytes(32)), 7331, Bytes32(bytes(32)), body)


messages = st.builds(message, st.integers(0, 2**32 - 1), st.binary(max_size=200))
aggregate = Function("aggregate3((address,bool,bytes)[])")
forward = Function("forward(address,bytes)")
TO = bytes(20)


@given(messages, st.binary(max_size=300))
def test_a_direct_delivery_is_found(sent, metadata):
    handed = find(Mailbox.process.encode(metadata, sent.encode()), sent.id)
    assert handed is not None
    assert (handed.message, handed.metadata, handed.proofs) == (sent, metadata, ())


@given(st.lists(messages, min_size=1, max_size=5), st.data(), st.integers(0, 3))
def test_a_delivery_inside_other_calls_is_found(batch, data, depth):
    wanted = data.draw(st.sampled_from(batch))
    calls = [Mailbox.process.encode(item.body, item.encode()) for item in batch]
    packed = aggregate.encode([(TO, False, call) for call in calls])
    for _ in range(depth):
        packed = forward.encode(TO, packed)
    handed = find(packed, wanted.id)
    assert handed is not None
    assert (handed.message, handed.metadata) == (wanted, wanted.body)


@given(st.lists(messages, min_size=1, max_size=30), st.data())
def test_one_of_a_batch_is_found_with_the_proofs_of_the_batch(batch, data):
    wanted = data.draw(st.sampled_from(batch))
    metadata = [bytes([at]) * at for at in range(len(batch))]
    shown = [(TO, b"proof", 1337, OTHER)]
    call = Mailbox.process_batch.encode(shown, metadata, [item.encode() for item in batch])
    handed = find(call, wanted.id)
    assert handed is not None
    assert handed.message == wanted
    assert handed.metadata in metadata
    assert handed.proofs == (Proof(b"proof", 1337, OTHER, Address(TO)),)


def test_proofs_of_a_batch_in_code_are_found():
    sent = message(1)
    data = b"code" + SecurityModule.remember.encode(b"proof", 1337, OTHER)
    data += Mailbox.process.encode(b"short", sent.encode())
    handed = find(data, sent.id)
    assert handed is not None
    assert handed.proofs == (Proof(b"proof", 1337, OTHER),)


def test_a_delivery_is_found_among_any_number_of_calls_that_are_none():
    sent = message(1)
    data = Mailbox.process.selector * 5000 + Mailbox.process.encode(b"metadata", sent.encode())
    handed = find(data, sent.id)
    assert handed is not None
    assert handed.metadata == b"metadata"


def test_calls_that_overlap_do_not_hide_the_one_of_the_mailbox():
    """Each of them is nearly as long as all: reading them all would take minutes."""
    sent, size = message(1), 400_000
    decoy = Mailbox.process.selector + (64).to_bytes(32) * 2 + size.to_bytes(32)
    calls = [decoy * 4000 + bytes(size), Mailbox.process.encode(b"metadata", sent.encode())]
    handed = find_among(calls, sent.id)
    assert handed is not None
    assert handed.metadata == b"metadata"


def test_proofs_are_found_in_other_calls_of_the_transaction():
    """By `remember`, and before a batch that delivers nothing."""
    sent = message(1)
    calls = [
        SecurityModule.remember.encode(b"one", 1337, OTHER),
        Mailbox.process_batch.encode([(TO, b"two", 1337, ID)], [], []),
        Mailbox.process_batch.encode([], [b"short"], [sent.encode()]),
    ]
    handed = find_among(calls, sent.id)
    assert handed is not None
    assert handed.proofs == (Proof(b"one", 1337, OTHER), Proof(b"two", 1337, ID, Address(TO)))


def test_other_deliveries_of_the_transaction_are_found():
    """A module remembers what it verified for one of them."""
    sent, other, foreign = message(1), message(2), replace(message(3), origin=9)
    calls = [
        Mailbox.process.encode(b"full", other.encode()),
        Mailbox.process_batch.encode(
            [], [b"short", b"", b"full"], [item.encode() for item in (sent, foreign, other)]
        ),
    ]
    handed = find_among(calls, sent.id)
    assert handed is not None
    assert handed.beside == ((other, b"full"),)


def test_a_call_that_is_hidden_among_thousands_is_read_from_a_trace():
    calls = [{"input": to_hex(item.to_bytes(4))} for item in range(9000)]
    trace = {"input": "0x", "calls": [{"input": "0xabcd", "calls": []}, *calls]}
    assert b"\xab\xcd" in calls_of().read(trace)


@given(st.binary(max_size=400), messages)
def test_rubbish_is_no_delivery(rubbish, sent):
    for selector in (Mailbox.process.selector, Mailbox.process_batch.selector, b""):
        assert find(rubbish + selector + rubbish, sent.id) is None


def test_a_batch_of_overlapping_entries_is_not_unfolded():
    """Ten thousand entries that point at the same bytes."""
    blob = message(1, bytes(20_000)).encode()
    offset = 32 * 10_000
    array = (10_000).to_bytes(32) + offset.to_bytes(32) * 10_000
    array += len(blob).to_bytes(32) + blob
    head = b"".join(item.to_bytes(32) for item in (96, 128, 128))
    data = Mailbox.process_batch.selector + head + bytes(32) + array
    assert find(data, OTHER) is None
