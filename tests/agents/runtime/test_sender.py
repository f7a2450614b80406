"""Sending transactions to a real node."""

import dataclasses
import time

import pytest
from tests.support.devnet import key
from tests.support.proxy import misbehaving

from hyperlane.agents.runtime.refusals import OutOfFunds
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.client import ChainClient, RpcError
from hyperlane.chain.offers import Offers
from hyperlane.chain.overrides import Overrides
from hyperlane.chain.signer import address_of, open_account
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.settings import SignerSettings
from hyperlane.store.database import Database
from hyperlane.store.transactions import Signed, TransactionStore

TO = b"\7" * 20


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
async def make(origin, tmp_path):
    """Senders of account 9 on one database, as after restarts."""
    database = await Database.open(str(tmp_path))
    client = ChainClient("alpha", 1337, [origin.url])

    def sender(clock=time.time, **options):
        store = TransactionStore(database, 1337, address_of(key(9)))
        return Sender(client, key(9), store, Offers(client, clock=clock, **options), clock)

    yield sender
    await client.close()
    await database.close()


async def test_one_purpose_has_one_live_transaction(origin, make):
    origin.rpc("evm_setAutomine", False)
    first = await make().send("message", TO, b"", 21000)
    again = await make().send("message", TO, b"", 21000)
    other = await make().send("other", TO, b"", 21000)
    assert (again.hash, first.nonce, other.nonce) == (first.hash, 0, 1)


async def test_what_the_node_lost_is_sent_again(origin, make):
    clock = Clock()
    origin.rpc("evm_setAutomine", False)
    sender = make(clock=clock)
    sent = await sender.send("message", TO, b"", 21000)
    origin.rpc("anvil_dropTransaction", "0x" + sent.hash.hex())
    origin.mine()
    assert await sender.receipts([sent]) == [None]
    clock.now += 10
    await sender.maintain(await sender.store.live())
    origin.mine()
    (receipt,) = await sender.receipts([sent])
    assert receipt.succeeded
    await sender.maintain([])
    assert not sender._sent_again, "nothing is kept of what a block has"


async def test_a_stuck_transaction_is_replaced_and_found_under_its_new_hash(origin, make):
    clock = Clock()
    origin.rpc("evm_setAutomine", False)
    sender = make(clock=clock)
    first = await sender.send("message", TO, b"", 21000)
    clock.now += 100
    await sender.maintain([first])
    (replaced,) = await sender.store.live()
    assert (replaced.nonce, replaced.replaced_hashes) == (first.nonce, (first.hash,))
    for name in ("maxFeePerGas", "maxPriorityFeePerGas"):
        assert replaced.fields[name] > first.fields[name] * 1.1
    origin.mine()
    (receipt,) = await sender.receipts([replaced])
    assert receipt.tx_hash == replaced.hash
    assert origin.w3.eth.get_transaction_count(key(9).address) == 1


async def test_what_a_node_keeps_as_if_a_nonce_were_missing_is_replaced_once(origin, make):
    clock = Clock()
    sender = make(clock=clock)
    lowest = Signed("before", {"nonce": 0}, Bytes32(bytes(32)), b"")
    before = await sender.store.add([lowest], clock())
    stranded = await sender.send("message", TO, b"", 21000)
    assert stranded.nonce == 1
    await sender.store.finish(*before)
    origin.rpc("anvil_setNonce", key(9).address, hex(1))
    origin.mine()
    assert await sender.receipts([stranded]) == [None], "anvil still waits for the nonce before it"
    clock.now += 10
    await sender.maintain(await sender.store.live())
    assert (await sender.store.live())[0].hash == stranded.hash, "it may just be pending"
    clock.now += 11
    await sender.maintain(await sender.store.live())
    (replaced,) = await sender.store.live()
    (receipt,) = await sender.receipts([replaced])
    assert receipt.succeeded
    assert replaced.replaced_hashes == (stranded.hash,)


async def test_a_value_goes_along_and_into_replacements(origin, make):
    clock = Clock()
    origin.rpc("evm_setAutomine", False)
    sender = make(clock=clock)
    first = await sender.send("message", TO, b"", 21000, value=12345)
    clock.now += 100
    await sender.maintain([first])
    (replaced,) = await sender.store.live()
    assert (replaced.replaced_hashes, replaced.fields["value"]) == ((first.hash,), 12345)
    origin.mine()
    assert origin.w3.eth.get_balance("0x" + TO.hex()) == 12345


async def test_a_key_that_cannot_pay_the_value_is_told_what_it_needs(origin, make):
    value = origin.w3.eth.get_balance(key(9).address)
    with pytest.raises(OutOfFunds, match=rf"21000 gas and {value} wei may cost \d+: fund it"):
        await make().send("message", TO, b"", 21000, value=value)


async def test_a_refused_transaction_gives_its_nonce_back(origin, make):
    sender = make()
    with pytest.raises(RpcError):
        await sender.send("message", TO, b"", 20_999)
    assert await sender.store.live() == []
    assert (await sender.send("message", TO, b"", 21000)).nonce == 0


async def test_nonces_used_by_others_are_skipped(origin, make):
    sender = make()
    await sender.store.finish(await sender.send("first", TO, b"", 21000))
    foreign = {"from": key(9).address, "to": "0x" + TO.hex(), "value": 1}
    origin.wait(origin.w3.eth.send_transaction(foreign))
    assert (await sender.send("second", TO, b"", 21000)).nonce == 2


@pytest.mark.parametrize("others", [0, 1, 2], ids="{} other URLs".format)
async def test_a_nonce_that_one_answer_made_up_is_not_used(origin, make, others):
    """All later transactions would wait behind it for ever."""
    lies = [hex(2**40)]
    with misbehaving(origin.url) as proxy:
        proxy.alter("eth_getTransactionCount", lambda said: lies.pop() if lies else said)
        client = ChainClient("alpha", 1337, [proxy.url, *[origin.url] * others])
        sender = dataclasses.replace(make(), client=client)
        sent = await sender.send("message", TO, b"", 21000)
        await sender.client.close()
    assert not lies
    assert sent.nonce == 0
    (receipt,) = await make().receipts([sent])
    assert receipt.succeeded


@pytest.mark.parametrize("others", [1, 2, 3], ids="{} other URLs".format)
async def test_a_nonce_that_one_url_goes_on_telling_of_is_not_used(origin, make, others):
    with misbehaving(origin.url) as proxy:
        proxy.alter("eth_getTransactionCount", lambda _: hex(2**40))
        client = ChainClient("alpha", 1337, [proxy.url, *[origin.url] * others])
        sender = dataclasses.replace(make(), client=client)
        sent = await sender.send("message", TO, b"", 21000)
        await sender.client.close()
        assert proxy.asked["eth_getTransactionCount"]
    assert sent.nonce == 0


async def test_fees_stay_below_the_ceiling(origin, make):
    cap = Overrides(gas_price_cap=2_001_000_000, gas_price_multiplier_numerator=3)
    sent = await make(overrides=cap).send("message", TO, b"", 21000)
    assert sent.fields["maxFeePerGas"] == 2_001_000_000
    with pytest.raises(ChainError, match=r"more than transactionOverrides\.gasPriceCap 5"):
        await make(overrides=Overrides(gas_price_cap=5)).send("other", TO, b"", 21000)


async def test_a_nonce_that_nobody_uses_is_filled(origin, make):
    clock = Clock()
    origin.rpc("evm_setAutomine", False)
    sender = make(clock=clock)
    lost, waiting = [await sender.send(name, TO, b"", 21000) for name in ("lost", "waiting")]
    await sender.store.finish(lost)
    origin.rpc("anvil_dropTransaction", "0x" + lost.hash.hex())
    clock.now += 6  # the node dropped what waited for the lost one, too
    await sender.maintain([waiting])
    origin.mine()
    assert (await sender.receipts([waiting]))[0].succeeded
    await sender.maintain([])
    assert await sender.store.live() == [waiting], "the no-op needs no more attention"


async def test_a_stuck_transaction_of_others_with_our_key_is_outbid(origin, make):
    clock = Clock()
    origin.rpc("evm_setAutomine", False)
    offer = {"maxFeePerGas": 4 * 10**9, "maxPriorityFeePerGas": 2 * 10**9}
    plain = {"nonce": 0, "to": "0x" + TO.hex(), "value": 1, "gas": 21000, "chainId": 1337}
    foreign = origin.w3.eth.send_raw_transaction(
        key(9).sign_transaction({**plain, **offer}).raw_transaction
    )
    sender = make(clock=clock)
    ours = await sender.send("message", TO, b"", 21000)
    assert ours.nonce == 1
    await sender.maintain([ours])
    assert await sender.store.live() == [ours], "theirs gets its time"
    clock.now += 100
    await sender.maintain([ours])
    filler = next(item for item in await sender.store.live() if item.nonce == 0)
    assert filler.fields["maxFeePerGas"] > 1.1 * 4 * 10**9
    origin.mine()
    assert origin.w3.eth.get_transaction_count(key(9).address) == 2
    (receipt,) = await sender.receipts([filler])
    assert receipt.succeeded
    assert foreign != receipt.tx_hash


async def test_what_was_sent_before_the_database_was_lost_keeps_its_nonces(origin, make, tmp_path):
    origin.rpc("evm_setAutomine", False)
    before = [await make().send(name, TO, b"", 21000) for name in ("one", "two")]
    database = await Database.open(str(tmp_path / "new"))
    store = TransactionStore(database, 1337, address_of(key(9)))
    sender = dataclasses.replace(make(), store=store)
    after = await sender.send("three", TO, b"", 21000)
    assert [item.nonce for item in [*before, after]] == [0, 1, 2]
    await database.close()


async def test_without_funds_the_reason_says_how_much_and_funds_heal_it(origin, make):
    sender = make()
    address = key(9).address
    origin.rpc("anvil_setBalance", address, hex(10**6))
    with pytest.raises(OutOfFunds, match=rf"{address} has 1000000 wei, .*21000 gas may cost \d+"):
        await sender.send("message", TO, b"", 21000)
    assert await sender.store.live() == []
    origin.rpc("anvil_setBalance", address, hex(10**18))
    sent = await sender.send("message", TO, b"", 21000)
    origin.wait(sent.hash)
    assert sent.nonce == 0


async def test_what_a_reorg_threw_out_is_sent_again(origin, make):
    clock = Clock()
    sender = make(clock=clock)
    snapshot = origin.rpc("evm_snapshot")
    sent = await sender.send("message", TO, b"", 21000)
    origin.wait(sent.hash)
    origin.rpc("evm_revert", snapshot)
    assert await sender.receipts([sent]) == [None]
    clock.now += 6
    await sender.maintain([sent])
    origin.wait(sent.hash)


async def test_no_replacement_goes_above_the_ceiling(origin, make):
    clock = Clock()
    origin.rpc("evm_setAutomine", False)
    sent = await make(clock=clock).send("message", TO, b"", 21000)
    sender = make(clock=clock, overrides=Overrides(gas_price_cap=sent.fields["maxFeePerGas"]))
    clock.now += 100
    await sender.maintain([sent])
    assert await sender.store.live() == [sent]


async def test_one_that_cannot_be_sent_does_not_keep_others_from_it(origin, make):
    clock = Clock()
    origin.rpc("evm_setAutomine", False)
    sender = make(clock=clock)
    first, second = [await sender.send(name, TO, b"", 21000) for name in ("first", "second")]
    for item in (first, second):
        origin.rpc("anvil_dropTransaction", "0x" + item.hash.hex())
    broken = dataclasses.replace(first, raw=b"\x02\xff")
    clock.now += 6
    await sender.maintain([broken, second])
    assert origin.rpc("eth_getTransactionByHash", "0x" + second.hash.hex()) is not None


async def test_a_nonce_that_costs_too_much_to_fill_keeps_nobody_waiting(origin, make):
    clock = Clock()
    origin.rpc("evm_setAutomine", False)
    sender = make(clock=clock)
    lost, waiting = [await sender.send(name, TO, b"", 21000) for name in ("lost", "waiting")]
    for item in (lost, waiting):
        origin.rpc("anvil_dropTransaction", "0x" + item.hash.hex())
    await sender.store.finish(lost)
    clock.now += 6
    capped = make(clock=clock, overrides=Overrides(gas_price_cap=5))
    await capped.maintain([waiting])
    assert await sender.store.live() == [waiting]
    await sender.maintain([waiting])
    origin.mine()
    (receipt,) = await sender.receipts([waiting])
    assert receipt.succeeded


async def test_the_key_is_in_no_text(origin, make):
    sender = make()
    await sender.send("message", TO, b"", 21000)
    secret = key(9).key.hex().removeprefix("0x")
    signer = SignerSettings.model_validate({"key": "0x" + secret})
    for shown in (sender, sender.account, signer, open_account("key", signer), signer.model_dump()):
        assert secret not in repr(shown) + str(shown)
