"""Room that is left on purpose: in gas limits, in fees, after failures, before finality."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agents.relayer.test_relayer_operation import told
from tests.support.agents import relaying
from tests.support.devnet import free_port, key

from hyperlane.agents.relayer.delivery.batching import Batching, Kind, calldata_gas, code, uses
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.client import ChainClient
from hyperlane.chain.offers import Offers
from hyperlane.chain.signer import address_of
from hyperlane.protocol.typecasts import to_hex
from hyperlane.store.database import Database
from hyperlane.store.transactions import TransactionStore

TO = b"\7" * 20


@pytest.fixture
async def sender(origin, proxy, tmp_path):
    """Of account 9, through an RPC that misbehaves on command."""
    rpc, database = proxy(origin), await Database.open(str(tmp_path))
    client = ChainClient("alpha", 1337, [rpc.url])
    store = TransactionStore(database, 1337, address_of(key(9)))
    yield Sender(client, key(9), store, Offers(client)), rpc
    await client.close()
    await database.close()


async def test_an_offer_outlives_a_base_fee_that_rises(origin, sender):
    sender, _ = sender
    origin.rpc("evm_setAutomine", False)
    base = origin.w3.eth.get_block("latest")["baseFeePerGas"]
    sent = await sender.send("message", TO, b"", 21000)
    tip = sent.fields["maxPriorityFeePerGas"]
    assert sent.fields["maxFeePerGas"] == 2 * base + tip
    origin.rpc("anvil_setNextBlockBaseFeePerGas", hex(2 * base))
    origin.mine()
    (receipt,) = await sender.receipts([sent])
    assert receipt.succeeded


async def test_a_node_whose_pending_count_lags_is_outwitted(origin, sender):
    sender, rpc = sender
    for _ in range(3):
        plain = {"from": key(9).address, "to": to_hex(TO), "value": 1}
        origin.wait(origin.w3.eth.send_transaction(plain))
    rpc.alter("eth_getTransactionCount", lambda _: "0x0")
    sent = await sender.send("message", TO, b"", 21000)
    assert sent.nonce == 3
    origin.wait(sent.hash)
    assert [item.nonce for item in await sender.store.live()] == [3]


@pytest.mark.parametrize("by_others", [False, True])
async def test_nothing_is_settled_a_block_early(by_others, origin, target, relayer_config):
    config = relayer_config(origin, target, metricsPort=free_port())
    config["chains"]["beta"]["blocks"]["reorgPeriod"] = 3
    message = origin.dispatch(7331, target.recipient().address)
    if by_others:
        target.send(target.contracts["mailbox"].functions.process(b"", message.encode()))
    async with relaying(config) as task:
        await told(config, task, message, "waiting for finality")
        target.mine(2)
        for _ in range(5):
            page = await told(config, task, message, "waiting for finality")
        assert page["state"] in ("included", "submitted")
        target.mine()
        await told(config, task, message, "delivered")


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=30))
def test_each_delivery_of_a_batch_gets_what_it_needs(needs):
    """By the rule of `processBatch`, though those before it burn all that they may.

    Some gas remains for the transaction itself.
    """
    limit = Batching(Kind.MAILBOX, TO, 100).gas_limit(needs, 0)
    left = limit - 75_000
    assert left >= sum(needs)
    if len(needs) > 1:
        for at, need in enumerate(needs):
            share = left * 15 // 16 // (len(needs) - at)
            assert share >= need
            left -= share


@given(st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=300)), max_size=5))
def test_code_has_a_record_for_each_call(calls):
    made = code([(TO, data) for _, data in calls], [need for need, _ in calls])
    for need, data in reversed(calls):
        record = need.to_bytes(4) + len(data).to_bytes(4) + TO + data
        assert made.endswith(record)
        made = made[: -len(record)]
    assert made == code([], [])


@given(st.lists(st.integers(1, 10**6), min_size=2, max_size=30))
def test_code_gives_each_call_its_need_though_a_sixty_fourth_stays(needs):
    """By the rule of EIP-150, though each before it burns all that it may."""
    data = 16_000
    left = Batching(Kind.CODE, TO, 100).gas_limit(needs, data)
    left -= 75_000 + 32_000 + 2 * 49_152 // 32 + data
    for need in needs:
        left -= 5_000
        assert left - left // 64 >= need
        left -= need


def test_a_batch_has_as_many_messages_as_are_allowed_and_no_more():
    assert Batching(Kind.MAILBOX, TO, 3).fits([100] * 3)
    assert not Batching(Kind.MAILBOX, TO, 3).fits([100] * 4)


async def test_code_gives_each_call_its_gas_and_no_more(target):
    """One that never ends between two that hash memory; the last one needs most."""
    endless, hashing = "0x" + "e0" * 20, "0x" + "e1" * 20
    target.rpc("anvil_setCode", endless, "0x5b5f56")
    target.rpc("anvil_setCode", hashing, "0x5f355f2000")  # of as much memory as it is told
    to = [bytes.fromhex(item[2:]) for item in (hashing, endless, hashing)]
    data = [size.to_bytes(32) for size in (32, 0, 0x040000)]
    needs = [5_000, 100_000, 300_000]
    made = code(list(zip(to, data, strict=True)), needs)
    batching = Batching(Kind.CODE, TO, 100)
    gas = batching.gas_limit(needs, calldata_gas(made))
    sent = target.w3.eth.send_transaction(
        {"from": key(9).address, "data": to_hex(made), "gas": gas}
    )
    receipt = target.wait(sent)
    (entry,) = receipt["logs"]
    used = uses(bytes(entry["data"]))
    assert used[0] < 5_000 < 100_000 <= used[1] < 105_000
    assert 200_000 < used[2] < 300_000, "it got enough after all that was burnt"
    assert receipt["gasUsed"] < gas
    assert entry["address"] == receipt["contractAddress"]
    assert not target.w3.eth.get_code(receipt["contractAddress"])


async def test_a_batch_of_code_stays_below_the_size_that_chains_take():
    batching = Batching(Kind.CODE, TO, 100)
    assert batching.fits([12_000] * 4)
    assert not batching.fits([12_300] * 4)
    assert not batching.fits([1] * 101)
    assert Batching(Kind.MAILBOX, TO, 100).fits([12_300] * 4)
