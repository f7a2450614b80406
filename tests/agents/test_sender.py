"""Sending transactions to a real node."""

import pytest

from hyperlane.chain.client import ChainClient, RpcError
from hyperlane.chain.sender import FeeCeiling, Sender
from hyperlane.chain.signer import address_of
from hyperlane.errors import ChainError
from hyperlane.store.database import Database
from hyperlane.store.transactions import TransactionStore

from .devnet import key

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

    def sender(**options):
        store = TransactionStore(database, 1337, address_of(key(9)))
        return Sender(client, key(9), store, **options)

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
    await sender.maintain(await sender.live())
    origin.mine()
    (receipt,) = await sender.receipts([sent])
    assert receipt.succeeded


async def test_a_stuck_transaction_is_replaced_and_found_under_its_new_hash(origin, make):
    clock = Clock()
    origin.rpc("evm_setAutomine", False)
    sender = make(clock=clock)
    first = await sender.send("message", TO, b"", 21000)
    clock.now += 100
    await sender.maintain([first])
    (replaced,) = await sender.live()
    assert (replaced.nonce, replaced.replaced_hashes) == (first.nonce, (first.hash,))
    for name in ("maxFeePerGas", "maxPriorityFeePerGas"):
        assert replaced.fields[name] > first.fields[name] * 1.1
    origin.mine()
    (receipt,) = await sender.receipts([replaced])
    assert receipt.tx_hash == replaced.hash
    assert origin.w3.eth.get_transaction_count(key(9).address) == 1


async def test_a_refused_transaction_gives_its_nonce_back(origin, make):
    sender = make()
    with pytest.raises(RpcError):
        await sender.send("message", TO, b"", 20_999)
    assert await sender.live() == []
    assert (await sender.send("message", TO, b"", 21000)).nonce == 0


async def test_nonces_used_by_others_are_skipped(origin, make):
    sender = make()
    await sender.store.finish(await sender.send("first", TO, b"", 21000))
    foreign = {"from": key(9).address, "to": "0x" + TO.hex(), "value": 1}
    origin.wait(origin.w3.eth.send_transaction(foreign))
    assert (await sender.send("second", TO, b"", 21000)).nonce == 2


async def test_fees_stay_below_the_ceiling(origin, make):
    sent = await make(ceiling=FeeCeiling(3 * 10**9, 10**6)).send("message", TO, b"", 21000)
    assert sent.fields["maxFeePerGas"] <= 3 * 10**9
    assert sent.fields["maxPriorityFeePerGas"] <= 10**6
    with pytest.raises(ChainError, match=r"more than transactionOverrides\.maxFeePerGas 5"):
        await make(ceiling=FeeCeiling(5)).send("other", TO, b"", 21000)
