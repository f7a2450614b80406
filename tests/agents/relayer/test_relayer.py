import asyncio
import json
import threading
from contextlib import AsyncExitStack

import pytest
from tests.support.agents import eventually, relaying, validating
from tests.support.devnet import key

from hyperlane.chain.abi import Mailbox
from hyperlane.store.database import Database
from hyperlane.store.operations import OperationStore, State


@pytest.fixture
async def three_validators(origin, validator_config):
    """Validators 1, 2 and 3 of the origin, running."""
    async with AsyncExitStack() as stack:
        for index in (1, 2, 3):
            await stack.enter_async_context(validating(validator_config(origin, index)))
        yield [key(index).address for index in (1, 2, 3)]


def message_id(target, validators):
    return target.message_id_multisig(validators, 2)


def merkle_root(target, validators):
    return target.merkle_root_multisig(validators, 2)


def aggregation_of_all(target, validators):
    modules = [message_id(target, validators), merkle_root(target, validators)]
    return target.aggregation([module.address for module in modules], 2)


def aggregation_of_one(target, validators):
    """One of three: one waits for a stranger, one is no module, one is good."""
    modules = [
        target.message_id_multisig([key(7).address], 1),
        target.deploy("TestRecipient"),
        message_id(target, validators),
    ]
    return target.aggregation([module.address for module in modules], 1)


def trusted_relayer(target, _validators):
    return target.deploy("TrustedRelayerIsm", target.contracts["mailbox"].address, key(9).address)


def trusted_relayer_and_multisig(target, validators):
    modules = [trusted_relayer(target, validators), message_id(target, validators)]
    return target.aggregation([module.address for module in modules], 2)


@pytest.mark.parametrize(
    "module",
    [
        message_id,
        merkle_root,
        aggregation_of_all,
        aggregation_of_one,
        trusted_relayer,
        trusted_relayer_and_multisig,
    ],
)
async def test_messages_are_delivered_through(
    module, origin, target, three_validators, relayer_config
):
    recipient = target.recipient(module(target, three_validators))
    messages = [origin.dispatch(7331, recipient.address, bytes([n]) * 200) for n in range(3)]
    async with relaying(relayer_config(origin, target)) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task)
    assert [target.deliveries(message) for message in messages] == [1, 1, 1]
    assert recipient.functions.lastData().call() in [message.body for message in messages]


async def test_both_directions_and_a_delivery_by_somebody_else(
    origin, target, relayer_config, tmp_path
):
    there = origin.dispatch(7331, target.recipient().address, b"there")
    back = target.dispatch(1337, origin.recipient().address, b"back")
    target.send(target.contracts["mailbox"].functions.process(b"", there.encode()))
    config = relayer_config(origin, target)
    async with relaying(config) as task:
        await eventually(lambda: origin.delivered(back), task)
        await _reach(config, there, State.DELIVERED)
        operation = await _reach(config, back, State.DELIVERED)
    assert operation.gas_used > 0
    assert target.deliveries(there) == 1
    sent = target.w3.eth.get_transaction_count(key(9).address)
    assert sent == 0, "nothing was sent for what was delivered"


async def test_a_refusing_recipient_delays_nobody_and_is_tried_again(
    origin, target, relayer_config
):
    hostile = target.deploy("HostileRecipient")
    target.send(hostile.functions.setMode(1))
    refused = origin.dispatch(7331, hostile.address, b"refused")
    passed = [origin.dispatch(7331, target.recipient().address) for _ in range(3)]
    config = relayer_config(origin, target)
    async with relaying(config) as task:
        await eventually(lambda: all(map(target.delivered, passed)), task)
        waiting = await _reach(config, refused, State.PENDING, "ErrorEstimatingGas")
        assert "reverted" in waiting.detail
        assert waiting.retries >= 1
        target.send(hostile.functions.setMode(0))
        await eventually(lambda: target.delivered(refused), task)
    assert hostile.functions.received().call() == 1


async def test_no_recipient_contract_means_dropped(origin, target, relayer_config):
    message = origin.dispatch(7331, key(5).address)
    config = relayer_config(origin, target)
    async with relaying(config):
        await _reach(config, message, State.DROPPED)


async def test_unusable_storage_of_one_validator_does_not_matter(
    origin, target, three_validators, relayer_config, tmp_path
):
    recipient = target.recipient(message_id(target, three_validators))
    message = origin.dispatch(7331, recipient.address)
    await eventually(lambda: (tmp_path / "v1" / "0_with_id.json").exists())
    (tmp_path / "v1" / "0_with_id.json").write_text("{ this is not JSON")
    async with relaying(relayer_config(origin, target)) as task:
        await eventually(lambda: target.delivered(message), task)


def _announced(origin, number):
    announced = origin.contracts["validatorAnnounce"].functions.getAnnouncedValidators().call()
    return key(number).address in announced


async def test_signatures_of_others_do_not_count(
    origin, target, validator_config, relayer_config, tmp_path
):
    """Validator 2's storage holds validator 1's signature: one of two is not enough."""
    recipient = target.recipient(target.message_id_multisig([key(1).address, key(2).address], 2))
    message = origin.dispatch(7331, recipient.address)
    config = relayer_config(origin, target)
    async with validating(validator_config(origin, 1)):
        await eventually(lambda: (tmp_path / "v1" / "0_with_id.json").exists())
        await eventually(lambda: _announced(origin, 1))
        copied = json.loads((tmp_path / "v1" / "0_with_id.json").read_text())
    async with validating(validator_config(origin, 2)):
        await eventually(lambda: (tmp_path / "v2" / "0_with_id.json").exists())
        await eventually(lambda: _announced(origin, 2))
        genuine = (tmp_path / "v2" / "0_with_id.json").read_text()
        (tmp_path / "v2" / "0_with_id.json").write_text(json.dumps(copied))
    async with relaying(config) as task:
        waiting = await _reach(config, message, State.PENDING, "AwaitingValidatorSignatures")
        assert "1 of 2 signed" in waiting.detail
        assert key(2).address in waiting.detail
        (tmp_path / "v2" / "0_with_id.json").write_text(genuine)
        await eventually(lambda: target.delivered(message), task)


async def test_a_reorg_flag_makes_the_relayer_refuse(
    origin, target, validator_config, relayer_config, tmp_path
):
    recipient = target.recipient(target.message_id_multisig([key(1).address], 1))
    message = origin.dispatch(7331, recipient.address)
    async with validating(validator_config(origin, 1)):
        await eventually(lambda: (tmp_path / "v1" / "0_with_id.json").exists())
        await eventually(lambda: _announced(origin, 1))
    (tmp_path / "v1" / "reorg_flag.json").write_text("anything")
    config = relayer_config(origin, target)
    async with relaying(config):
        await _reach(config, message, State.PENDING, "MessageMetadataRefused")
    assert not target.delivered(message)


async def test_whitelist_and_blacklist(origin, target, relayer_config):
    wanted, unwanted = target.recipient(), target.recipient()
    messages = [origin.dispatch(7331, item.address) for item in (wanted, unwanted, wanted)]
    config = relayer_config(
        origin,
        target,
        whitelist=json.dumps([{"recipientAddress": wanted.address}]),
        blacklist=[{"messageId": "0x" + messages[2].id.hex()}],
    )
    async with relaying(config):
        for message, state in zip(
            messages, (State.DELIVERED, State.IGNORED, State.IGNORED), strict=True
        ):
            await _reach(config, message, state)
    async with relaying(relayer_config(origin, target)) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task)


async def _reach(config, message, state, reason=None):
    """The operation, once it is in a state, and for this reason."""
    deadline = asyncio.get_running_loop().time() + 60
    while True:
        database = await Database.open(config["db"])
        operation = await OperationStore(database).get(message.id)
        await database.close()
        if operation and operation.state is state and reason in (None, operation.reason):
            return operation
        assert asyncio.get_running_loop().time() < deadline, operation
        await asyncio.sleep(0.1)


async def test_a_fresh_message_does_not_wait_for_the_backlog(origin, target, proxy, relayer_config):
    recipient = target.recipient()
    old = [origin.dispatch(7331, recipient.address, bytes([n])) for n in range(3)]
    past = origin.w3.eth.block_number
    origin.mine(300)
    fresh = origin.dispatch(7331, recipient.address, b"fresh")
    slow, go_on = proxy(origin), threading.Event()

    def delay(logs):
        if any(is_dispatch(item) and int(item["blockNumber"], 16) <= past for item in logs):
            go_on.wait(30)
        return logs

    slow.alter("eth_getLogs", delay)
    config = relayer_config(origin, target)
    config["chains"]["alpha"]["rpcUrls"] = [{"http": slow.url}]
    async with relaying(config) as task:
        await eventually(lambda: target.delivered(fresh), task)
        assert not any(map(target.delivered, old))
        go_on.set()
        await eventually(lambda: all(map(target.delivered, old)), task)
    assert [target.deliveries(message) for message in [*old, fresh]] == [1] * 4


def is_dispatch(item):
    return item["topics"][0] == "0x" + Mailbox.DISPATCH.topic.hex()
