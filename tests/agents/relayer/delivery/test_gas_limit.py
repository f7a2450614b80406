"""How much gas a real batch asks for, beside what it uses."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.agents import eventually, relaying
from tests.support.devnet import key
from tests.support.proxy import misbehaving

from hyperlane.agents.relayer.delivery import submission
from hyperlane.agents.relayer.delivery.batching import Batching, Kind, intrinsic_gas
from hyperlane.agents.relayer.delivery.drafts import Accepted, Limits
from hyperlane.agents.relayer.delivery.submission import Submission
from hyperlane.chain.abi import Mailbox
from hyperlane.protocol.message import VERSION, Message

MESSAGE = Message(VERSION, 1, 1337, bytes(32), 7331, bytes(32), b"hello")
METADATA = b"\x07" * 300
DATA = Mailbox.process.encode(METADATA, MESSAGE.encode())


def accept(simulated: int) -> Accepted:
    """What a delivery gets that took so much gas in its simulation, and that nobody paid for."""
    parts: Any = {
        "chain": None,
        "sender": SimpleNamespace(
            offers=SimpleNamespace(overrides=SimpleNamespace(gas_limit_cap=None))
        ),
        "policy": SimpleNamespace(
            gas_ceiling=lambda *_: 10**8, check=lambda _operation, _paid, gas, _margin: gas
        ),
        "simulator": None,
    }
    item: Any = SimpleNamespace(
        candidate=SimpleNamespace(operation=SimpleNamespace(message=MESSAGE), paid=None),
        data=DATA,
    )
    limits = Limits(Batching(Kind.CODE, bytes(20), 100), 10**8)
    accepted = Submission(**parts)._accept(item, simulated + simulated // 8, 0, limits)
    assert isinstance(accepted, Accepted)
    return accepted


@pytest.mark.quick
@given(st.integers(intrinsic_gas(DATA), 8 * intrinsic_gas(DATA)), st.floats(0, 0.2))
def test_a_call_of_a_batch_gets_what_it_needs_before_the_largest_refund(used, refunded):
    """A refund is at most a fifth of what a transaction took before it."""
    before = int(used / (1 - refunded))
    assert accept(used).call_gas >= before - intrinsic_gas(DATA) - 2


@pytest.mark.quick
@given(st.integers(intrinsic_gas(DATA), 10**7))
def test_a_call_of_a_batch_gets_no_more_than_its_message_is_charged(used):
    assert accept(used).call_gas <= accept(used).gas


@pytest.mark.quick
def test_any_of_a_batch_may_be_the_first_that_writes_its_recipients_slots():
    """The dear one is not among those that are sent: nobody paid for it."""
    others = Message(VERSION, 1, 1337, bytes(32), 7331, b"other".rjust(32, b"\0"), b"hello")
    prepared: Any = [
        SimpleNamespace(
            candidate=SimpleNamespace(operation=SimpleNamespace(message=message)),
            data=Mailbox.process.encode(METADATA, message.encode()),
        )
        for message in (MESSAGE, MESSAGE, others)
    ]
    accepted = [Accepted(item, 40_000, 20_000, len(DATA), 0) for item in prepared[1:]]
    same, other = submission._for_any_order(accepted, prepared, [400_000, 30_000, 30_000])
    assert same.call_gas > 400_000
    assert other.call_gas == 20_000


async def test_a_batch_asks_for_less_than_three_times_what_it_uses(origin, target, relayer_config):
    """Of which the rule of `processBatch`, equal shares of 15/16, takes a good part."""
    recipient = target.recipient().address
    first = origin.dispatch(7331, recipient)
    target.send(target.contracts["mailbox"].functions.process(b"", first.encode()))
    messages = [origin.dispatch(7331, recipient, bytes([n]) * 32) for n in range(100)]
    async with relaying(relayer_config(origin, target)) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task)
    asked = used = 0
    for number in range(target.w3.eth.block_number + 1):
        for sent in target.w3.eth.get_block(number, full_transactions=True)["transactions"]:
            if sent["from"] == key(9).address:
                asked += sent["gas"]
                used += target.w3.eth.get_transaction_receipt(sent["hash"])["gasUsed"]
    assert used < asked < 2.9 * used


async def test_a_batch_is_no_larger_than_a_transaction_that_nodes_take(
    origin, target, relayer_config
):
    recipient = target.recipient().address
    messages = [origin.dispatch(7331, recipient, bytes(45_000)) for _ in range(6)]

    def refuse(body: bytes) -> tuple[int, bytes] | None:
        for call in json.loads(body) if body.startswith(b"[") else [json.loads(body)]:
            if call["method"] == "eth_sendRawTransaction" and len(call["params"][0]) > 2**18:
                error = {"code": -32000, "message": "oversized data: transaction size above limit"}
                return 200, json.dumps({"jsonrpc": "2.0", "id": 0, "error": error}).encode()
        return None

    with misbehaving(target.url) as proxy:
        proxy.interfere(refuse)
        config = relayer_config(origin, target)
        config["chains"]["beta"]["rpcUrls"] = [{"http": proxy.url}]
        async with relaying(config) as task:
            await eventually(lambda: all(map(target.delivered, messages)), task)
    assert [target.deliveries(item) for item in messages] == [1] * 6
