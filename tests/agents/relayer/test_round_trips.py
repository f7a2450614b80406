"""How many requests follow one another before a message is sent, and what comes of bad answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.building import Line, addresses, announce, chain_of, close, line
from tests.support.devnet import Devnet
from tests.support.proxy import Proxy

from hyperlane.agents.relayer.delivery.preparation import Candidate, Preparation
from hyperlane.agents.relayer.delivery.verdicts import Retry
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.indexer import IndexGap
from hyperlane.agents.runtime.loops import TRANSIENT
from hyperlane.chain.client import ChainClient
from hyperlane.chain.endpoint import Call, Endpoint
from hyperlane.protocol.message import Message
from hyperlane.store.database import Database
from hyperlane.store.payments import GasPaid

LOGS = "eth_getLogs"


@pytest.fixture
async def way(origin: Devnet, target: Devnet, tmp_path: Path) -> AsyncIterator[Line]:
    announce(origin, tmp_path)
    database = await Database.open(str(tmp_path / "db"))
    made = await line(origin, target, tmp_path, database)
    yield made
    await close(made)
    await database.close()


@pytest.fixture
def node(way: Line, proxy: Callable[[Devnet], Proxy]) -> Proxy:
    """A proxy through which the origin is read from now on."""
    made = proxy(way.source)
    client = ChainClient("alpha", 1337, [made.url], 0)
    way.origin.chain.client.rpc = client.rpc
    way.origin.pulse.clock = lambda: 0.0
    way.origin.pulse.looked((-1,))  # news: it is awake, and stays so
    return made


async def dispatched(way: Line) -> Message:
    """A message that nobody has indexed."""
    return way.source.dispatch(7331, addresses(3)[0], b"new")


async def known(way: Line) -> list[bytes]:
    """Ids of the messages and of the leaves that are stored."""
    found = [await way.origin.messages.get(nonce) for nonce in range(10)]
    ids: list[bytes] = [item.message.id for item in found if item is not None]
    leaves = [leaf.message_id for leaf in await way.origin.leaves.leaves(0, 10)]
    assert list(leaves) == ids
    return ids


async def settle(way: Line) -> None:
    """Step as the agent does, until there is nothing to complain of."""
    for _ in range(10):
        try:
            return await way.origin.step()
        except TRANSIENT:
            way.source.mine()
    pytest.fail("it never settles")


async def test_a_look_with_news_is_one_request_after_the_one_for_the_final_block(way, node):
    await way.origin.step()  # the first request to a URL is for its chain id
    for _ in range(3):
        message = await dispatched(way)
        node.requests = 0
        await way.origin.step()
        assert node.requests == 2
        assert (await known(way))[-1] == message.id
    way.source.mine()
    node.requests = 0
    await way.origin.step()
    assert node.requests == 2


async def test_an_idle_origin_costs_few_calls_whatever_its_block_time(way, node):
    """Ten minutes, without what gauges show and payments: five, and two, calls a minute more."""
    now, origin = 0.0, way.origin
    origin.pulse.clock = lambda: now
    await origin.look()
    for seconds in (90, 600):
        node.asked.clear()
        for _ in range(2 * seconds):
            now += 0.5
            if now % 10 == 0:
                way.source.mine()
            await origin.look()
    # Each 30 s a full look, for the head and two counters, and five calls between.
    assert node.asked.total() == 10 * 2 * (3 + 5)
    message = await dispatched(way)
    for _ in range(10):
        now += 0.5
        await origin.look()
    assert await known(way) == [message.id]


async def test_a_node_that_takes_no_batches_is_asked_one_by_one(way, node):
    refused = json.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no"}})
    node.interfere(lambda body: (200, refused.encode()) if body.startswith(b"[") else None)
    for _ in range(2):
        message = await dispatched(way)
        await settle(way)
        assert (await known(way))[-1] == message.id


async def test_logs_that_lack_an_event_are_not_believed_and_read_again(way, node):
    message = await dispatched(way)
    node.alter(LOGS, lambda _: [])
    with pytest.raises(IndexGap):
        await way.origin.step()
    assert message.id not in await known(way)
    node.behave()
    await settle(way)
    assert await known(way) == [message.id]


async def test_a_count_that_lags_hides_a_message_for_one_look_only(way, node):
    message = await dispatched(way)
    zero = "0x" + "00" * 32
    node.alter("eth_call", lambda _: zero)
    await way.origin.step()
    assert await known(way) == []
    node.behave()
    way.source.mine()
    await settle(way)
    assert await known(way) == [message.id]


async def test_a_reorg_between_the_look_and_its_use_heals(way, monkeypatch):
    kept = await dispatched(way)
    await way.origin.step()
    snapshot = way.source.rpc("evm_snapshot")
    lost = await dispatched(way)
    read_ahead, others = ChainClient.read_ahead, list[Message]()

    async def reorganised(self: ChainClient, calls: Sequence[Call]) -> None:
        await read_ahead(self, calls)
        if not others:
            way.source.rpc("evm_revert", snapshot)
            others.append(way.source.dispatch(7331, addresses(4)[0], b"instead"))

    monkeypatch.setattr(ChainClient, "read_ahead", reorganised)
    await way.origin.step()
    assert await known(way) == [kept.id, lost.id], "it cannot know yet"
    last = await dispatched(way)
    await settle(way)
    assert await known(way) == [kept.id, others[0].id, last.id]


async def test_recipients_deliveries_and_fees_are_read_side_by_side(target, monkeypatch):
    """No answer is given before all questions are there: a second trip would never begin."""
    chain = chain_of(target)
    recipients = [target.recipient() for _ in range(2)]
    ask, waiting, all_there = Endpoint.ask, list[str](), asyncio.Event()
    wanted = sorted(["eth_getCode", "eth_call"] * 2 + ["eth_call", "eth_getBlockByNumber"])

    async def together(self: Endpoint, session: Any, calls: Any, seconds: float) -> Any:
        waiting.extend(call.method for call in calls)
        if len(waiting) == len(wanted):
            all_there.set()
        async with asyncio.timeout(60):
            await all_there.wait()
        return await ask(self, session, calls, seconds)

    preparation, operations = preparing(chain, recipients)
    await chain.client.verify_chain_id()
    monkeypatch.setattr(Endpoint, "ask", together)
    monkeypatch.setattr("hyperlane.chain.pace.Pace.patience", lambda *_: 1e6)
    sifted = await preparation.sift(operations)
    assert sorted(waiting) == wanted
    assert all(isinstance(item, Candidate) for item in sifted.candidates)
    assert len(sifted.candidates) == 2
    assert not [item for item in sifted.verdicts if getattr(item, "operations", None)]
    await chain.client.close()


def preparing(chain: Chain, recipients: Sequence[Any]) -> tuple[Preparation, Sequence[Any]]:
    """The preparation of a message to each recipient, which nobody has to pay for."""

    async def paid_for(operations: Sequence[Any]) -> dict[bytes, GasPaid]:
        return {item.message.id: GasPaid() for item in operations}

    async def warm_up() -> None:
        await chain.client.gas_limit()

    operations: Any = [
        SimpleNamespace(message=Message(3, 0, 1337, bytes(32), 7331, word(item), b""), reason=None)
        for item in recipients
    ]
    policy: Any = SimpleNamespace(allows=lambda _: True, check=lambda *_: 0)
    store: Any = SimpleNamespace(paid_for=paid_for)
    nothing: Any = None
    preparation = Preparation(
        chain=chain, operations=store, origins={}, policy=policy, builder=nothing,
        metrics=nothing, warm_up=warm_up,
    )  # fmt: skip
    return preparation, operations


async def test_a_recipient_that_the_node_gives_up_on_delays_no_other_message(target, proxy):
    node = proxy(target)
    chain = chain_of(target)
    client = ChainClient("beta", 7331, [node.url], 0, sleep=no_pause)
    chain = Chain(chain.settings, client)
    well, heavy = recipients = [target.recipient() for _ in range(2)]
    node.interfere(giving_up_on(heavy))
    preparation, operations = preparing(chain, recipients)
    sifted = await preparation.sift(operations)
    assert [item.operation.message.recipient for item in sifted.candidates] == [word(well)]
    (retry,) = [item for item in sifted.verdicts if isinstance(item, Retry)]
    assert retry.operation.message.recipient == word(heavy)
    await client.close()


def giving_up_on(contract: Any) -> Callable[[bytes], tuple[int, bytes] | None]:
    """Answers of a node that stops long calls to a contract."""

    def answer(body: bytes) -> tuple[int, bytes] | None:
        asked = json.loads(body)
        if asked["method"] != "eth_call" or contract.address[2:].lower() not in str(asked).lower():
            return None
        error = {"code": -32000, "message": "execution aborted (timeout = 5s)"}
        return 200, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": error}).encode()

    return answer


async def no_pause(_seconds: float) -> None: ...


def word(contract: Any) -> bytes:
    return bytes(12) + bytes.fromhex(contract.address[2:])


@pytest.mark.parametrize("words", ["eth_getLogs is limited to a 4 range", "response size exceeded"])
async def test_logs_that_are_too_wide_for_a_node_leave_its_batches_as_they_are(words, way, node):
    """It says so of the logs in a batch: only these have to be asked for in parts."""
    await way.origin.step()
    node.interfere(narrow(node, 4, words))
    endpoint = way.origin.chain.client.rpc.endpoints[0]
    before = endpoint.sizes.batch.now
    way.source.mine(20)
    message = await dispatched(way)
    node.requests = 0
    await way.origin.step()
    assert await known(way) == [message.id]
    assert endpoint.sizes.batch.now == before
    assert node.requests < 60


def narrow(node: Proxy, most: int, words: str) -> Callable[[bytes], tuple[int, bytes] | None]:
    """Answers of a node that refuses logs of more than some blocks, in a batch and alone."""

    def answer(body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        calls = asked if isinstance(asked, list) else [asked]
        given = [refusal(call) if is_wide(call) else node._one(call) for call in calls]
        return 200, json.dumps(given if isinstance(asked, list) else given[0]).encode()

    def is_wide(call: Any) -> bool:
        if call["method"] != LOGS:
            return False
        query = call["params"][0]
        return int(query["toBlock"], 16) - int(query["fromBlock"], 16) >= most

    def refusal(call: Any) -> Any:
        return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32614, "message": words}}

    return answer
