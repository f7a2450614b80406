"""Nodes that do not know a method about fees, or chains that have none of them: a real node sends
what the agent signs."""

import asyncio

import pytest
from tests.support.devnet import key
from tests.support.proxy import misbehaving

from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.client import ChainClient
from hyperlane.chain.fees import GasTooDear, read_fees
from hyperlane.chain.offers import Offers
from hyperlane.chain.overrides import Overrides
from hyperlane.chain.signer import address_of
from hyperlane.errors import ChainError
from hyperlane.store.database import Database
from hyperlane.store.transactions import TransactionStore

TIP, HISTORY, PRICE = "eth_maxPriorityFeePerGas", "eth_feeHistory", "eth_gasPrice"
BLOCK = "eth_getBlockByNumber"
UNKNOWN = {"code": -32601, "message": "the method does not exist"}
GWEI = 10**9
TO = b"\7" * 20


@pytest.fixture
def proxy(origin):
    with misbehaving(origin.url) as proxy:
        yield proxy


@pytest.fixture
async def sender(proxy, tmp_path):
    """Sends by the proxy alone."""
    database = await Database.open(str(tmp_path))
    client = ChainClient("alpha", 1337, [proxy.url])
    store = TransactionStore(database, 1337, address_of(key(9)))
    yield Sender(client, key(9), store, Offers(client))
    await client.close()
    await database.close()


async def mined(origin, sender):
    """What the chain has of a transaction that the sender sends."""
    sent = await sender.send("message", TO, b"", 21_000)
    for _ in range(50):
        (receipt,) = await sender.receipts([sent])
        if receipt is not None:
            assert receipt.succeeded
            return origin.w3.eth.get_transaction(receipt.tx_hash)
        await asyncio.sleep(0.1)
    raise AssertionError("never mined")


def legacy(block):
    """As a chain without EIP-1559 has blocks."""
    return {name: value for name, value in block.items() if name != "baseFeePerGas"}


@pytest.mark.parametrize("unknown", [[TIP], [HISTORY], [TIP, HISTORY]], ids="+".join)
async def test_a_node_that_lacks_a_method_is_asked_otherwise(origin, proxy, sender, unknown):
    for method in unknown:
        proxy.refuse(method, UNKNOWN)
    transaction = await mined(origin, sender)
    assert transaction["type"] == 2
    assert transaction["maxFeePerGas"] >= transaction["maxPriorityFeePerGas"]
    assert all(proxy.asked[method] for method in (TIP, HISTORY, PRICE))


@pytest.mark.parametrize("said", [None, "0x", "seven"])
@pytest.mark.parametrize("unread", [[PRICE], [TIP], [HISTORY], [PRICE, HISTORY]], ids="+".join)
async def test_an_answer_that_can_be_done_without_keeps_nothing_from_being_sent(
    origin, proxy, sender, unread, said
):
    """Clients of chains with EIP-1559 say null where nobody is to ask any more."""
    for method in unread:
        proxy.alter(method, lambda _: said)
    assert (await mined(origin, sender))["type"] == 2


async def test_a_price_is_what_is_left_where_nothing_else_is_known(origin, proxy, sender):
    """A node that has no say on tips says it by its price, which no block may have to take less."""
    proxy.refuse(TIP, UNKNOWN)
    proxy.refuse(HISTORY, UNKNOWN)
    base_fee = origin.w3.eth.get_block("latest")["baseFeePerGas"]
    proxy.alter(PRICE, lambda _: hex(base_fee + 3 * GWEI))
    assert (await mined(origin, sender))["maxPriorityFeePerGas"] == 3 * GWEI


async def test_a_chain_without_eip_1559_gets_legacy_transactions(origin, proxy, sender):
    proxy.alter(BLOCK, legacy)
    proxy.alter(PRICE, lambda _: hex(7 * GWEI))
    for method in (TIP, HISTORY):
        proxy.refuse(method, UNKNOWN)
    transaction = await mined(origin, sender)
    assert (transaction["type"], transaction["gasPrice"]) == (0, 7 * GWEI)
    assert "maxFeePerGas" not in transaction


async def test_a_legacy_transaction_that_is_stuck_is_replaced_by_a_legacy_one(
    origin, proxy, sender
):
    proxy.alter(BLOCK, legacy)
    proxy.alter(PRICE, lambda _: hex(7 * GWEI))
    origin.rpc("evm_setAutomine", False)
    sender.clock = lambda: 1_000.0
    sent = await sender.send("message", TO, b"", 21_000)
    sender.clock = lambda: 1_100.0
    await sender.maintain([sent])
    (replaced,) = await sender.store.live()
    assert replaced.nonce == sent.nonce
    assert replaced.fields["gasPrice"] > sent.fields["gasPrice"] * 1.1
    assert "maxFeePerGas" not in replaced.fields
    origin.mine()
    (receipt,) = await sender.receipts([replaced])
    assert receipt.succeeded


@pytest.mark.parametrize("price", ["null", "0x"])
async def test_a_chain_without_eip_1559_whose_node_has_no_price_has_nothing_signed(
    origin, proxy, sender, price
):
    proxy.alter(BLOCK, legacy)
    proxy.alter(PRICE, lambda _: None if price == "null" else price)
    with pytest.raises(ChainError, match=r"eth_gasPrice: result: .* is not a hex number"):
        await sender.send("message", TO, b"", 21_000)
    assert origin.w3.eth.get_transaction_count(key(9).address, "pending") == 0


@pytest.mark.parametrize("known", [True, False], ids=["with a fee history", "without one"])
async def test_the_floor_of_a_chain_is_what_its_node_says(origin, proxy, sender, known):
    """Chains with a floor refuse less: what the node names as tip is offered, a tip of recent
    blocks that were empty is not taken for it."""
    proxy.alter(TIP, lambda _: hex(25 * GWEI))
    if not known:
        proxy.refuse(HISTORY, UNKNOWN)
    else:
        proxy.alter(
            HISTORY,
            lambda said: {**said, "reward": [["0x0"] for _ in said["baseFeePerGas"][1:]]},
        )
    assert (await mined(origin, sender))["maxPriorityFeePerGas"] == 25 * GWEI


async def test_a_floor_above_the_operators_ceiling_is_not_paid(proxy, sender):
    proxy.alter(TIP, lambda _: hex(25 * GWEI))
    offered = await read_fees(
        sender.client, Overrides(max_priority_fee_per_gas=GWEI, max_fee_per_gas=900 * GWEI)
    )
    assert offered.tip == GWEI
    with pytest.raises(GasTooDear, match=r"more than transactionOverrides\.maxFeePerGas"):
        await read_fees(sender.client, Overrides(max_fee_per_gas=1))
