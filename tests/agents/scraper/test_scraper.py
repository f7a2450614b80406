"""A scraper on real chains: what it stores of messages, and of those who pretend."""

import asyncio
import random
import time
from types import SimpleNamespace

import pytest
from eth_abi import encode
from sqlalchemy import select
from tests.support.agents import scraping
from tests.support.devnet import ANOTHER_GENESIS, devnet, key
from tests.support.words import b32
from web3.logs import DISCARD

from hyperlane.chain.abi import GasPaymaster, TokenRouter
from hyperlane.errors import DatabaseError
from hyperlane.protocol.announcement import Announcement
from hyperlane.protocol.message import Message
from hyperlane.store.database import Database
from hyperlane.store.forgetting import forget
from hyperlane.store.migrations.schemas import SCRAPER
from hyperlane.store.scraper import tables

HOSTILE = (
    b"",
    b"<script>alert(1)</script>",
    b"'; DROP TABLE message; --",
    b"\0\xff\xfe" * 50,
    bytes(20_000),
)
GAS_PRICE = 10**9


class Stored:
    """What is in the database of a scraper."""

    def __init__(self, config):
        self.location = config["db"]

    async def rows(self, table):
        database = await Database.open(self.location, SCRAPER)
        try:
            async with database.read() as connection:
                found = await connection.execute(select(table).order_by(table.c.id))
                return [SimpleNamespace(**item) for item in found.mappings()]
        finally:
            await database.close()

    async def count(self, table):
        return len(await self.rows(table))


@pytest.fixture
def paymaster(origin):
    igp = origin.deploy("InterchainGasPaymaster")
    owner = origin.w3.eth.default_account
    origin.send(igp.functions.initialize(owner, owner))
    origin.send(igp.functions.setRemoteGasData((7331, 10**10, GAS_PRICE)))
    origin.send(igp.functions.setDestinationGasConfigs([(7331, (igp.address, 0))]))
    origin.contracts["paymaster"] = igp
    return igp


def with_paymaster(config, paymaster):
    config["chains"]["alpha"]["interchainGasPaymaster"] = paymaster.address
    return config


def deliver(chain, *messages):
    mailbox = chain.contracts["mailbox"]
    return [chain.send(mailbox.functions.process(b"", item.encode())) for item in messages]


def shout(chain, topics, data):
    """A contract of a stranger whose constructor logs anything."""
    code = b"".join(
        b"\x7f" + data[at : at + 32] + b"\x60" + bytes([at]) + b"\x52"
        for at in range(0, len(data), 32)
    )
    pushes = b"".join(b"\x7f" + topic for topic in reversed(topics))
    code += pushes + b"\x60" + bytes([len(data)]) + b"\x60\x00" + bytes([0xA0 + len(topics)])
    return chain.wait(chain.w3.eth.send_transaction({"data": "0x" + code.hex()}))


async def test_messages_are_stored_with_all_that_happened_to_them(
    origin, target, paymaster, scraper_config, locate
):
    config = with_paymaster(scraper_config(origin, target, db=locate("whole")), paymaster)
    recipient = target.recipient()
    messages = [origin.dispatch(7331, recipient.address, body) for body in HOSTILE]
    payer = origin.w3.eth.default_account
    paying = paymaster.functions.payForGas(messages[0].id, 7331, 1000, payer)
    paid = origin.wait(paying.transact({"value": 1000 * GAS_PRICE}))
    (receipt, *_) = deliver(target, *messages[:3])
    announce(origin, 4, "s3://<b>\0bucket/region")
    stored = Stored(config)
    async with scraping(config) as task:
        await until(stored, task, tables.delivered_message, 3)
        await until(stored, task, tables.message, len(messages))
        await until(stored, task, tables.validator_announcement, 1)
        later = origin.dispatch(7331, recipient.address, b"later")
        await until(stored, task, tables.message, len(messages) + 1)
        deliver(target, later)
        await until(stored, task, tables.delivered_message, 4)
    everything = [*messages, later]
    rows = await stored.rows(tables.message)
    assert sorted((row.nonce, row.msg_id, row.msg_body) for row in rows) == [
        (item.nonce, item.id, item.body) for item in everything
    ]
    assert {row.msg_id for row in rows if row.delivered_at is None} == {
        item.id for item in messages[3:]
    }
    first = next(row for row in rows if row.nonce == 0)
    block = target.w3.eth.get_block(receipt["blockNumber"])
    assert (first.origin, first.destination) == (1337, 7331)
    assert first.delivered_at == block["timestamp"]
    assert (first.sender, first.recipient) == (messages[0].sender, messages[0].recipient)
    leaves = await stored.rows(tables.merkle_tree_insertion)
    assert [(row.leaf_index, row.message_id) for row in sorted(leaves, key=lambda r: r.leaf_index)]
    assert {row.message_id for row in leaves} == {item.id for item in everything}
    (payment,) = await stored.rows(tables.gas_payment)
    assert (payment.msg_id, payment.payment, payment.gas_amount, payment.destination) == (
        messages[0].id, 1000 * GAS_PRICE, 1000, 7331,
    )  # fmt: skip
    (announcement,) = await stored.rows(tables.validator_announcement)
    assert announcement.storage_location == "s3://<b>\N{REPLACEMENT CHARACTER}bucket/region"
    assert announcement.validator == bytes.fromhex(key(4).address[2:])
    await assert_transaction(origin, stored, paid)
    kinds = [(row.kind, row.msg_id) for row in await stored.rows(tables.change)]
    assert len(kinds) == len(set(kinds)) == 2 * len(everything) + 1 + 4


async def assert_transaction(chain, stored, receipt):
    """A stored transaction is the one that the node gives."""
    sent = chain.w3.eth.get_transaction(receipt["transactionHash"])
    row = next(
        item
        for item in await stored.rows(tables.transaction)
        if item.hash == bytes(receipt["transactionHash"])
    )
    block = next(item for item in await stored.rows(tables.block) if item.id == row.block_id)
    assert (block.hash, block.height) == (bytes(sent["blockHash"]), sent["blockNumber"])
    assert row.raw_input_data == bytes(sent["input"])
    assert (row.nonce, row.gas_limit, row.gas_price) == (
        sent["nonce"], sent["gas"], sent["gasPrice"],
    )  # fmt: skip
    assert (row.max_fee_per_gas, row.max_priority_fee_per_gas) == (
        sent["maxFeePerGas"],
        sent["maxPriorityFeePerGas"],
    )
    assert (row.gas_used, row.effective_gas_price, row.cumulative_gas_used) == (
        receipt["gasUsed"], receipt["effectiveGasPrice"], receipt["cumulativeGasUsed"],
    )  # fmt: skip
    assert (row.sender.hex(), row.recipient.hex()) == (
        sent["from"][2:].lower(), sent["to"][2:].lower(),
    )  # fmt: skip


def announce(chain, index, location):
    announcement = Announcement(
        domain=chain.chain_id,
        mailbox=b32(chain.contracts["mailbox"].address),
        validator=bytes.fromhex(key(index).address[2:]),
        storage_location=location,
    )
    call = chain.contracts["validatorAnnounce"].functions.announce(
        key(index).address, location, announcement.sign(key(index))
    )
    chain.send(call)


async def until(stored, task, table, count, seconds=300):
    """Wait for a number of rows."""
    deadline = asyncio.get_running_loop().time() + seconds
    while (found := await stored.count(table)) != count:
        if task.done():
            await task
            raise AssertionError("the agent ended")
        assert asyncio.get_running_loop().time() < deadline, f"{found} rows of {table.name}"
        await asyncio.sleep(0.1)


async def test_what_strangers_log_is_not_stored(
    origin, target, paymaster, scraper_config, tmp_path
):
    config = with_paymaster(scraper_config(origin, target), paymaster)
    stranger = target.recipient()
    message = origin.dispatch(7331, stranger.address)
    topics = [GasPaymaster.GAS_PAYMENT.topic, message.id, (7331).to_bytes(32)]
    shout(origin, topics, encode(["uint256", "uint256"], [1, 10**18]))
    topics = [TokenRouter.SENT.topic, (7331).to_bytes(32), bytes(32)]
    shout(origin, topics, encode(["uint256"], [10**18]))
    router, remote = await routers(origin, target)
    sent = transfer(origin, router, 5)
    deliver(target, sent)
    stored = Stored(config)
    async with scraping(config) as task:
        await until(stored, task, tables.message, 2)
        await until(stored, task, tables.delivered_message, 1)
    assert not await stored.rows(tables.gas_payment)
    transfers = await stored.rows(tables.token_transfer)
    found = {(row.domain, row.direction, row.msg_id, row.remote, row.amount) for row in transfers}
    assert found == {(1337, "sent", sent.id, 7331, 5), (7331, "received", sent.id, 1337, 5)}
    assert {row.router.hex() for row in transfers} == {
        item.address[2:].lower() for item in (router, remote)
    }


async def routers(origin, target):
    """A warp route of native coins, with enough of them on the target."""
    made = [
        chain.deploy("HypNative", 1, 1, chain.contracts["mailbox"].address)
        for chain in (origin, target)
    ]
    zero, owner = "0x" + "00" * 20, origin.w3.eth.default_account
    for chain, own, other in ((origin, *made), (target, *reversed(made))):
        chain.send(own.functions.initialize(zero, zero, owner))
        remote = target if chain is origin else origin
        chain.send(own.functions.enrollRemoteRouter(remote.chain_id, b32(other.address)))
        chain.wait(chain.w3.eth.send_transaction({"to": own.address, "value": 100}))
    return made


def transfer(chain, router, amount):
    call = router.functions.transferRemote(7331, b32(key(3).address), amount)
    receipt = chain.wait(call.transact({"value": amount}))
    (event,) = chain.contracts["mailbox"].events.Dispatch().process_receipt(receipt, errors=DISCARD)
    return Message.decode(bytes(event["args"]["message"]))


async def test_a_scraper_that_is_killed_goes_on_without_gaps_and_doubles(
    origin, target, scraper_config, agents
):
    config = scraper_config(origin, target)
    config["chains"]["alpha"]["index"]["chunk"] = 3
    recipient = target.recipient().address
    dice = random.Random(1)
    messages = [origin.dispatch(7331, recipient, dice.randbytes(9)) for _ in range(40)]
    deliver(target, *messages[::2])
    agents.start("scraper", "scraper", config)
    stored = Stored(config)
    for share in (2, 15, 30):
        while await known(stored) < share:
            assert agents.running["scraper"].poll() is None, agents.said("scraper")
        agents.kill("scraper")
        messages.append(origin.dispatch(7331, recipient, dice.randbytes(9)))
        agents.again("scraper")
    deadline = time.monotonic() + 300
    while await known(stored) < len(messages) or await stored.count(tables.unread):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    rows = await stored.rows(tables.message)
    assert sorted(row.nonce for row in rows) == list(range(len(messages)))
    assert {row.msg_id for row in rows} == {item.id for item in messages}
    assert sum(row.delivered_at is not None for row in rows) == 20
    told = [(row.kind, row.msg_id) for row in await stored.rows(tables.change)]
    assert len(told) == len(set(told)) == 2 * len(messages) + 20


async def known(stored):
    """The number of stored messages; 0 while there is no database."""
    try:
        return await stored.count(tables.message)
    except DatabaseError:
        return 0


async def test_what_a_reorg_drops_is_taken_back(origin, target, scraper_config):
    config = scraper_config(origin, target)
    for chain in config["chains"].values():
        chain["blocks"]["reorgPeriod"] = 6
    recipient = target.recipient().address
    origin.mine(6)
    kept = origin.dispatch(7331, recipient, b"kept")
    dropped = origin.dispatch(7331, recipient, b"dropped")
    target.mine(6)
    deliver(target, kept)
    stored = Stored(config)
    async with scraping(config) as task:
        await until(stored, task, tables.message, 2)
        await until(stored, task, tables.delivered_message, 1)
        origin.rpc("anvil_reorg", 1, [])
        target.rpc("anvil_reorg", 1, [])
        origin.mine(1)
        target.mine(1)
        await until(stored, task, tables.message, 1)
        await until(stored, task, tables.delivered_message, 0)
        (row,) = await stored.rows(tables.message)
        assert (row.msg_id, row.delivered_at) == (kept.id, None)
        again = origin.dispatch(7331, recipient, b"another")
        deliver(target, kept)
        await until(stored, task, tables.message, 2)
        await until(stored, task, tables.delivered_message, 1)
        origin.mine(7)
        target.mine(7)
        await until_final(stored, task)
    rows = {row.msg_id: row.delivered_at for row in await stored.rows(tables.message)}
    assert set(rows) == {kept.id, again.id}
    assert rows[kept.id] is not None
    kinds = [(row.kind, row.msg_id) for row in await stored.rows(tables.change)]
    assert kinds.count(("undispatched", dropped.id)) == kinds.count(("dispatched", dropped.id)) == 1
    assert kinds.count(("uninserted", dropped.id)) == 1
    assert kinds.count(("undelivered", kept.id)) == 1
    assert kinds.count(("delivered", kept.id)) == 2


async def until_final(stored, task):
    """Wait until all blocks with rows are final."""
    while True:
        transactions = await stored.rows(tables.transaction)
        final = {row.id: row.final for row in await stored.rows(tables.block)}
        if all(final[row.block_id] for row in transactions):
            return
        assert not task.done()
        await asyncio.sleep(0.1)


async def test_a_chain_that_was_started_anew_is_forgotten(target, scraper_config, agents, locate):
    location = locate("forgetful")
    with devnet("alpha", 1337) as first:
        config = scraper_config(first, target, db=location)
        old = first.dispatch(7331, target.recipient().address, b"old")
        back = target.dispatch(1337, first.recipient().address, b"back")
        deliver(target, old)
        deliver(first, back)
        stored = Stored(config)
        async with scraping(config) as task:
            await until(stored, task, tables.delivered_message, 2)
            with pytest.raises(DatabaseError, match="a scraper is running already"):
                await forget(location, 1337)
    with devnet("alpha", 1337, *ANOTHER_GENESIS) as second:
        config = scraper_config(second, target, db=location)
        agents.start("scraper", "scraper", config)
        assert await asyncio.to_thread(agents.running["scraper"].wait, 600) == 1
        assert "hyperlane-agent forget 1337 --db" in agents.said("scraper")
        assert await forget(location, 1337)
        (row,) = await stored.rows(tables.message)
        assert (row.msg_id, row.delivered_at) == (back.id, None)
        new = second.dispatch(7331, target.recipient().address, b"new")
        async with scraping(config) as task:
            await until(stored, task, tables.message, 2)
    assert {row.msg_id for row in await stored.rows(tables.message)} == {back.id, new.id}
