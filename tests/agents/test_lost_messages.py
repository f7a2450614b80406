"""What a node said once, and what can change later, ends no message."""

import asyncio

import pytest
from sqlalchemy import text

from hyperlane.agents.relayer import reasons
from hyperlane.protocol.message import Message
from hyperlane.store.database import Database
from hyperlane.store.operations import NEVER, Operation, OperationStore, State

from .conftest import eventually, relaying
from .devnet import free_port, key
from .test_relayer_operation import ask

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
    _, page = await asyncio.to_thread(ask, config, f"/messages/0x{message.id.hex()}")
    return page["status"]


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
