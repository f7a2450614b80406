"""What a look at a batch means: decided without a chain."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.agents.relayer.delivery.confirmation import Confirmation, Fate, Look, fate, settle
from hyperlane.agents.relayer.delivery.verdicts import Delivered, Postponed, Retry, Settled
from hyperlane.agents.relayer.reasons import Reason
from hyperlane.chain.answers import Receipt
from hyperlane.protocol.message import VERSION, Message
from hyperlane.store.operations import Lane, Operation, State
from hyperlane.store.transactions import Transaction

FINAL, NONCE, PRICE = 10, 4, 7
OURS = Transaction(
    id=1,
    nonce=NONCE,
    purpose="batch",
    hash=b"\x01" * 32,
    replaced_hashes=(),
    fields={"data": "0x"},
    raw=b"",
    sent_at=0.0,
)


def receipt(block: int, gas: int = 100_000) -> Receipt:
    return Receipt(b"\x01" * 32, block, True, gas, PRICE)


def operation(nonce: int, gas: int = 10**6) -> Operation:
    message = Message(VERSION, nonce, 1337, bytes(32), 7331, bytes(32), b"")
    waiting = (State.INCLUDED, Lane.FRESH, 0, 0.0, None, None, "batch", None, 5)
    return Operation(message, *waiting, gas_estimate=gas, gas_used=0, created_at=0.0)


def ids(operations: Any) -> list[bytes]:
    return [item.message.id for item in operations]


@pytest.mark.parametrize(
    ("seen_in", "transaction", "found_in", "used_nonces", "expected"),
    [
        pytest.param(None, OURS, None, NONCE, Fate.UNCHANGED, id="it waits for a block"),
        pytest.param(11, OURS, 11, 0, Fate.UNCHANGED, id="its block is not final"),
        pytest.param(None, OURS, 11, 0, Fate.INCLUDED, id="a block has it now"),
        pytest.param(11, OURS, 12, 0, Fate.INCLUDED, id="another block has it now"),
        pytest.param(9, OURS, 11, 0, Fate.INCLUDED, id="a later block has it now"),
        pytest.param(11, OURS, None, NONCE, Fate.EXCLUDED, id="its block is gone"),
        pytest.param(11, OURS, None, NONCE + 1, Fate.FINAL, id="its nonce is used without it"),
        pytest.param(None, OURS, None, NONCE + 1, Fate.FINAL, id="it was never seen, nonce used"),
        pytest.param(11, OURS, FINAL, 0, Fate.FINAL, id="its block is the final one"),
        pytest.param(None, OURS, FINAL - 1, 0, Fate.FINAL, id="it was never seen, final"),
        pytest.param(None, None, None, 0, Fate.FINAL, id="it was never sent"),
        pytest.param(11, None, None, 0, Fate.FINAL, id="another key sent it"),
    ],
)
def test_the_fate_of_a_batch(seen_in, transaction, found_in, used_nonces, expected):
    found = None if found_in is None else receipt(found_in)
    assert fate(Look("batch", seen_in, transaction, found, FINAL, used_nonces)) is expected


def test_what_the_final_chain_has_is_delivered_and_the_rest_fails_later():
    first, second = operations = [operation(0), operation(1)]
    settled = settle(operations, {first.message.id}, OURS, receipt(9, 100_000))
    assert settled == Settled(
        Delivered([first], {item.message.id: 50_000 for item in operations}),
        [
            Retry(
                second,
                Reason.REVERTED_OR_REORGED,
                "the delivery is not in the final chain: it reverted or was reorganised away",
                50_000,
            )
        ],
        OURS,
        {first.message.id: 50_000 * PRICE},
        {second.message.id: 50_000 * PRICE},
    )


def test_a_batch_without_a_receipt_costs_nothing_and_fails():
    settled = settle([operation(0)], set(), OURS, None)
    (failed,) = settled.failed
    assert isinstance(failed, Retry)
    assert failed.gas == 0
    assert (settled.costs, settled.failed_costs) == ({}, {})


def test_what_nothing_of_ours_carries_is_tried_again_at_once():
    """It is no failure: others delivered it in a block that a reorg removed, or it was not sent."""
    first, second = operations = [operation(0), operation(1)]
    settled = settle(operations, {first.message.id})
    assert settled.delivered.operations == [first]
    (failed,) = settled.failed
    assert isinstance(failed, Postponed)
    assert (failed.operations, failed.pause, failed.submitted) == ([second], 0.0, True)
    assert settled.transaction is None


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.integers(0, 10**8), st.booleans())
def test_each_message_gets_one_verdict_and_no_gas_is_charged_twice(delivered, gas, is_ours):
    operations = [operation(nonce) for nonce in range(len(delivered))]
    known = {item.message.id for item, is_in in zip(operations, delivered, strict=True) if is_in}
    transaction, found = (OURS, receipt(9, gas)) if is_ours else (None, None)
    settled = settle(operations, known, transaction, found)
    failed: list[bytes] = []
    for item in settled.failed:
        failed += ids([item.operation] if isinstance(item, Retry) else item.operations)
    assert sorted(ids(settled.delivered.operations) + failed) == sorted(ids(operations))
    assert set(settled.costs) <= known
    assert not set(settled.failed_costs) & known
    charged = sum(settled.costs.values()) + sum(settled.failed_costs.values())
    assert charged <= (gas * PRICE if is_ours else 0)


@pytest.mark.parametrize("sending", [True, False])
async def test_a_batch_that_is_being_sent_is_left_alone(sending, monkeypatch):
    """Its messages are stored as submitted, its transaction is not stored yet."""
    left = operation(0)

    async def batches(_: int) -> set[tuple[str, None]]:
        return {("batch", None)}

    async def carried_by(_: int, batches: list[str]) -> dict[str, list[Operation]]:
        assert batches == ["batch"]
        return {"batch": [left]}

    async def nothing(*_: Any) -> list[Any]:
        return []

    async def none(*_: Any) -> set[Any]:
        return set()

    async def final_block() -> int:
        assert not sending, "the chain need not be asked"
        return FINAL

    monkeypatch.setattr(
        "hyperlane.agents.relayer.delivery.confirmation.delivered", lambda *_: none()
    )
    parts: dict[str, Any] = {
        "chain": SimpleNamespace(domain=7331, client=SimpleNamespace(final_block=final_block)),
        "senders": [SimpleNamespace(store=SimpleNamespace(nonces=nothing), receipts=nothing)],
        "operations": SimpleNamespace(batches=batches, carried_by=carried_by),
    }
    confirmation = Confirmation(**parts, is_sending=lambda batch: sending)
    found = [verdicts async for verdicts in confirmation.verdicts()]
    assert found == ([] if sending else [[settle([left], set())]])
