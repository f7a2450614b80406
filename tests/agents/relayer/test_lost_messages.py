"""What a node said once, and what can change later, ends no message."""

import asyncio

import pytest
from sqlalchemy import text
from tests.agents.relayer.test_relayer_operation import ask
from tests.support.agents import eventually, relaying
from tests.support.devnet import free_port, key

from hyperlane.agents.relayer import reasons
from hyperlane.agents.relayer.delivery import outcomes
from hyperlane.agents.runtime.chain import connect
from hyperlane.protocol.message import Message
from hyperlane.settings import ChainSettings
from hyperlane.store.database import Database
from hyperlane.store.operations import NEVER, Operation, OperationStore, State
from hyperlane.store.revisions import RevisionStore

LATER = key(5).address
"""Where a contract will be."""


@pytest.fixture
def config(relayer_config, origin, target):
    return relayer_config(origin, target, metricsPort=free_port())


@pytest.fixture
def quick(monkeypatch):
    """Ordinary tries come at once, those of what is parked do not come."""
    monkeypatch.setattr(reasons, "_FIRST_PAUSES", (0.1,) * 4)


async def reach(config, message, state) -> Operation:
    found: list[Operation | None] = [None]
    for _ in range(600):
        database = await Database.open(config["db"])
        found = [await OperationStore(database).get(message.id)]
        await database.close()
        if found[0] and found[0].state is state:
            return found[0]
        await asyncio.sleep(0.1)
    raise AssertionError(f"never {state}: {found}")


async def change(config, statement, **values):
    """Something that another program, or an older version, did to the database."""
    database = await Database.open(config["db"])
    async with database.write() as connection:
        await connection.execute(text(statement), values)
    await database.close()


def appear(target):
    """A contract appears at the address, as by CREATE2."""
    target.rpc("anvil_setCode", LATER, target.w3.eth.get_code(target.recipient().address).hex())


async def retry(config, rule):
    status, answer = await asyncio.to_thread(ask, config, "/message_retry", [rule])
    assert status == 200, answer
    return answer["matched"]


async def status(config, message):
    for _ in range(300):
        _, page = await asyncio.to_thread(ask, config, f"/messages/0x{message.id.hex()}")
        if page:
            return page["status"]
        await asyncio.sleep(0.1)
    raise AssertionError("the page does not answer")


async def test_a_state_older_than_its_receipt_fails_no_delivery(origin, target, proxy, config):
    node, receipts, lies = proxy(target), [], []

    def remember(receipt):
        receipts.append(receipt)
        return receipt

    def lag(answer):
        if not any(receipts) or lies or answer != f"0x{1:064x}":
            return answer
        lies.append(answer)
        return f"0x{0:064x}"

    node.alter("eth_getTransactionReceipt", remember)
    node.alter("eth_call", lag)
    config["chains"]["beta"]["rpcUrls"] = [{"http": node.url}]
    message = origin.dispatch(7331, target.recipient().address)
    async with relaying(config) as task:
        await eventually(lambda: target.delivered(message), task)
        found = await reach(config, message, State.DELIVERED)
    assert lies
    assert found.retries == 0


async def test_one_answer_without_code_ends_nothing(origin, target, proxy, config):
    recipient = target.recipient()
    code = "0x" + target.w3.eth.get_code(recipient.address).hex()
    node, lies = proxy(target), []

    def lie(answer):
        if answer == code and not lies:
            lies.append(answer)
            return "0x"
        return answer

    node.alter("eth_getCode", lie)
    config["chains"]["beta"]["rpcUrls"] = [{"http": node.url}]
    message = origin.dispatch(7331, recipient.address)
    async with relaying(config) as task:
        await eventually(lambda: target.delivered(message), task)
    assert lies, "it was lied to"


async def test_a_recipient_that_is_deployed_later_gets_its_message_by_a_retry(
    origin, target, config, quick
):
    message = origin.dispatch(7331, LATER)
    async with relaying(config) as task:
        await reach(config, message, State.DROPPED)
        assert "no contract at the recipient" in await status(config, message)
        assert "next look in 1 h" in await status(config, message)
        appear(target)
        assert await retry(config, {"messageid": "0x" + message.id.hex()}) == 1
        await eventually(lambda: target.delivered(message), task)


async def test_a_recipient_that_is_deployed_later_gets_its_message_by_a_restart(
    origin, target, config, quick
):
    message = origin.dispatch(7331, LATER)
    async with relaying(config):
        await reach(config, message, State.DROPPED)
    appear(target)
    async with relaying(config) as task:
        await eventually(lambda: target.delivered(message), task)


async def test_a_recipient_that_is_deployed_later_gets_its_message_by_itself(
    origin, target, config, quick, monkeypatch
):
    monkeypatch.setattr(reasons, "_FIRST_LOOK", 1.0)
    message = origin.dispatch(7331, LATER)
    async with relaying(config) as task:
        await reach(config, message, State.DROPPED)
        appear(target)
        await eventually(lambda: target.delivered(message), task)


async def test_what_an_older_version_dropped_is_revived(origin, target, config):
    refusing = target.deploy("HostileRecipient")
    target.send(refusing.functions.setMode(1))
    message = origin.dispatch(7331, refusing.address)
    async with relaying(config):
        await reach(config, message, State.PENDING)
    await change(
        config,
        "UPDATE operations SET state = 'dropped', reason = NULL, next_attempt = 0,"
        " detail = 'the recipient is not a contract' WHERE message_id = :id",
        id=message.id,
    )
    target.send(refusing.functions.setMode(0))
    async with relaying(config) as task:
        await eventually(lambda: target.delivered(message), task)


async def test_only_what_can_never_be_an_address_ends_a_message(origin, target, config, quick):
    mailbox = origin.contracts["mailbox"]
    word = b"\1" + bytes(11) + bytes.fromhex(target.recipient().address[2:])
    receipt = origin.send(mailbox.functions.dispatch(7331, word, b""))
    (event,) = mailbox.events.DispatchId().get_logs(from_block=receipt["blockNumber"])
    raw = Message(3, 0, 1337, bytes(12) + bytes.fromhex(key(0).address[2:]), 7331, word, b"")
    assert raw.id == bytes(event["args"]["messageId"])
    for _ in range(2):
        async with relaying(config):
            dropped = await reach(config, raw, State.DROPPED)
            assert dropped.next_attempt == NEVER
            assert "top 12 bytes must be zero" in await status(config, raw)


async def test_a_delivery_that_a_deep_reorg_took_back_is_made_again(
    origin, target, config, monkeypatch
):
    monkeypatch.setattr(outcomes, "FIRST_PAUSE", 1.0)
    config["chains"]["beta"]["blocks"]["reorgPeriod"] = 1
    recipient = target.recipient()
    messages = [origin.dispatch(7331, recipient.address, bytes([n])) for n in range(15)]
    async with relaying(config) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task)
        target.mine(3)
        for message in messages:
            await reach(config, message, State.DELIVERED)
        undo_deliveries(target, messages)
        await eventually(lambda: target.mine() or all(map(target.delivered, messages)), task)
    assert [target.deliveries(item) for item in messages] == [1] * 15


@pytest.mark.parametrize("rule", [{}, {"destinationDomain": 7331}], ids=["restart", "retry"])
async def test_a_lost_delivery_is_found_by_a(rule, origin, target, config, monkeypatch):
    monkeypatch.setattr(outcomes, "FIRST_PAUSE", 3600.0)
    config["chains"]["beta"]["blocks"]["reorgPeriod"] = 1
    lost = origin.dispatch(7331, target.recipient().address)
    async with relaying(config) as task:
        await eventually(lambda: target.delivered(lost), task)
        target.mine(3)
        await reach(config, lost, State.DELIVERED)
        undo_deliveries(target, [lost])
        if rule:
            assert await retry(config, rule) == 1
            await eventually(lambda: target.mine() or target.delivered(lost), task)
    async with relaying(config) as task:
        await eventually(lambda: target.mine() or target.delivered(lost), task)


async def test_a_retry_of_what_is_delivered_sends_nothing(origin, target, config):
    message = origin.dispatch(7331, target.recipient().address)
    async with relaying(config):
        before = await reach(config, message, State.DELIVERED)
        assert await retry(config, {"messageid": "0x" + message.id.hex()}) == 1
        for _ in range(100):
            after = await reach(config, message, State.DELIVERED)
            if after.next_attempt > before.next_attempt:
                break
            await asyncio.sleep(0.1)
    assert after.next_attempt > before.next_attempt, "the chain was asked"
    assert target.deliveries(message) == 1
    assert target.w3.eth.get_transaction_count(key(9).address) == 1


async def test_the_distances_at_which_the_chain_is_asked_double_up_to_a_bound(
    origin, target, config
):
    message = origin.dispatch(7331, target.recipient().address)
    async with relaying(config):
        await reach(config, message, State.DELIVERED)
    database = await Database.open(config["db"])
    store, operations = RevisionStore(database, 7331, 0.0), OperationStore(database)
    now, pauses = 10.0**10, []
    for _ in range(8):
        assert await store.due(now - 1, 10) == ([] if pauses else [message.id])
        assert await store.due(now, 10) == [message.id]
        await store.confirm([message.id], now, 30, 1000)
        found = await operations.get(message.id)
        assert found
        pauses.append(found.next_attempt - now)
        now = found.next_attempt
    await database.close()
    assert pauses == pytest.approx([60, 120, 240, 480, 960, 1000, 1000, 1000], abs=0.1)


def undo_deliveries(target, messages):
    """Replace the blocks since the first delivery by empty ones."""
    logs = target.contracts["mailbox"].events.ProcessId().get_logs(from_block=0)
    target.rpc("anvil_reorg", target.w3.eth.block_number - logs[0]["blockNumber"] + 1, [])
    target.mine(2)
    assert not any(map(target.delivered, messages))


async def test_finality_is_what_the_node_offers_where_no_number_is_set(origin, tmp_path):
    settings = origin.settings(blocks={"estimateBlockTime": 1})
    database = await Database.open(str(tmp_path))
    assert await finality(settings, database) == 1, "anvil's tags are at block 0 so far"
    origin.mine(40)
    assert await finality(settings, database) == "safe"
    origin.mine(40)
    assert await finality(settings, database) == "finalized"
    settings["blocks"]["reorgPeriod"] = 7
    assert await finality(settings, database) == 7
    await database.close()


async def finality(settings, database):
    async with connect(ChainSettings.model_validate(settings), database) as chain:
        return chain.client.reorg_period


async def test_a_message_to_a_chain_that_is_not_served_says_so(origin, target, config):
    to_nowhere = origin.dispatch(4711, key(3).address)
    to_beta = origin.dispatch(7331, target.recipient().address)
    alone = {**config, "relayChains": "alpha"}
    async with relaying(alone):
        for message, name in ((to_nowhere, "4711"), (to_beta, "beta")):
            await reach(config, message, State.PENDING)
            assert await status(config, message) == (
                f"this relayer does not serve {name}: it is not among its relayChains"
            )
    async with relaying(config) as task:
        await eventually(lambda: target.delivered(to_beta), task)
        assert "does not serve 4711" in await status(config, to_nowhere)


@pytest.mark.parametrize("others", [0, 1], ids="{} other URLs".format)
@pytest.mark.parametrize("lie", ["body", "block"])
async def test_a_message_that_one_url_told_wrong_is_read_again(
    lie, others, config, origin, target, proxy
):
    """The log of another message, once: the number is taken, but the tree has no such leaf."""
    nodes, lies = [proxy(origin) for _ in range(1 + others)], [lie]
    config["chains"]["alpha"]["rpcUrls"] = [{"http": node.url} for node in nodes]
    config["chains"]["alpha"]["index"]["from"] = 0
    recipient = target.recipient().address
    sent = [origin.dispatch(7331, recipient, bytes([n])) for n in range(3)]

    def change(logs):
        told = [dict(item) for item in logs]
        mine = [item for item in told if sent[1].encode().hex() in item["data"]]
        if mine and lies:
            body = sent[1].encode()
            mine[0]["data"] = mine[0]["data"].replace(body.hex(), body[:-1].hex() + "ff")
            if lies.pop() == "block":
                mine[0]["blockNumber"] = hex(int(mine[0]["blockNumber"], 16) - 1)
        return told

    for node in nodes:  # whichever is asked first lies: on a busy machine it may be the second
        node.alter("eth_getLogs", change)
    async with relaying(config) as task:
        await eventually(lambda: all(map(target.delivered, [*sent])), task)
    assert not lies
    assert [target.deliveries(item) for item in sent] == [1, 1, 1]
