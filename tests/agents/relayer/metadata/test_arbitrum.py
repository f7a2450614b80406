"""Proofs of what an Arbitrum chain sent, against a stand-in for its precompile, node and bridge."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aiohttp import ClientSession, web
from tests.support.building import Line
from tests.support.devnet import Devnet
from tests.support.words import b32

from hyperlane.agents.relayer.reasons import Reason
from hyperlane.chain.client import ChainClient
from hyperlane.protocol.hook_metadata import StandardHookMetadata
from hyperlane.protocol.ism_metadata import ArbL2ToL1Metadata
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import to_checksum

ARB_SYS, NODE_INTERFACE = (to_checksum(number.to_bytes(20)) for number in (0x64, 0xC8))


@dataclass
class Rollup:
    """Alpha as an Arbitrum chain whose parent is beta."""

    way: Line
    child: Any
    hook: Any
    ism: Any
    outbox: Any

    async def send(self, value: int = 0) -> Message:
        mailbox, target = self.way.source.contracts["mailbox"], self.way.target
        metadata = StandardHookMetadata(value, 50_000, None, None).encode()
        recipient = target.deploy("PayableRecipient")
        target.send(recipient.functions.setInterchainSecurityModule(self.ism.address))
        word = b32(recipient)
        call = mailbox.functions.dispatch(7331, word, b"body", metadata, self.hook.address)
        receipt = self.way.source.wait(call.transact({"value": value}))
        (event,) = mailbox.events.Dispatch().process_receipt(receipt, errors=_ignore_others())
        await self.way.origin.step()
        return Message.decode(bytes(event["args"]["message"]))

    def confirm(self) -> int:
        """What was sent until now; how many that are."""
        count = self.child.functions.count().call()
        _, root, _ = self.child.functions.prove(count, 0).call()
        block = self.way.source.w3.eth.get_block("latest")
        self.way.target.send(self.outbox.functions.updateSendRoot(root, block["hash"]))
        return int(count)


@pytest.fixture
async def rollup(way: Line) -> AsyncIterator[Rollup]:
    source, target = way.source, way.target
    bridge = target.deploy("TestArbBridge")
    target.wait(target.w3.eth.send_transaction({"to": bridge.address, "value": 1000}))
    ism = target.deploy("ArbL2ToL1Ism", bridge.address)
    child = _install(source, "TestArbitrumChild", ARB_SYS)
    _install(source, "TestNodeInterface", NODE_INTERFACE)
    free = source.deploy("BareHook")
    hook = source.deploy(
        "ArbL2ToL1Hook",
        source.contracts["mailbox"].address,
        7331,
        b32(ism),
        ARB_SYS,
        free.address,
    )
    target.send(ism.functions.setAuthorizedHook(b32(hook)))
    outbox = target.at("TestArbOutbox", bridge.functions.outbox().call())
    runner, url = await _arbitrum_node(source, child)
    client = ChainClient(source.name, source.chain_id, [url], 0)
    way.origin.chain = replace(way.origin.chain, client=client)
    yield Rollup(way, child, hook, ism, outbox)
    await client.close()
    await runner.cleanup()


async def _arbitrum_node(chain: Devnet, child: Any) -> tuple[web.AppRunner, str]:
    """The chain's own node, but it says in blocks how many sendings there are."""

    async def forward(request: web.Request) -> web.Response:
        call = await request.json()
        async with ClientSession() as session, session.post(chain.url, json=call) as response:
            answer = json.loads(await response.read())
        if isinstance(call, dict) and call["method"] == "eth_getBlockByHash" and answer["result"]:
            number = int(answer["result"]["number"], 16)
            answer["result"]["sendCount"] = hex(
                child.functions.count().call(block_identifier=number)
            )
        return web.json_response(answer)

    application = web.Application()
    application.router.add_post("/", forward)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@pytest.mark.parametrize("value", [0, 7])
async def test_the_proof_of_a_confirmed_sending_is_believed(value: int, rollup: Rollup):
    for _ in range(3):
        await rollup.send()
    message = await rollup.send(value)
    await rollup.send()
    count = rollup.confirm()

    metadata = ArbL2ToL1Metadata.decode(await rollup.way.build_and_deliver(message))

    assert (metadata.index, metadata.value) == (count - 2, value)
    balance = rollup.way.target.w3.eth.get_balance(to_checksum(message.recipient[12:]))
    assert balance == value


async def test_a_sending_that_somebody_executed_needs_no_proof(rollup: Rollup):
    message = await rollup.send()
    rollup.confirm()
    proof = ArbL2ToL1Metadata.decode((await rollup.way.build(message)).encode())
    execute = rollup.outbox.functions.executeTransaction(
        proof.proof, proof.index, to_checksum(proof.l2_sender), rollup.ism.address,
        proof.l2_block, proof.l1_block, proof.l2_timestamp, proof.value, proof.data,
    )  # fmt: skip
    rollup.way.target.send(execute)

    assert await rollup.way.build_and_deliver(message) == b""


async def test_a_sending_waits_for_the_rollup(rollup: Rollup):
    early = await rollup.send()
    reason, detail = await rollup.way.why_not(early)
    assert reason is Reason.COULD_NOT_FETCH_METADATA
    assert detail == (f"no root was confirmed in {rollup.outbox.address} since block 0 of beta")

    count = rollup.confirm()
    late = await rollup.send()
    assert (await rollup.way.why_not(late))[1] == (
        f"L2-to-L1 message {count} of alpha is not confirmed yet: the newest root in"
        f" {rollup.outbox.address} covers {count} of them"
    )


async def test_a_message_of_another_hook_is_named(rollup: Rollup):
    message = await rollup.way.send(rollup.ism)
    assert (await rollup.way.why_not(message))[1] == (
        f"alpha sent nothing about the message to {rollup.ism.address}: it was not dispatched"
        " through the module's hook"
    )


async def test_a_node_that_cannot_count_is_named(rollup: Rollup):
    message = await rollup.send()
    rollup.confirm()
    plain = ChainClient("alpha", 1337, [rollup.way.source.url], 0)
    rollup.way.origin.chain = replace(rollup.way.origin.chain, client=plain)

    detail = (await rollup.way.why_not(message))[1]
    await plain.close()

    assert detail.startswith(
        "alpha's node does not say how many L2-to-L1 messages there were at block 0x"
    )


async def test_a_root_that_the_node_does_not_prove_is_named(rollup: Rollup):
    message = await rollup.send()
    block = rollup.way.source.w3.eth.get_block("latest")
    forged = rollup.outbox.functions.updateSendRoot(b"\x11" * 32, block["hash"])
    rollup.way.target.send(forged)

    detail = (await rollup.way.why_not(message))[1]

    assert detail.endswith(f"but 0x{'11' * 32} is confirmed")


def _install(chain: Devnet, name: str, address: str) -> Any:
    """A contract at an address of its own choice."""
    code = chain.w3.eth.get_code(chain.deploy(name).address)
    chain.rpc("anvil_setCode", address, code.to_0x_hex())
    return chain.at(name, address)


def _ignore_others() -> Any:
    from web3.logs import DISCARD

    return DISCARD
