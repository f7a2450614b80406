"""An RPC, or whoever fills a pool, makes an agent offer more for gas than it costs."""

import time
from unittest.mock import Mock

import pytest
from tests.agents.relayer.test_relayer_operation import told
from tests.support.agents import eventually, relaying
from tests.support.devnet import key

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.process import make_sender
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.client import ChainClient, RpcError
from hyperlane.chain.fees import FeeCeiling, Fees, GasTooDear, excess
from hyperlane.chain.offers import Offers
from hyperlane.chain.overrides import Overrides
from hyperlane.chain.signer import address_of
from hyperlane.settings import ChainSettings
from hyperlane.store.database import Database
from hyperlane.store.transactions import TransactionStore

from .test_burn_a_relayers_gas import receipts

TO = b"\7" * 20
ETHER = 10**18
GWEI = 10**9
UNDERPRICED = {"code": -32000, "message": "replacement transaction underpriced"}


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
async def make(tmp_path):
    """Senders of account 9 that believe some RPCs."""
    database = await Database.open(str(tmp_path))
    clients = []

    def sender(*rpcs, clock=time.time, **options):
        client = ChainClient("alpha", 1337, [item.url for item in rpcs])
        clients.append(client)
        store = TransactionStore(database, 1337, address_of(key(9)))
        options = {"ceiling": FeeCeiling(max_cost=ETHER), **options}
        return Sender(client, key(9), store, Offers(client, clock=clock, **options), clock)

    yield sender
    for client in clients:
        await client.close()
    await database.close()


def lie(rpc, wei=ETHER, *, history=False):
    """Claim that a unit of gas costs so much."""
    rpc.alter("eth_maxPriorityFeePerGas", lambda _: hex(wei))
    rpc.alter("eth_gasPrice", lambda _: hex(wei))
    rpc.alter("eth_getBlockByNumber", lambda block: {**block, "baseFeePerGas": hex(wei)})
    if history:
        fees = {"baseFeePerGas": [hex(wei)] * 2, "gasUsedRatio": [1.0], "reward": [[hex(wei)]]}
        rpc.alter("eth_feeHistory", lambda told: {**told, **fees})


async def fees(sender):
    """What it would offer for plain gas."""
    sent = await sender.send("message", TO, b"", 21000)
    return sent.fields["maxFeePerGas"], sent.fields["maxPriorityFeePerGas"]


@pytest.mark.parametrize("position", range(3))
async def test_one_url_of_three_does_not_raise_a_fee(position, origin, proxy, make):
    honest = await fees(make(origin))
    origin.rpc("evm_setAutomine", False)
    rpcs = [origin, origin, origin]
    rpcs[position] = proxy(origin)
    lie(rpcs[position], history=True)
    sent = await make(*rpcs).send("other", TO, b"", 21000)
    assert sent.fields["maxFeePerGas"] <= honest[0]
    assert sent.fields["maxPriorityFeePerGas"] <= honest[1]


async def test_a_single_url_is_held_against_recent_blocks(origin, proxy, make):
    rpc = proxy(origin)
    rpc.alter("eth_maxPriorityFeePerGas", lambda _: hex(ETHER))
    _, honest = await fees(make(origin))
    sender = make(rpc)
    sent = await sender.send("other", TO, b"", 21000)
    assert honest < sent.fields["maxPriorityFeePerGas"] <= 10 * 2 * GWEI
    lie(rpc)
    with pytest.raises(GasTooDear, match="does not fit to recent blocks"):
        await make(rpc).send("third", TO, b"", 21000)


async def test_before_any_block_took_a_tip_a_claim_is_bounded(origin, proxy, make):
    rpc = proxy(origin)
    rpc.alter("eth_maxPriorityFeePerGas", lambda _: hex(ETHER))
    rpc.alter("eth_feeHistory", lambda told: {**told, "reward": [["0x0"]]})
    _, tip = await fees(make(rpc))
    assert tip == 30 * GWEI


async def test_a_transaction_that_would_cost_too_much_waits_and_says_so(origin, proxy, make):
    rpc = proxy(origin)
    lie(rpc, history=True)
    sender = make(rpc)
    with pytest.raises(GasTooDear, match=r"21000 gas would cost \d+ wei, more than.*TransactionCo"):
        await sender.send("message", TO, b"", 21000)
    assert await sender.store.live() == []


@pytest.mark.parametrize("cost", [35 * 10**12, 40 * 10**12])
async def test_no_offer_can_cost_more_than_the_sum(cost, origin, make):
    """The head-room for a rising base fee shrinks first."""
    sender = make(origin, ceiling=FeeCeiling(max_cost=cost))
    offer, _ = await fees(sender)
    assert 0.99 * cost < offer * 21000 <= cost


async def test_answers_of_underpriced_raise_an_offer_within_bounds(origin, proxy, make):
    """For hours, at every request."""
    clock, rpc = Clock(), proxy(origin)
    origin.rpc("evm_setAutomine", False)
    sender = make(rpc, clock=clock)
    first = await sender.send("message", TO, b"", 21000)
    rpc.refuse("eth_sendRawTransaction", UNDERPRICED)
    before = first
    for step in range(100):
        clock.now += 100
        await sender.maintain([before])
        (now,) = await sender.store.live()
        for name in ("maxFeePerGas", "maxPriorityFeePerGas"):
            assert now.fields[name] <= 5 * before.fields[name], f"in one step: {step}"
            assert now.fields[name] <= 5 * first.fields[name]
        before = now
    assert 1 < len(before.hashes) <= 13
    rpc.behave()
    clock.now += 100
    await sender.maintain([before])
    origin.mine()
    assert (await sender.receipts(await sender.store.live()))[0] is not None


async def test_raises_end_even_when_each_is_taken(origin, proxy, make):
    """A miner that takes no transaction only sees an offer grow that much."""
    clock = Clock()
    origin.rpc("evm_setAutomine", False)
    sender = make(origin, clock=clock)
    first = await sender.send("message", TO, b"", 21000)
    for _ in range(60):
        clock.now += 100
        await sender.maintain(await sender.store.live())
    (last,) = await sender.store.live()
    assert len(last.replaced_hashes) <= 12
    assert last.fields["maxFeePerGas"] <= 5 * first.fields["maxFeePerGas"]


@pytest.mark.parametrize(
    ("offer", "tip", "raises", "bound"),
    [
        (500, 20, 0, None),
        (501, 20, 0, "more than 5 times"),
        (500, 21, 0, "more than 5 times"),
        (101, 1, 11, None),
        (100, 1, 12, None),
        (101, 1, 12, "raised 12 times"),
    ],
)
def test_each_bound_of_a_raise_holds_to_the_wei(offer, tip, raises, bound):
    """While gas costs 100 wei and a tip of 1: it may be a fifth of what gas costs all the same."""
    fields = {"maxFeePerGas": offer, "maxPriorityFeePerGas": tip}
    why = excess(Overrides(), fields, Fees(now=100, tip=1, offer=100), raises)
    assert why is None if bound is None else why is not None and bound in why


async def test_an_offer_follows_the_chain_when_gas_really_rises(origin, make):
    clock = Clock()
    origin.rpc("evm_setAutomine", False)
    sender = make(origin, clock=clock)
    first = await sender.send("message", TO, b"", 21000)
    for _ in range(30):
        clock.now += 100
        await sender.maintain(await sender.store.live())
    origin.rpc("anvil_dropAllTransactions")
    origin.rpc("anvil_setNextBlockBaseFeePerGas", hex(100 * GWEI))
    origin.mine()
    clock.now += 100
    await sender.maintain(await sender.store.live())
    (last,) = await sender.store.live()
    assert last.fields["maxFeePerGas"] > 150 * GWEI > first.fields["maxFeePerGas"]


async def test_no_replacement_can_cost_more_than_the_sum(origin, make):
    clock = Clock()
    origin.rpc("evm_setAutomine", False)
    sent = await make(origin, clock=clock).send("message", TO, b"", 21000)
    cost = sent.fields["maxFeePerGas"] * 21000
    sender = make(origin, clock=clock, ceiling=FeeCeiling(max_cost=cost))
    clock.now += 100
    await sender.maintain([sent])
    assert await sender.store.live() == [sent]


async def test_a_first_offer_that_is_called_too_low_is_not_raised_at_all(origin, proxy, make):
    rpc = proxy(origin)
    rpc.refuse("eth_sendRawTransaction", {"code": -32000, "message": "transaction underpriced"})
    sender = make(rpc)
    with pytest.raises(RpcError, match="underpriced"):
        await sender.send("message", TO, b"", 21000)
    assert await sender.store.live() == []


async def test_deliveries_wait_while_they_are_too_dear_and_say_so(origin, target, config):
    settings = config()
    settings["chains"]["beta"]["maxTransactionCost"] = "0.00001"
    message = origin.dispatch(7331, target.recipient().address)
    async with relaying(settings) as task:
        page = await told(settings, task, message, "more than maxTransactionCost")
    assert page["retries"] == 0
    assert receipts(target) == []


async def test_a_batch_is_divided_when_it_would_be_too_dear(origin, target, config):
    settings = config()
    settings["chains"]["beta"]["maxTransactionCost"] = "0.001"
    recipient = target.recipient().address
    messages = [origin.dispatch(7331, recipient) for _ in range(8)]
    async with relaying(settings) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task)
    costs = [item["gasUsed"] * item["effectiveGasPrice"] for item in receipts(target)]
    assert 1 < len(costs) < 8
    assert max(costs) <= ETHER // 1000


def test_every_agents_sender_has_the_bounds(origin):
    """Whether its key is the chain's, or the validator's own."""
    changes = {"transactionOverrides": {"maxFeePerGas": 7, "maxPriorityFeePerGas": 5}}
    for given, cost in (({}, ETHER), ({"maxTransactionCost": "0.25"}, ETHER // 4)):
        settings = ChainSettings.model_validate(origin.settings(**changes, **given))
        sender = make_sender(Chain(settings, Mock()), key(9), Mock())
        assert sender.offers.ceiling == FeeCeiling(cost)
        assert sender.offers.overrides == Overrides(max_fee_per_gas=7, max_priority_fee_per_gas=5)


@pytest.mark.parametrize("amount", ["0", "-1", "1e-19", "x", "NaN", "inf", True, "1" * 41])
def test_an_amount_that_is_none_is_named(amount, origin):
    with pytest.raises(ValueError, match=r"maxTransactionCost\n.*not an amount of the chain"):
        ChainSettings.model_validate(origin.settings(maxTransactionCost=amount))
