"""`transactionOverrides`: what a transaction in a block says, for each key and for their bounds."""

from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.support.agents import eventually, relaying
from tests.support.devnet import key

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.process import make_sender
from hyperlane.chain.client import ChainClient
from hyperlane.chain.fees import FeeCeiling, GasTooDear, OfferTooLow
from hyperlane.chain.offers import TooMuchGas
from hyperlane.chain.overrides import Overrides
from hyperlane.settings import ChainSettings
from hyperlane.store.database import Database

GWEI = 10**9
TO = b"\7" * 20
ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
BASE = GWEI
"""Wei per gas of the next block, in tests that set it."""
TIP = GWEI
"""What anvil suggests."""


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
async def make(origin, tmp_path):
    """Senders that an agent's configuration with such overrides makes, on one database."""
    database = await Database.open(str(tmp_path))
    clients = []
    origin.rpc("anvil_setNextBlockBaseFeePerGas", hex(BASE))
    origin.mine()
    origin.rpc("anvil_setNextBlockBaseFeePerGas", hex(BASE))

    def sender(rpc=origin, clock=None, **overrides):
        client = ChainClient("alpha", 1337, [rpc.url])
        clients.append(client)
        settings = origin.settings(transactionOverrides=overrides)
        chain = Chain(ChainSettings.model_validate(settings), client)
        made = make_sender(chain, key(9), database)
        made.clock = clock or Clock()
        return made

    yield sender
    for client in clients:
        await client.close()
    await database.close()


async def mined(origin, sender, gas=30_000, **options):
    """A plain transaction of the sender, as it is in its block."""
    sent = await sender.send("message", TO, b"", gas, **options)
    origin.wait(sent.hash)
    await sender.store.finish(sent)
    return origin.w3.eth.get_transaction(sent.hash)


def without_base_fee(proxy, origin, price):
    """A chain from before EIP-1559, on which gas costs so much."""
    rpc = proxy(origin)
    rpc.alter(
        "eth_getBlockByNumber",
        lambda block: {name: item for name, item in block.items() if name != "baseFeePerGas"},
    )
    rpc.alter("eth_gasPrice", lambda _: hex(price))
    rpc.refuse("eth_feeHistory", {"code": -32601, "message": "no such method"})
    return rpc


async def latest_base_fee(origin):
    return origin.w3.eth.get_block("latest")["baseFeePerGas"]


# Exact offers


async def test_without_any_the_base_fee_has_room_to_rise(origin, make):
    base = await latest_base_fee(origin)
    found = await mined(origin, make())
    assert (found["maxFeePerGas"], found["maxPriorityFeePerGas"]) == (2 * base + TIP, TIP)
    assert found["gas"] == 30_000


@pytest.mark.parametrize("fee", [7 * GWEI, 200 * GWEI])
async def test_a_fee_is_offered_exactly_be_it_more_or_less_than_the_estimate(fee, origin, make):
    found = await mined(origin, make(maxFeePerGas=fee))
    assert (found["maxFeePerGas"], found["maxPriorityFeePerGas"]) == (fee, TIP)


@pytest.mark.parametrize("tip", [0, 1, 90 * GWEI])
async def test_a_tip_is_offered_exactly_and_the_fee_has_room_for_it(tip, origin, make):
    found = await mined(origin, make(maxPriorityFeePerGas=tip))
    assert found["maxPriorityFeePerGas"] == tip
    assert found["maxFeePerGas"] >= tip


async def test_both_are_offered_exactly(origin, make):
    found = await mined(origin, make(maxFeePerGas="50000000000", maxPriorityFeePerGas=3))
    assert (found["maxFeePerGas"], found["maxPriorityFeePerGas"]) == (50 * GWEI, 3)


async def test_a_fee_below_the_estimated_tip_has_a_tip_that_fits(origin, make):
    origin.rpc("anvil_setNextBlockBaseFeePerGas", "0x7")
    origin.mine()
    found = await mined(origin, make(maxFeePerGas=100))
    assert (found["maxFeePerGas"], found["maxPriorityFeePerGas"]) == (100, 100)


async def test_a_gas_price_makes_transactions_of_the_old_kind(origin, make):
    found = await mined(origin, make(gasPrice=33 * GWEI, maxFeePerGas=1, maxPriorityFeePerGas=1))
    assert (found["type"], found["gasPrice"]) == (0, 33 * GWEI)


@pytest.mark.parametrize("price", [GWEI, 33 * GWEI])
async def test_a_gas_price_is_exact_on_a_chain_of_the_old_kind(price, origin, proxy, make):
    rpc = without_base_fee(proxy, origin, 5 * GWEI)
    found = await mined(origin, make(rpc, gasPrice=price))
    assert (found["type"], found["gasPrice"]) == (0, price)


@pytest.mark.parametrize("name", ["maxFeePerGas", "gasPrice"])
async def test_an_exact_offer_below_the_base_fee_waits_and_is_named(name, origin, make):
    sender = make(**{name: 5})
    with pytest.raises(OfferTooLow, match=rf"more than transactionOverrides\.{name} 5: it waits"):
        await sender.send("message", TO, b"", 21_000)
    assert await sender.store.live() == []


async def test_an_exact_offer_that_the_node_refuses_is_named(origin, proxy, make):
    rpc = proxy(origin)
    message = "transaction underpriced: gas tip cap 1, minimum needed 1000000"
    rpc.refuse("eth_sendRawTransaction", {"code": -32000, "message": message})
    sender = make(rpc, maxPriorityFeePerGas=1)
    expected = rf"wants more than transactionOverrides\.maxPriorityFeePerGas 1: .*{message}"
    with pytest.raises(OfferTooLow, match=expected):
        await sender.send("message", TO, b"", 21_000)
    assert await sender.store.live() == []


async def test_an_exact_offer_is_no_reason_to_cost_more_than_one_may(origin, make):
    sender = make(maxFeePerGas=100 * GWEI)
    sender.offers.ceiling = FeeCeiling(99 * GWEI * 21_000)
    with pytest.raises(GasTooDear, match=f"would cost {2_100_000 * GWEI} wei.*maxTransactionCost"):
        await sender.send("message", TO, b"", 21_000)
    assert await sender.most_gas() == 99 * 210


# Floors, ceilings, factors


async def test_floors_raise_what_is_offered(origin, make):
    found = await mined(origin, make(minFeePerGas=70 * GWEI, minPriorityFeePerGas=4 * GWEI))
    assert (found["maxFeePerGas"], found["maxPriorityFeePerGas"]) == (70 * GWEI, 4 * GWEI)


async def test_floors_below_the_estimate_change_nothing(origin, make):
    base = await latest_base_fee(origin)
    found = await mined(origin, make(minFeePerGas=1, minPriorityFeePerGas=1, minGasPrice=1))
    assert (found["maxFeePerGas"], found["maxPriorityFeePerGas"]) == (2 * base + TIP, TIP)


@pytest.mark.parametrize(("floor", "offer"), [(3 * GWEI, 5 * GWEI), (8 * GWEI, 8 * GWEI)])
async def test_a_floor_of_the_price_on_a_chain_of_the_old_kind(floor, offer, origin, proxy, make):
    rpc = without_base_fee(proxy, origin, 5 * GWEI)
    assert (await mined(origin, make(rpc, minGasPrice=floor)))["gasPrice"] == offer


async def test_a_floor_of_the_price_holds_where_the_base_fee_is_nothing(origin, proxy, make):
    rpc = proxy(origin)
    rpc.alter("eth_getBlockByNumber", lambda block: {**block, "baseFeePerGas": "0x0"})
    found = await mined(origin, make(rpc, minGasPrice=3 * GWEI))
    assert (found["maxFeePerGas"], found["maxPriorityFeePerGas"]) == (3 * GWEI, 3 * GWEI)


async def test_a_factor_scales_what_is_estimated(origin, make):
    base = await latest_base_fee(origin)
    factor = {"gasPriceMultiplierNumerator": 150, "gasPriceMultiplierDenominator": 100}
    found = await mined(origin, make(**factor))
    offers = (3 * (2 * base + TIP) // 2, 3 * TIP // 2)
    assert abs(found["maxFeePerGas"] - offers[0]) <= 1
    assert found["maxPriorityFeePerGas"] == offers[1]


async def test_a_factor_does_not_scale_what_is_exact(origin, make):
    factor = {"gasPriceMultiplierNumerator": 150, "gasPriceMultiplierDenominator": 100}
    found = await mined(origin, make(maxFeePerGas=7 * GWEI, maxPriorityFeePerGas=3, **factor))
    assert (found["maxFeePerGas"], found["maxPriorityFeePerGas"]) == (7 * GWEI, 3)


async def test_a_ceiling_is_one_for_the_offer_and_for_the_tip(origin, make):
    base = await latest_base_fee(origin)
    cap = base + TIP + 1
    assert (await mined(origin, make(gasPriceCap=cap)))["maxFeePerGas"] == cap
    assert (await mined(origin, make(gasPriceCap=200 * GWEI)))["maxFeePerGas"] < 10 * GWEI
    found = await mined(origin, make(gasPriceCap=cap, gasPriceMultiplierNumerator=90,
                                     gasPriceMultiplierDenominator=1))  # fmt: skip
    assert (found["maxFeePerGas"], found["maxPriorityFeePerGas"]) == (cap, cap)


async def test_above_the_ceiling_sending_waits(origin, proxy, make):
    for sender in (make(gasPriceCap=5), make(without_base_fee(proxy, origin, 6), gasPriceCap=5)):
        with pytest.raises(GasTooDear, match=r"more than transactionOverrides\.gasPriceCap 5"):
            await sender.send("message", TO, b"", 21_000)


# Replacements


async def replaced(origin, first, then=None):
    """The versions that a transaction gets within two minutes, of a sender and of its successor."""
    origin.rpc("evm_setAutomine", False)
    await first.send("message", TO, b"", 21_000)
    sender = then or first
    for _ in range(2):
        sender.clock.now += 100
        await sender.maintain(await sender.store.live())
    (last,) = await sender.store.live()
    origin.mine()
    (receipt,) = await sender.receipts([last])
    assert receipt is not None
    await sender.store.finish(last)
    origin.rpc("evm_setAutomine", True)
    return last, origin.w3.eth.get_transaction(receipt.tx_hash)


@pytest.mark.parametrize(
    "exact",
    [
        {"maxFeePerGas": 50 * GWEI},
        {"maxPriorityFeePerGas": 3 * GWEI},
        {"maxFeePerGas": 50 * GWEI, "maxPriorityFeePerGas": 3 * GWEI},
        {"gasPrice": 33 * GWEI},
    ],
)
async def test_an_exact_offer_is_never_raised(exact, origin, make):
    last, found = await replaced(origin, make(**exact))
    assert last.replaced_hashes == ()
    assert {name: found[name] for name in exact} == exact


@pytest.mark.parametrize("name", ["maxFeePerGas", "gasPrice"])
async def test_an_exact_offer_that_was_raised_by_its_operator_replaces_the_former(
    name, origin, make
):
    clock = Clock()
    first = make(clock=clock, **{name: 5 * GWEI})
    last, found = await replaced(origin, first, make(clock=clock, **{name: 40 * GWEI}))
    assert len(last.replaced_hashes) == 1
    assert found[name] == 40 * GWEI


async def test_an_exact_price_replaces_a_transaction_of_the_new_kind(origin, make):
    clock = Clock()
    last, found = await replaced(origin, make(clock=clock), make(clock=clock, gasPrice=40 * GWEI))
    assert len(last.replaced_hashes) == 1
    assert (found["maxFeePerGas"], found["maxPriorityFeePerGas"]) == (40 * GWEI, 40 * GWEI)


async def test_a_replacement_keeps_to_the_floor(origin, make):
    last, found = await replaced(origin, make(minPriorityFeePerGas=2 * GWEI))
    assert len(last.replaced_hashes) == 2
    assert found["maxPriorityFeePerGas"] > 2.4 * GWEI


async def test_a_replacement_keeps_to_the_ceiling(origin, make):
    cap = int(1.2 * (2 * await latest_base_fee(origin) + TIP))
    last, found = await replaced(origin, make(gasPriceCap=cap))
    assert len(last.replaced_hashes) == 1, "a second raise would be above it"
    assert found["maxFeePerGas"] <= cap


@pytest.mark.parametrize(("times", "raises"), [(1, 0), (2, 5)])
async def test_replacements_offer_at_most_a_multiple_of_what_gas_costs(times, raises, origin, make):
    origin.rpc("evm_setAutomine", False)
    sender = make(gasPriceCapMultiplier=times)
    first = await sender.send("message", TO, b"", 21_000)
    for _ in range(9):
        sender.clock.now += 100
        await sender.maintain(await sender.store.live())
    (last,) = await sender.store.live()
    assert len(last.replaced_hashes) == raises
    assert last.fields["maxFeePerGas"] <= times * first.fields["maxFeePerGas"]


# Gas


@pytest.mark.parametrize("limit", [21_000, 25_000, 400_000])
async def test_a_gas_limit_is_exact(limit, origin, make):
    assert (await mined(origin, make(gasLimit=limit), need=21_000))["gas"] == limit


async def test_a_gas_limit_that_does_not_suffice_is_not_kept_and_is_named(origin, make):
    with capture_logs() as said:
        assert (await mined(origin, make(gasLimit=20_999), need=21_000))["gas"] == 30_000
    assert "transactionOverrides.gasLimit 20999" in [item.get("setting") for item in said]


async def test_a_factor_scales_the_gas(origin, make):
    factor = {"gasLimitMultiplierNumerator": 3, "gasLimitMultiplierDenominator": 2}
    assert (await mined(origin, make(**factor)))["gas"] == 45_000
    assert (await mined(origin, make(**factor), most_gas=40_000))["gas"] == 40_000
    assert (await mined(origin, make(gasLimit=35_000, **factor)))["gas"] == 35_000


async def test_a_ceiling_of_the_gas(origin, make):
    sender = make(
        gasLimitCap=25_000, gasLimitMultiplierNumerator=2, gasLimitMultiplierDenominator=1
    )
    assert (await mined(origin, sender, need=21_000))["gas"] == 25_000
    assert await sender.most_gas() == 12_500
    with pytest.raises(TooMuchGas, match=r"25001 gas is needed.*\.gasLimitCap 25000: raise that"):
        await sender.send("other", TO, b"", 30_000, need=25_001)


async def test_a_relayer_delivers_with_them(origin, target, relayer_config):
    """Alone and together with others: each transaction has the operator's fields."""
    settings = relayer_config(origin, target)
    settings["chains"]["beta"]["transactionOverrides"] = {
        "maxFeePerGas": 31 * GWEI,
        "maxPriorityFeePerGas": 2 * GWEI,
        "gasLimit": 3_456_789,
    }
    recipient = target.recipient().address
    messages = [origin.dispatch(7331, recipient) for _ in range(3)]
    async with relaying(settings) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task)
    found = deliveries(target)
    assert found
    for item in found:
        assert (item["maxFeePerGas"], item["maxPriorityFeePerGas"]) == (31 * GWEI, 2 * GWEI)
        assert item["gas"] == 3_456_789


async def test_a_relayer_divides_batches_that_would_exceed_the_ceiling_of_the_gas(
    origin, target, relayer_config
):
    settings = relayer_config(origin, target)
    settings["chains"]["beta"]["transactionOverrides"] = {"gasLimitCap": 400_000}
    recipient = target.recipient().address
    messages = [origin.dispatch(7331, recipient) for _ in range(6)]
    async with relaying(settings) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task)
    limits = [item["gas"] for item in deliveries(target)]
    assert 1 < len(limits) <= 6
    assert max(limits) <= 400_000


def deliveries(target):
    """Transactions of the relayer, as they are in their blocks."""
    blocks = range(target.w3.eth.block_number + 1)
    found = [item for n in blocks for item in target.w3.eth.get_block(n, True)["transactions"]]
    return [item for item in found if item["from"] == key(9).address]


# What is refused


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        ({"gasPrice": 0}, "greater than 0"),
        ({"gasPrice": "x"}, "valid integer"),
        ({"gasPriceMultiplierNumerator": 2}, "needs gasPriceMultiplierDenominator beside it"),
        ({"gasLimitMultiplierDenominator": 2}, "needs gasLimitMultiplierNumerator beside it"),
        (
            {"gasLimitMultiplierNumerator": 9, "gasLimitMultiplierDenominator": 10},
            "less gas than they need",
        ),
        ({"maxFeePerGas": 6, "gasPriceCap": 5}, "maxFeePerGas 6 is above gasPriceCap 5"),
        ({"minFeePerGas": 6, "maxFeePerGas": 5}, "minFeePerGas 6 is above maxFeePerGas 5"),
        ({"gasLimit": 6, "gasLimitCap": 5}, "gasLimit 6 is above gasLimitCap 5"),
    ],
)
def test_overrides_that_contradict_each_other_are_refused(overrides, problem, origin):
    with pytest.raises(ValueError, match=problem):
        ChainSettings.model_validate(origin.settings(transactionOverrides=overrides))


FEES = st.none() | st.integers(1, 10**12)


@given(
    base_fee=st.integers(0, 10**12), tip=st.integers(0, 10**12),
    exact=FEES, exact_tip=FEES, floor=FEES, floor_tip=FEES, price=FEES, cap=FEES,
    numerator=st.integers(1, 300),
)  # fmt: skip
def test_whatever_is_set_an_offer_keeps_to_it(
    base_fee, tip, exact, exact_tip, floor, floor_tip, price, cap, numerator
):
    given_ = {
        "maxFeePerGas": exact, "maxPriorityFeePerGas": exact_tip, "minFeePerGas": floor,
        "minPriorityFeePerGas": floor_tip, "minGasPrice": price, "gasPriceCap": cap,
        "gasPriceMultiplierNumerator": numerator, "gasPriceMultiplierDenominator": 100,
    }  # fmt: skip
    settings = {"name": "a", "chainId": 1, "rpcUrls": [{"http": "http://127.0.0.1:1"}]}
    settings |= dict.fromkeys(("mailbox", "merkleTreeHook", "validatorAnnounce"), ADDRESS)
    try:
        chain = ChainSettings.model_validate(settings | {"transactionOverrides": given_})
    except ValueError:
        return
    overrides = make_sender(Chain(chain, Mock()), key(9), Mock()).offers.overrides
    assert isinstance(overrides, Overrides)
    offered_tip, offered = overrides.dynamic(base_fee, tip)
    assert 0 <= offered_tip <= offered
    assert exact is None or offered == exact
    assert exact_tip is None or offered_tip == exact_tip
    assert cap is None or offered <= cap
    assert floor is None or offered >= floor
    assert floor_tip is None or offered_tip >= floor_tip
