"""A rollup takes a fee for data beside the gas: what looks cheap in gas is not."""

import pytest
from tests.agents.relayer.test_relayer_operation import told
from tests.support.agents import eventually, relaying
from tests.support.devnet import key

from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.client import ChainClient
from hyperlane.chain.fees import DataFees, FeeCeiling, GasTooDear
from hyperlane.chain.offers import Offers
from hyperlane.chain.signer import address_of
from hyperlane.store.database import Database
from hyperlane.store.transactions import TransactionStore

from .test_burn_a_relayers_gas import receipts

ORACLE = "0x420000000000000000000000000000000000000F"
FEE = 10**15
ANSWER = f"66{FEE:014x}5f5260205ff3"
ANY = "0x" + ANSWER
"""PUSH7 fee PUSH0 MSTORE PUSH1 32 PUSH0 RETURN"""
SIZE = "0x365f5260205ff3"
"""A wei for each byte of calldata."""
UPPER_BOUND_ONLY = "0x60243614600a575f5ffd5b" + ANSWER
"""Answers calldata of 36 bytes alone, as `getL1FeeUpperBound(uint256)` has."""


@pytest.fixture
async def client(target):
    made = ChainClient("beta", 7331, [target.url])
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("code", "fee"), [("0x", 0), (ANY, FEE), (UPPER_BOUND_ONLY, FEE), ("0x5f5ffd", 0), ("0x00", 0)]
)
async def test_the_predeploy_is_asked_in_every_version(code, fee, target, client):
    target.rpc("anvil_setCode", ORACLE, code)
    assert await DataFees(client).of([b"", b"data"]) == [fee, fee]


async def test_a_payment_that_does_not_cover_the_data_is_too_little(
    origin, target, pay, paymaster, config
):
    target.rpc("anvil_setCode", ORACLE, ANY)
    policy = [{"type": "onChainFeeQuoting", "gasFraction": "1/1"}]
    settings = config(gasPaymentEnforcement=policy)
    settings["chains"]["alpha"]["interchainGasPaymaster"] = paymaster.address
    poor, rich = [origin.dispatch(7331, target.recipient().address) for _ in range(2)]
    pay(poor, 300_000)
    pay(rich, 3_000_000)
    async with relaying(settings) as task:
        await eventually(lambda: target.delivered(rich), task)
        await told(settings, task, poor, "paid gas 300000 of ")
    assert not target.delivered(poor)
    (receipt,) = receipts(target)
    assert receipt["gasUsed"] < 300_000
    gas = target.w3.eth.get_transaction(receipt["transactionHash"])["gas"]
    assert gas < 3_000_000, "what pays for data is no gas"


async def test_the_sum_that_a_transaction_may_cost_has_the_data_in(target, client, tmp_path):
    target.rpc("anvil_setCode", ORACLE, ANY)
    database = await Database.open(str(tmp_path))
    store = TransactionStore(database, 7331, address_of(key(9)))
    sender = Sender(client, key(9), store, Offers(client, FeeCeiling(max_cost=FEE)))
    with pytest.raises(GasTooDear, match="maxTransactionCost"):
        await sender.send("message", b"\7" * 20, b"", 21000)
    sender.offers.ceiling = FeeCeiling(max_cost=FEE + 35 * 10**12)
    sent = await sender.send("message", b"\7" * 20, b"", 21000)
    assert sent.fields["maxFeePerGas"] * 21000 <= 35 * 10**12
    await database.close()


async def test_no_replacement_costs_more_than_the_sum_with_the_data(target, client, tmp_path):
    target.rpc("anvil_setCode", ORACLE, ANY)
    target.rpc("evm_setAutomine", False)
    database = await Database.open(str(tmp_path))
    store = TransactionStore(database, 7331, address_of(key(9)))
    offers = Offers(client, FeeCeiling(max_cost=10**18))
    sender = Sender(client, key(9), store, offers, clock=lambda: 1_000.0)
    sent = await sender.send("message", b"\7" * 20, b"", 21000)
    sender.clock = lambda: 1_100.0
    offers.ceiling = FeeCeiling(max_cost=sent.fields["maxFeePerGas"] * 21000 + FEE)
    await sender.maintain([sent])
    assert await sender.store.live() == [sent]
    offers.ceiling = FeeCeiling(max_cost=2 * sent.fields["maxFeePerGas"] * 21000 + FEE)
    await sender.maintain([sent])
    (raised,) = await sender.store.live()
    assert raised.fields["maxFeePerGas"] > sent.fields["maxFeePerGas"]
    await database.close()


@pytest.mark.parametrize("size", [0, 1, 1_000])
async def test_what_is_asked_about_is_as_long_as_what_is_sent(size, target, client, tmp_path):
    target.rpc("anvil_setCode", ORACLE, SIZE)
    database = await Database.open(str(tmp_path))
    store = TransactionStore(database, 7331, address_of(key(9)))
    sender = Sender(client, key(9), store, Offers(client))
    sent = await sender.send("message", b"\7" * 20, b"\1" * size, 100_000)
    (asked,) = await sender.data_fees([b"\1" * size])
    assert asked - 4 - 2 * 32 >= len(sent.raw), "selector, offset and length aside"
    await database.close()


async def test_what_a_receipt_says_of_data_counts_as_spent(origin, target, proxy, config):
    rpc = proxy(target)
    rpc.alter("eth_getTransactionReceipt", lambda told: told and {**told, "l1Fee": hex(FEE)})
    settings = config()
    settings["chains"]["beta"]["rpcUrls"] = [{"http": rpc.url}]
    message = origin.dispatch(7331, target.recipient().address)
    async with relaying(settings) as task:
        page = await told(settings, task, message, "delivered")
    (receipt,) = receipts(target)
    price = receipt["effectiveGasPrice"]
    assert page["gas"]["used_gas"] == receipt["gasUsed"] + FEE // price
    assert int(page["gas"]["used_wei"]) == pytest.approx(receipt["gasUsed"] * price + FEE, rel=1e-3)
