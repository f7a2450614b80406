"""The client against a node that misbehaves on request."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from hyperlane.chain.abi import Mailbox, MerkleTreeHook
from hyperlane.chain.answers import BALANCE
from hyperlane.chain.client import ChainClient, NoAnswer, Reverted, RpcError, Unreachable
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import to_hex

TO = b"\1" * 20
ERROR_STRING = (
    "0x08c379a0" + (32).to_bytes(32).hex() + (2).to_bytes(32).hex() + b"no".ljust(32, b"\0").hex()
)


@dataclass
class Node:
    """Answers with what `answer` makes of method and parameters, or with an HTTP status."""

    answer: Callable[[str, list], object] = lambda method, params: "0x1"
    chain_id: str = "0x539"
    status: list[int] = field(default_factory=list)
    """HTTP statuses of the next requests; 200 when used up."""
    asked: list[str] = field(default_factory=list)
    url: str = ""

    async def handle(self, request):
        body = await request.json()
        status = self.status.pop(0) if self.status else 200
        batch = body if isinstance(body, list) else [body]
        self.asked += [call["method"] for call in batch]
        answers = [self._one(call) for call in batch]
        text = json.dumps(answers[::-1] if isinstance(body, list) else answers[0])
        return web.Response(status=status, text=text)

    def _one(self, call):
        if call["method"] == "eth_chainId":
            return {"id": call["id"], "result": self.chain_id}
        answer = self.answer(call["method"], call["params"])
        kind = "error" if isinstance(answer, dict) and "code" in answer else "result"
        return {"id": call["id"], kind: answer}


@pytest.fixture
async def node():
    """Starts nodes on free ports."""
    runners = []

    async def start(**options):
        made = Node(**options)
        application = web.Application()
        application.router.add_post("/secret-key", made.handle)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/secret-key"
        return made

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def connect():
    clients = []

    async def no_sleep(_seconds):
        pass

    def make(*nodes, **options):
        clients.append(
            ChainClient("alpha", 1337, [item.url for item in nodes], sleep=no_sleep, **options)
        )
        return clients[-1]

    yield make
    for client in clients:
        await client.close()


async def test_a_node_that_hiccups_is_asked_again(node, connect):
    one = await node(status=[200, 503, 429])
    assert await connect(one).balance(TO) == 1
    assert one.asked == ["eth_chainId"] + ["eth_getBalance"] * 3


async def test_the_next_url_takes_over(node, connect):
    bad, good = await node(status=[500] * 99), await node()
    client = connect(bad, good)
    assert await client.balance(TO) == 1
    asked = len(bad.asked)
    assert await client.balance(TO) == 1
    assert len(bad.asked) == asked, "what works is kept"


async def test_when_nothing_answers_the_error_names_the_host_and_not_the_url(node, connect):
    one = await node(status=[500] * 99)
    with pytest.raises(Unreachable, match=r"no RPC answers .*127\.0\.0\.1.*HTTP 500") as error:
        await connect(one).balance(TO)
    assert "secret-key" not in str(error.value)


async def test_each_url_must_be_of_the_chain(node, connect):
    bad, wrong = await node(status=[500] * 99), await node(chain_id="0x1")
    client = connect(bad, wrong)
    with pytest.raises(ConfigError, match=r"rpcUrls: .* answers with chain id 1, expected 1337"):
        await client.verify_chain_id()
    with pytest.raises(Unreachable, match="answers with chain id 1, expected 1337"):
        await client.balance(TO)
    assert set(wrong.asked) == {"eth_chainId"}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ({"code": 3, "message": "execution reverted", "data": ERROR_STRING}, "no$"),
        ({"code": 3, "message": "execution reverted", "data": "0x12345678"}, "0x12345678"),
        ({"code": -32000, "message": "execution reverted"}, "no reason given"),
    ],
)
async def test_a_revert_is_an_answer_and_not_asked_again(error, text, node, connect):
    one = await node(answer=lambda *_: error)
    with pytest.raises(Reverted, match=text):
        await connect(one).call(TO, Mailbox.delivered, bytes(32))
    assert one.asked == ["eth_chainId", "eth_call"]


async def test_nothing_in_answer_to_a_question_is_an_error(node, connect):
    one = await node(answer=lambda *_: "0x")
    with pytest.raises(NoAnswer, match=r"delivered\(bytes32\) of 0x0101"):
        await connect(one).call(TO, Mailbox.delivered, bytes(32))


async def test_batches_keep_their_order_and_their_errors(node, connect):
    def answer(_method, params):
        number = int(params[0], 16)
        return {"code": -32000, "message": "bad"} if number == 150 else hex(number)

    one = await node(answer=answer)
    answers = await connect(one).request_many(BALANCE, [[hex(n)] for n in range(250)])
    assert isinstance(answers[150], RpcError)
    assert [item for n, item in enumerate(answers) if n != 150] == [
        n for n in range(250) if n != 150
    ]


async def test_refused_log_ranges_are_split_and_duplicates_dropped(node, connect):
    def answer(_method, params):
        first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
        if last - first > 3:
            return {"code": -32005, "message": "query returned more than 3 results: rate limit"}
        log = {
            "topics": [to_hex(MerkleTreeHook.INSERTED.topic)], "data": "0x" + "00" * 64,
            "logIndex": "0x0", "transactionHash": "0x" + "00" * 32,
        }  # fmt: skip
        return [{**log, "blockNumber": hex(n)} for n in range(first, last + 1)] * 2

    one = await node(answer=answer)
    logs = await connect(one).logs(TO, MerkleTreeHook.INSERTED, 10, 29)
    assert [item.block_number for item in logs] == list(range(10, 30))


@pytest.mark.parametrize(("reorg_period", "expected"), [(0, 32), (5, 27), (50, 0)])
async def test_the_final_block_lies_behind_the_tip(reorg_period, expected, node, connect):
    one = await node(answer=lambda *_: hex(32))
    assert await connect(one, reorg_period=reorg_period).final_block() == expected


async def test_a_finality_tag_is_asked_for(node, connect):
    block = {"number": "0x7", "hash": "0x" + "00" * 32, "gasLimit": "0x1", "timestamp": "0x1"}
    one = await node(answer=lambda _, params: block if params[0] == "finalized" else None)
    assert await connect(one, reorg_period="finalized").final_block() == 7
    with pytest.raises(Exception, match="the node has no block 'safe'"):
        await connect(one, reorg_period="safe").final_block()


async def test_tags_that_the_node_does_not_know_are_an_answer(node, connect):
    block = {"number": "0x7", "hash": "0x" + "00" * 32, "gasLimit": "0x1", "timestamp": "0x1"}
    missing = {"code": -39001, "message": "finalized block not found"}
    one = await node(answer=lambda _, params: block if params[0] == "safe" else missing)
    client = connect(one, reorg_period="finalized")
    assert await client.finality_tags() == ["safe"]
    with pytest.raises(RpcError, match="finalized block not found"):
        await client.final_block()
