"""A guardian over two real chains: it stops and convicts what is forged, and leaves the rest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from tests.support.agents import eventually, watching
from tests.support.devnet import Devnet, key
from tests.support.dishonest import DishonestValidator
from tests.support.words import b32

from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.ism_metadata import encode_aggregation
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import MessageIdMultisigMetadata
from hyperlane.protocol.typecasts import Bytes32, address_to_bytes32, to_hex
from hyperlane.store.database import Database
from hyperlane.store.deliveries import Delivery, DeliveryStore, Verdict

GUARDIAN = 6
SIGNERS = (key(7), key(8))
HOUR = 3600
OPEN = (Verdict.UNDECIDED, Verdict.NOT_FINAL)


@pytest.fixture
def pausable(target):
    """A module that development account 6 can pause for an hour."""
    guardians = [key(GUARDIAN).address]
    return target.deploy("GuardedPausableIsm", key(0).address, guardians, HOUR)


@pytest.fixture
def recipient(origin, target, pausable, tmp_path):
    """Secured by two validators that announced themselves, unless it is paused."""
    for index in (7, 8):
        DishonestValidator(origin, index, tmp_path / f"signer{index}").announce()
    multisig = target.message_id_multisig([item.address for item in SIGNERS], 2)
    return target.recipient(target.aggregation([pausable.address, multisig.address], 2))


@pytest.fixture
def guarded(watchtower_config, origin, target, pausable):
    """Configuration of a watchtower over the deliveries from origin to target."""

    def make(**changes: object) -> dict[str, Any]:
        stop = {
            "chain": target.name,
            "contract": pausable.address,
            "signer": {"key": key(GUARDIAN).key.hex()},
        }
        return watchtower_config(
            origin,
            chains={chain.name: chain.settings() for chain in (origin, target)},
            watchDeliveries=target.name,
            stops=[stop],
            **changes,
        )

    return make


def forged(origin: Devnet, recipient: Any, nonce: int, body: bytes = b"forged") -> Message:
    """A message that nobody sent."""
    return Message(
        version=3,
        nonce=nonce,
        origin=origin.chain_id,
        sender=Bytes32(b32(key(3).address)),
        destination=7331,
        recipient=Bytes32(b32(recipient.address)),
        body=body,
    )


def metadata(
    origin: Devnet, message: Message, index: int, signers: tuple[LocalAccount, ...] = SIGNERS
) -> bytes:
    """Metadata of the recipient's module, over a root that the tree never had."""
    hook = address_to_bytes32(bytes.fromhex(origin.contracts["merkleTreeHook"].address[2:]))
    checkpoint = Checkpoint(message.origin, hook, Bytes32(b"\x66" * 32), index, message.id)
    signed = MessageIdMultisigMetadata(
        hook, checkpoint.root, index, tuple(checkpoint.sign(item) for item in signers)
    )
    return encode_aggregation([b"", signed.encode()])


def deliver(target: Devnet, message: Message, proof: bytes) -> None:
    mailbox = target.contracts["mailbox"]
    target.send(mailbox.functions.process(proof, message.encode()))


def pass_by(origin: Devnet, target: Devnet) -> None:
    """Mine a block of the origin that is younger than all of the target's."""
    now = target.w3.eth.get_block("latest")["timestamp"]
    now = max(now, origin.w3.eth.get_block("latest")["timestamp"])
    origin.rpc("evm_setNextBlockTimestamp", now + 2)
    origin.mine()


@asynccontextmanager
async def verdicts(config: dict[str, Any], target: Devnet) -> AsyncIterator[DeliveryStore]:
    database = await Database.open(config["db"])
    yield DeliveryStore(database, target.chain_id)
    await database.close()


async def judged(config: dict[str, Any], target: Devnet, message: Message) -> Delivery:
    """The delivery of a message, once it is judged for good."""
    async with verdicts(config, target) as store, asyncio.timeout(60):
        while True:
            found = await store.find(message.id)
            if found is not None and found.verdict not in OPEN:
                return found
            await asyncio.sleep(0.05)


async def stored(config: dict[str, Any], target: Devnet, message: Message) -> Delivery | None:
    async with verdicts(config, target) as store:
        return await store.find(message.id)


async def test_a_forged_delivery_pauses_the_route_and_names_its_signers(
    guarded, origin, target, recipient, pausable, messages, webhook
):
    config = guarded()
    async with watching(config) as task:
        await begun(config, target)
        message = forged(origin, recipient, nonce=3)
        await asyncio.to_thread(deliver, target, message, metadata(origin, message, 3))
        pass_by(origin, target)
        await eventually(lambda: pausable.functions.paused().call(), task)
        await eventually(lambda: alerts(webhook, "delivery.convicted"), task)
        await eventually(lambda: alerts(webhook, "route.stopped"), task)
    (alert,) = alerts(webhook, "delivery.forged")
    assert alert["message_id"] == to_hex(message.id)
    (convicted,) = alerts(webhook, "delivery.convicted")
    assert sorted(convicted["validators"]) == sorted(item.address for item in SIGNERS)
    second = forged(origin, recipient, nonce=4, body=b"larger")
    with pytest.raises(Exception, match="0xd93c0665"):
        deliver(target, second, metadata(origin, second, 4))
    found = await stored(config, target, message)
    assert found.verdict is Verdict.FORGED
    assert found.evidence["origin_messages"] == 3


async def begun(config: dict[str, Any], target: Devnet) -> None:
    """Until the guardian looks at deliveries."""
    async with verdicts(config, target) as store, asyncio.timeout(60):
        while await store.next_block() is None:  # noqa: ASYNC110 - others write it
            await asyncio.sleep(0.05)


async def test_a_true_delivery_stops_nothing(
    guarded, origin, target, recipient, pausable, messages, webhook
):
    config = guarded()
    async with watching(config):
        await begun(config, target)
        message = await asyncio.to_thread(origin.dispatch, 7331, recipient.address, b"true")
        await asyncio.to_thread(deliver, target, message, metadata(origin, message, 3))
        pass_by(origin, target)
        found = await judged(config, target, message)
    assert found.verdict is Verdict.GENUINE
    assert found.evidence["nonce"] == 3
    assert not pausable.functions.paused().call()
    assert not webhook.alerts


async def test_nothing_is_decided_while_the_origin_stands_still(
    guarded, origin, target, recipient, pausable, messages, webhook
):
    """Its nodes may lag behind: the message may be in a block that they do not have yet."""
    config = guarded()
    async with watching(config) as task:
        await begun(config, target)
        target.rpc("evm_increaseTime", 60)
        message = forged(origin, recipient, nonce=3)
        await asyncio.to_thread(deliver, target, message, metadata(origin, message, 3))
        await eventually_stored(config, target, message)
        await asyncio.sleep(1)
        assert (await stored(config, target, message)).verdict is Verdict.UNDECIDED
        assert not pausable.functions.paused().call()
        pass_by(origin, target)
        await eventually(lambda: pausable.functions.paused().call(), task)


async def test_a_delivery_from_an_unwatched_origin_is_noted_alone(
    guarded, origin, target, recipient, pausable, messages, webhook
):
    config = guarded()
    message = replace(forged(origin, recipient, nonce=3), origin=999)
    async with watching(config):
        await begun(config, target)
        await asyncio.to_thread(deliver, target, message, metadata(origin, message, 3))
        found = await judged(config, target, message)
    assert found.verdict is Verdict.UNWATCHED
    assert not webhook.alerts


async def test_an_owner_who_ends_the_pause_is_obeyed(
    guarded, origin, target, recipient, pausable, messages, webhook
):
    config = guarded()
    message = forged(origin, recipient, nonce=3)
    async with watching(config) as task:
        await begun(config, target)
        await asyncio.to_thread(deliver, target, message, metadata(origin, message, 3))
        pass_by(origin, target)
        await eventually(lambda: pausable.functions.paused().call(), task)
    target.send(pausable.functions.unpause())
    async with watching(config) as task:
        await eventually_ended(config, target)
        await asyncio.sleep(1)
        assert not task.done()
    assert not pausable.functions.paused().call()


async def eventually_stored(config: dict[str, Any], target: Devnet, message: Message) -> None:
    async with verdicts(config, target) as store, asyncio.timeout(60):
        while await store.find(message.id) is None:  # noqa: ASYNC110 - others write it
            await asyncio.sleep(0.05)


async def eventually_ended(config: dict[str, Any], target: Devnet) -> None:
    """Until no stop is left to do."""
    async with verdicts(config, target) as store, asyncio.timeout(60):
        while await store.to_stop():  # noqa: ASYNC110 - others write it
            await asyncio.sleep(0.05)


def alerts(webhook: Any, event: str) -> list[dict[str, Any]]:
    return [item for item in webhook.alerts if item["event"] == event]
