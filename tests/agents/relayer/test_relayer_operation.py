"""The relayer as its operator sees it: payments, priorities, batches and the web pages."""

import asyncio
import json
import urllib.error
import urllib.request
from typing import Any
from unittest.mock import AsyncMock

import pytest
from eth_abi import encode
from tests.support.agents import eventually, relaying
from tests.support.devnet import free_port, key

from hyperlane.agents.relayer.delivery import batching, outcomes
from hyperlane.agents.relayer.reasons import PARKED, Reason, backoff, reveal_pause
from hyperlane.protocol.message import Message

GAS_PRICE = 10**9


@pytest.fixture
def paymaster(origin):
    """On the origin, for deliveries to the target."""
    igp = origin.deploy("InterchainGasPaymaster")
    owner = origin.w3.eth.default_account
    origin.send(igp.functions.initialize(owner, owner))
    origin.send(igp.functions.setRemoteGasData((7331, 10**10, GAS_PRICE)))
    origin.send(igp.functions.setDestinationGasConfigs([(7331, (igp.address, 0))]))
    return igp


@pytest.fixture
def pay(origin, paymaster):
    def pay(message: Message, gas: int) -> None:
        payer = origin.w3.eth.default_account
        call = paymaster.functions.payForGas(message.id, 7331, gas, payer)
        origin.wait(call.transact({"value": gas * GAS_PRICE}))

    return pay


@pytest.fixture
def paid_config(relayer_config, origin, target, paymaster):
    """Configuration of a relayer that knows the paymaster."""

    def make(*policies, **changes):
        config = relayer_config(
            origin,
            target,
            metricsPort=free_port(),
            gasPaymentEnforcement=list(policies),
            **changes,
        )
        config["chains"]["alpha"]["interchainGasPaymaster"] = paymaster.address
        return config

    return make


def ask(config, path, body=None, kind="application/json"):
    """Status and answer of one of the relayer's pages; (0, None) while it does not answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{config['metricsPort']}{path}",
        None if body is None else json.dumps(body).encode(),
        {"Content-Type": kind},
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)
    except OSError:
        return 0, None


async def told(config, task, message, words):
    """The message's page, once its status holds some words."""
    path, page = f"/messages/0x{message.id.hex()}", {}

    async def look():
        nonlocal page
        _, page = await asyncio.to_thread(ask, config, path)

    for _ in range(600):
        await look()
        if page and words in page.get("status", ""):
            return page
        assert not task.done(), "the relayer ended"
        await asyncio.sleep(0.1)
    raise AssertionError(f"{words!r} never came: {page}")


async def test_a_minimum_is_reached_by_two_payments_and_delivers_at_once(
    origin, target, pay, paid_config
):
    message = origin.dispatch(7331, target.recipient().address)
    pay(message, 10**6)
    config = paid_config({"type": "minimum", "payment": str(4 * 10**15)})
    async with relaying(config) as task:
        page = await told(config, task, message, "gas payment 0.001 of 0.004; next try in")
        assert page["gas"]["paid_wei"] == str(10**15)
        assert page["gas"]["payments"] == 1
        assert (page["reason"], page["state"]) == ("GasPaymentRequirementNotMet", "pending")
        pay(message, 3 * 10**6)
        await eventually(lambda: target.delivered(message), task)
        page = await told(config, task, message, "delivered")
        assert page["gas"]["used_gas"] > 50_000


def test_reveals_wait_for_their_commitment_by_the_schedule_of_the_reference():
    pauses = [reveal_pause(polls) for polls in range(1, 69)]
    assert pauses == [1.0] * 30 + [5.0] * 36 + [None] * 2


async def test_message_whose_burn_was_minted_without_it_is_left_alone(
    origin, target, relayer_config
):
    """As CCTP's transmitter says it; a reorg could make the next attempts succeed."""
    used = bytes.fromhex("08c379a0") + encode(["string"], ["Nonce already used"])
    recipient = target.deploy("CannedAnswer", used, 0, True)
    message = origin.dispatch(7331, recipient.address)
    config = relayer_config(origin, target, metricsPort=free_port())
    async with relaying(config) as task:
        page = await told(config, task, message, "Nonce already used")
        assert page["reason"] == "AttestationUsed"
    assert backoff(Reason.ATTESTATION_USED, 9, 66) == 180
    assert backoff(Reason.ATTESTATION_USED, 10, 66) == PARKED
    assert backoff(Reason.ATTESTATION_USED, 3, 3) == PARKED


async def test_a_payment_wakes_a_message_whose_next_attempt_is_far(
    origin, target, pay, paid_config, monkeypatch
):
    monkeypatch.setattr(outcomes, "backoff", lambda *_: 3600.0)
    message = origin.dispatch(7331, target.recipient().address)
    config = paid_config({"type": "minimum", "payment": str(10**15)})
    async with relaying(config) as task:
        page = await told(config, task, message, "gas payment 0 of 0.001")
        assert page["next_try_in"] > 3000
        pay(message, 10**6)
        await eventually(lambda: target.delivered(message), task)


async def test_quoted_gas_is_compared_with_what_the_delivery_takes(
    origin, target, pay, paid_config
):
    poor, rich = (origin.dispatch(7331, target.recipient().address) for _ in range(2))
    pay(poor, 20_000)
    pay(rich, 90_000)
    config = paid_config({"type": "onChainFeeQuoting", "gasFraction": "1/2"})
    async with relaying(config) as task:
        await eventually(lambda: target.delivered(rich), task)
        page = await told(config, task, poor, "paid gas 20000 of ")
        assert page["reason"] == "GasPaymentRequirementNotMet"


async def test_a_flood_without_payment_does_not_delay_who_pays(origin, target, pay, paid_config):
    poisoned = target.deploy("HostileRecipient")
    target.send(poisoned.functions.setMode(1))
    flood = [origin.dispatch(7331, poisoned.address, bytes([n])) for n in range(100)]
    paying = origin.dispatch(7331, target.recipient().address)
    pay(paying, 10**6)
    config = paid_config({"type": "none"})
    async with relaying(config) as task:
        await eventually(lambda: target.delivered(paying), task)
        page = await told(config, task, flood[-1], "execution reverted")
        assert page["reason"] == "ErrorEstimatingGas"


async def test_the_pages_list_find_and_retry(origin, target, paid_config):
    hostile = target.deploy("HostileRecipient")
    target.send(hostile.functions.setMode(1))
    messages = [origin.dispatch(7331, hostile.address, bytes([n])) for n in range(5)]
    config = paid_config({"type": "none"})
    async with relaying(config) as task:
        for message in messages:
            await told(config, task, message, "execution reverted")

        async def get(*arguments, **options):
            return await asyncio.to_thread(ask, config, *arguments, **options)

        assert await get("/health") == (200, {"status": "alive"})
        assert await get("/ready") == (200, {"status": "ready", "waiting_for": []})
        status, first = await get("/list_operations?destination_domain=7331&limit=3")
        assert (status, len(first["operations"]), first["next"]) == (200, 3, "1337-2")
        _, rest = await get(f"/list_operations?limit=3&after={first['next']}")
        assert rest["next"] is None
        listed = [item["id"] for item in first["operations"] + rest["operations"]]
        assert listed == ["0x" + message.id.hex() for message in messages]
        assert (await get("/list_operations?destination_domain=1"))[1]["operations"] == []

        # Their next attempts are far away: only the one that is asked for is made.
        path = f"/messages/0x{messages[1].id.hex()}"
        for _ in range(300):
            if (await get(path))[1]["retries"] >= 2:
                break
            await asyncio.sleep(0.1)
        target.send(hostile.functions.setMode(0))
        wanted = [{"messageid": "0x" + messages[1].id.hex()}]
        status, answer = await get("/message_retry", wanted)
        assert (status, answer["evaluated"], answer["matched"]) == (200, 5, 1)
        await eventually(lambda: target.delivered(messages[1]), task, seconds=5)

        # Both transactions of a message lead to it: the one that sent it, and the delivery.
        (sent,) = (
            origin.contracts["mailbox"]
            .events.DispatchId()
            .get_logs(from_block=0, argument_filters={"messageId": messages[1].id})
        )
        delivery = (await told(config, task, messages[1], "delivered"))["transaction"]
        for tx_hash in ("0x" + bytes(sent["transactionHash"]).hex(), delivery):
            status, page = await get(f"/transactions/{tx_hash}")
            ids = [item["id"] for item in page["messages"]]
            assert (status, ids) == (200, ["0x" + messages[1].id.hex()])

        _, index = await get("/")
        pages = {page["path"]: page["what"] for page in index["pages"]}
        assert set(pages) == {
            *("/metrics", "/health", "/ready", "/list_operations", "/message_retry"),
            *("/messages/{id}", "/transactions/{hash}"),
        }
        assert all(pages.values())

        nothing = "0x" + "00" * 32
        wrong: list[tuple[str, Any, str, int, str, str]] = [
            (f"/messages/{nothing}", None, "", 404, f"no message {nothing}", "/transactions/0x00"),
            (f"/transactions/{nothing}", None, "", 404, "no message of", "ape hyperlane status 0x"),
            ("/messages/12", None, "", 400, "id: '12'", "0x and 64 hex digits"),
            ("/transactions/0x12", None, "", 400, "hash:", "0x and 64 hex digits"),
            ("/list_operations?limit=x", None, "", 400, "limit: 'x'", "limit=1"),
            ("/list_operations?after=1", None, "", 400, "after: '1'", "leave it out"),
            ("/message_retry", wanted, "text/plain", 400, "'text/plain'", "Content-Type: appl"),
            ("/message_retry", [{"sender": "*"}], "application/json", 400, "sender", "messageId"),
            ("/nothing", None, "", 404, "no page '/nothing'", "GET / lists"),
            ("/message_retry", None, "", 405, "GET: '/message_retry'", "use POST"),
            ("/ready", {}, "application/json", 405, "POST: '/ready'", "use GET"),
        ]
        for path, body, kind, status, error, remedy in wrong:
            answer = await get(path, body, kind)
            assert answer[0] == status, path
            assert error in answer[1]["error"]
            assert remedy in answer[1]["remedy"]


async def test_several_messages_share_a_transaction(origin, target, paid_config):
    messages = [origin.dispatch(7331, target.recipient().address) for _ in range(4)]
    async with relaying(paid_config({"type": "none"})) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task)
    assert target.w3.eth.get_transaction_count(key(9).address) == 1


async def test_a_batch_size_of_one_means_one_by_one(origin, target, paid_config):
    messages = [origin.dispatch(7331, target.recipient().address) for _ in range(4)]
    config = paid_config({"type": "none"})
    config["chains"]["beta"]["maxBatchSize"] = 1
    async with relaying(config) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task)
    assert target.w3.eth.get_transaction_count(key(9).address) == 4


async def test_a_mailbox_without_batches_is_served_by_code_that_runs_once(
    origin, target, paid_config, monkeypatch
):
    """What believes only the relayer itself goes alone: in a batch, that code delivers."""
    monkeypatch.setattr(batching, "_has_process_batch", AsyncMock(return_value=False))
    mailbox = target.contracts["mailbox"]
    trusting = target.recipient(target.deploy("TrustedRelayerIsm", mailbox.address, key(9).address))
    open_ = target.recipient()
    recipients = [open_, trusting, open_, open_]
    messages = [origin.dispatch(7331, item.address) for item in recipients]
    async with relaying(paid_config({"type": "none"})) as task:
        await eventually(lambda: all(map(target.delivered, messages)), task)
    processors = [mailbox.functions.processor(item.id).call() for item in messages]
    assert processors[1] == key(9).address
    (code,) = {*processors[:1], *processors[2:]}
    assert not target.w3.eth.get_code(code), "it leaves nothing"
    assert target.w3.eth.get_transaction_count(key(9).address) == 2


async def test_one_of_a_batch_that_fails_late_goes_alone_next_time(origin, target, paid_config):
    """It passes the simulation, then refuses: the others of its transaction are delivered."""
    config = paid_config({"type": "none"})
    fickle = target.deploy("HostileRecipient")
    recipients = [target.recipient(), fickle, target.recipient()]
    target.rpc("evm_setAutomine", False)
    messages = [origin.dispatch(7331, item.address) for item in recipients]
    async with relaying(config) as task:
        await eventually(lambda: target.rpc("txpool_content")["pending"], task)
        owner = target.w3.eth.default_account
        fees = {"from": owner, "maxFeePerGas": 10**12, "maxPriorityFeePerGas": 10**11}
        fickle.functions.setMode(1).transact(fees)
        target.mine()
        assert [target.delivered(item) for item in messages] == [True, False, True]
        page = await told(config, task, messages[1], "not in the final chain")
        assert page["reason"] == "RevertedOrReorged"
        assert page["gas"]["used_gas"] > 0
        fickle.functions.setMode(0).transact(fees)
        target.rpc("evm_setAutomine", True)
        target.mine()
        await eventually(lambda: target.delivered(messages[1]), task)
    assert fickle.functions.received().call() == 1


async def test_another_key_takes_over_what_the_old_one_has_in_flight(origin, target, paid_config):
    config = paid_config({"type": "none"})
    recipient = target.recipient()
    target.rpc("evm_setAutomine", False)
    message = origin.dispatch(7331, recipient.address)
    async with relaying(config) as task:
        await eventually(lambda: target.w3.eth.get_block("pending")["transactions"], task)
    (pending,) = target.w3.eth.get_block("pending")["transactions"]
    target.rpc("anvil_dropTransaction", pending.to_0x_hex())
    config["defaultSigner"] = {"key": key(8).key.hex()}
    target.rpc("evm_setAutomine", True)
    async with relaying(config) as task:
        await eventually(lambda: target.delivered(message), task)
    mailbox = target.contracts["mailbox"]
    assert mailbox.functions.processor(message.id).call() == key(8).address
