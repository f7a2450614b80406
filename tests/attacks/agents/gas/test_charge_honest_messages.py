"""One message of a batch burns what it can; the others must neither fail nor pay for it."""

from unittest.mock import AsyncMock, Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agents.relayer.test_relayer_operation import told
from tests.support.agents import eventually, relaying
from tests.support.devnet import key

from hyperlane.agents.relayer.delivery import batching, outcomes
from hyperlane.agents.relayer.delivery.confirmation import charges
from hyperlane.chain.answers import Receipt

from .test_burn_a_relayers_gas import receipts


@pytest.fixture(params=["code", "mailbox"])
def kind(request, monkeypatch):
    """Through a mailbox of the reference, or through ours."""
    if request.param == "code":
        monkeypatch.setattr(batching, "_has_process_batch", AsyncMock(return_value=False))
    return request.param


async def test_nine_messages_do_not_pay_for_the_tenth(origin, target, burner, config, kind):
    recipient = target.recipient().address
    messages = [origin.dispatch(7331, burner(0x080000))]
    messages += [origin.dispatch(7331, recipient) for _ in range(9)]
    settings = config()
    async with relaying(settings) as task:
        pages = [await told(settings, task, item, "delivered") for item in messages[1:]]
        burnt = await told(settings, task, messages[0], "not in the final chain")
    assert burnt["gas"]["failed_deliveries"] == 1
    (receipt,) = receipts(target)
    used = [page["gas"]["used_gas"] for page in pages]
    assert all(page["gas"]["failed_deliveries"] == 0 for page in pages)
    assert burnt["gas"]["used_gas"] > 5 * max(used)
    assert sum(used) + burnt["gas"]["used_gas"] <= receipt["gasUsed"]


async def test_an_honest_message_that_fails_beside_a_burner_pays_for_itself(
    origin, target, burner, config, monkeypatch
):
    """Its recipient changed its mind after the simulation."""
    monkeypatch.setattr(batching, "_has_process_batch", AsyncMock(return_value=False))
    settings, fickle = config(), target.deploy("HostileRecipient")
    target.rpc("evm_setAutomine", False)
    messages = [origin.dispatch(7331, item) for item in (burner(0x080000), fickle.address)]
    async with relaying(settings) as task:
        for message in messages:
            await told(settings, task, message, "sent, waiting for a block")
        owner = target.w3.eth.default_account
        fees = {"from": owner, "maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**11}
        fickle.functions.setMode(1).transact(fees)
        target.mine()
        burnt, honest = [
            await told(settings, task, item, "not in the final chain") for item in messages
        ]
    (receipt,) = receipts(target)
    assert honest["gas"]["used_gas"] < 150_000 < 600_000 < burnt["gas"]["used_gas"]
    assert honest["gas"]["used_gas"] + burnt["gas"]["used_gas"] <= receipt["gasUsed"]


async def test_what_failed_goes_alone_from_then_on(origin, target, config, monkeypatch):
    """Also after another reason to wait came in between."""
    monkeypatch.setattr(outcomes, "backoff", lambda *_: 0.5)
    monkeypatch.setattr(outcomes, "pause_after_failure", lambda _: 0.5)
    monkeypatch.setattr(batching, "_has_process_batch", AsyncMock(return_value=False))
    settings = config()
    fickle = [target.deploy("HostileRecipient") for _ in range(2)]
    target.rpc("evm_setAutomine", False)
    messages = [origin.dispatch(7331, item.address) for item in fickle]
    owner = target.w3.eth.default_account
    fees = {"from": owner, "maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**11}
    async with relaying(settings) as task:
        for message in messages:
            await told(settings, task, message, "sent, waiting for a block")
        for item in fickle:
            item.functions.setMode(1).transact(fees)
        target.mine()
        target.rpc("evm_setAutomine", True)
        for message in messages:
            await told(settings, task, message, "execution reverted")
        for item in fickle:
            target.wait(item.functions.setMode(0).transact(fees))
        await eventually(lambda: all(map(target.delivered, messages)), task)
    assert target.w3.eth.get_transaction_count(key(9).address) == 3, "one together, two alone"


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=2, max_size=20),
    st.integers(0, 10**8),
    st.booleans(),
)
def test_nobody_pays_for_more_than_it_was_given(messages, overhead, says):
    """Whatever the others burn: `messages` are what each was given, and used of it."""
    operations = [
        Mock(gas_estimate=given_, message=Mock(id=n.to_bytes(32)))
        for n, (given_, _) in enumerate(messages)
    ]
    used = [min(pair) for pair in messages]
    note = b"".join(item.to_bytes(32) for item in used) if says else b""
    receipt = Receipt(b"", 1, True, sum(used) + overhead, 1, note=note)
    charged = charges(operations, receipt)
    assert len(charged) == len(messages)
    assert sum(charged.values()) <= receipt.gas_used
    for n, (most, own) in enumerate(messages):
        assert charged[n.to_bytes(32)] <= most
        if says:
            assert min(most, own) <= charged[n.to_bytes(32)] <= own + overhead // len(messages)
