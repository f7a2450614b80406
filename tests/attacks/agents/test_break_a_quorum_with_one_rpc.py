"""One RPC of three is a thief's: whatever it answers, the agents believe the other two.

Also with one thief and one honest RPC that are asked in this order, and with the thief alone: then
nothing is believed, and what is raised is a `ChainError`, which agents outlive.
"""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hyperlane.chain import answers
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.client import ChainClient, Consensus
from hyperlane.chain.endpoint import Call, Endpoint, Fault, RpcError
from hyperlane.chain.health import Health
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import to_hex

from .nodes import Node

HOOK = b"\1" * 20
WORD = "0x" + "ab" * 32
LOG = {
    "address": to_hex(HOOK),
    "topics": [to_hex(MerkleTreeHook.INSERTED.topic)],
    "data": "0x" + "00" * 64,
    "blockNumber": "0x5",
    "blockHash": WORD,
    "transactionHash": WORD,
    "logIndex": "0x0",
}
BLOCK = {"number": "0x7", "hash": WORD, "gasLimit": "0x1", "timestamp": "0x1"}
RECEIPT = {
    "transactionHash": WORD,
    "blockNumber": "0x5",
    "blockHash": WORD,
    "status": "0x1",
    "gasUsed": "0x5208",
}
HONEST = {
    "eth_chainId": "0x539",
    "eth_blockNumber": "0x7",
    "eth_getLogs": [LOG],
    "eth_call": "0x" + (3).to_bytes(32).hex(),
    "eth_getBalance": "0x9",
    "eth_getBlockByNumber": BLOCK,
    "eth_getTransactionReceipt": RECEIPT,
}


def says(result):
    """Behaves as an RPC that answers everything but the chain id with one result."""

    def one(call):
        own = call["method"] == "eth_chainId"
        return {"jsonrpc": "2.0", "id": call["id"], "result": "0x539" if own else result}

    return lambda asked: json.dumps(
        list(map(one, asked)) if isinstance(asked, list) else one(asked)
    )


def named(number):
    """Behaves as an RPC whose answers have another id."""
    return lambda _: json.dumps({"jsonrpc": "2.0", "id": number, "result": "0x539"})


LIES = {
    "an id that is a list": named([]),
    "an id that is an object": named({}),
    "an id that is true": named(True),
    "an id of another call": named(7),
    "an id with a fraction": named(0.0),
    "200,000 brackets": lambda _: "[" * 200_000,
    "200,000 nested objects": lambda _: '{"a":' * 200_000,
    "a list 900 deep": says(json.loads("[" * 900 + "]" * 900)),
    "an error 900 deep": lambda _: '{"id":0,"error":{"message":' + "[" * 900 + "]" * 900 + "}}",
    "no JSON-RPC": lambda _: "[1, 2]",
    "no UTF-8": lambda _: b'{"id":0,"result":"\xff\xfe"}',
    "half a character": lambda _: '{"id":0,"error":{"message":"\\ud800 rate limit"}}',
    "a number of 5,000 digits": lambda _: '{"id":0,"result":' + "9" * 5000 + "}",
    "no number": says("0x"),
    "a number beyond 256 bits": says("0x" + "f" * 100_000),
    "null": says(None),
    "a list of null": says([None]),
    "an empty object": says({}),
    "false": says(False),
    "a fraction": says(1.5),
    "an infinite number": lambda _: '{"id":0,"result":1e999}',
    "neither result nor error": lambda _: '{"id":0}',
    "a block without hash": says({**BLOCK, "hash": None}),
    "a block beyond databases": says({**BLOCK, "number": hex(2**63)}),
    "a log without topics": says([{**LOG, "topics": None}]),
    "a log without data": says([{name: LOG[name] for name in LOG if name != "data"}]),
    "a log of somebody else": says([{**LOG, "address": to_hex(b"\2" * 20)}]),
    "a log of another event": says([{**LOG, "topics": [WORD]}]),
    "a log from elsewhere": says([{**LOG, "blockNumber": "0x63"}]),
    "a receipt without status": says({name: RECEIPT[name] for name in RECEIPT if name != "status"}),
    "a receipt of something else": says({**RECEIPT, "transactionHash": "0x" + "00" * 32}),
    "nine megabytes": lambda _: "[" + "1," * (9 * 2**19) + "1]",
}


async def no_sleep(_seconds):
    pass


@pytest.fixture
async def connect(serve):
    clients = []

    async def make(*bodies, consensus):
        nodes = [Node(HONEST, body) for body in bodies]
        urls = [await serve(node.handle) for node in nodes]
        client = ChainClient("alpha", 1337, urls, 1, Consensus(consensus), sleep=no_sleep)
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.close()


async def everything(client):
    """What agents ask for, at a block and at the tip."""
    return (
        await client.final_block(),
        (await client.block(7)).number,
        [item.index for item in await client.logs(HOOK, MerkleTreeHook.INSERTED, 0, 7)],
        await client.call(HOOK, MerkleTreeHook.count, block=5),
        [item and item.succeeded for item in await client.receipts([bytes.fromhex("ab" * 32)])],
    )


TRUTH = (6, 7, [0], 3, [True])


@pytest.mark.parametrize("lie", LIES)
async def test_two_honest_rpcs_of_three_are_believed(lie, connect):
    client = await connect(LIES[lie], None, None, consensus="quorum")
    await client.verify_chain_id()
    assert await everything(client) == TRUTH


@pytest.mark.parametrize("lie", [lie for lie in LIES if lie != "null"])
async def test_the_next_rpc_is_asked_when_the_first_makes_no_sense(lie, connect):
    """Null makes sense: no logs, and in no block."""
    client = await connect(LIES[lie], None, consensus="fallback")
    await client.verify_chain_id()
    assert await everything(client) == TRUTH


@pytest.mark.parametrize("lie", LIES)
async def test_the_thief_alone_raises_only_what_agents_outlive(lie, connect):
    client = await connect(LIES[lie], consensus="fallback")
    for ask in (
        client.final_block,
        lambda: client.block(7),
        lambda: client.logs(HOOK, MerkleTreeHook.INSERTED, 5, 5),
        lambda: client.call(HOOK, MerkleTreeHook.count, block=5),
        lambda: client.receipts([bytes.fromhex("ab" * 32)] * 3),
    ):
        problem = ""
        try:
            await ask()
        except ChainError as error:
            problem = str(error)
        assert len(problem.encode()) < 1000


async def test_an_rpc_that_becomes_one_of_another_chain_ends_nobody(connect):
    """At start it is down, so that nobody could see it."""
    bodies = ["", '{"id":0,"result":"0x1"}']
    client = await connect(lambda _: bodies[0], None, None, consensus="quorum")
    await client.verify_chain_id()
    bodies.pop(0)
    client.rpc.endpoints[0].health = Health()
    assert await everything(client) == TRUTH
    assert "chain id 1, expected 1337" in client.rpc.endpoints[0].health.problem


async def test_null_for_logs_means_none(connect):
    client = await connect(says(None), consensus="fallback")
    assert await client.logs(HOOK, MerkleTreeHook.INSERTED, 0, 7) == []


# Whatever JSON there is

ODD_TEXTS = st.sampled_from(["0x", "0x0", "0xzz", "0x" + "0" * 64, "0x" + "f" * 65, WORD, "\ud800"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | ODD_TEXTS
KEYS = st.sampled_from(sorted({*LOG, *BLOCK, *RECEIPT, "calls", "sendCount", "gasUsed"}))
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
ALMOST = st.sampled_from([LOG, BLOCK, RECEIPT]).flatmap(
    lambda whole: st.tuples(st.sampled_from(sorted(whole)), JSON).map(
        lambda change: {**whole, change[0]: change[1]}
    )
)
RESULTS = JSON | ALMOST | st.lists(ALMOST, max_size=2)


def check_reading(method, value):
    read, problem = None, ""
    try:
        read = method.read(value)
    except answers.Malformed as error:
        problem = str(error)
    assert len(problem.encode()) < 400
    hash(tuple(read) if isinstance(read, list) else read)


@pytest.mark.parametrize("method", answers.METHODS, ids=lambda method: method.name)
@given(value=RESULTS)
def test_a_result_is_read_or_malformed(method, value):
    check_reading(method, value)


@pytest.mark.long
@pytest.mark.parametrize("method", answers.METHODS, ids=lambda method: method.name)
@given(value=RESULTS)
@settings(max_examples=3_000, suppress_health_check=list(HealthCheck))
def test_a_result_is_read_or_malformed_at_length(method, value):
    check_reading(method, value)


class Canned:
    """What an HTTP session would give for any request."""

    def __init__(self, body):
        self.body, self.status, self.headers, self.content = body, 200, {}, self

    def post(self, *_arguments, **_options):
        return self

    async def iter_any(self):
        yield self.body

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_error):
        pass


def as_json(value):
    return json.dumps(value).encode()


BODIES = st.binary(max_size=40) | st.one_of(
    RESULTS,
    st.builds(lambda number, result: {"id": number, "result": result}, JSON, RESULTS),
    st.builds(lambda error: {"id": 0, "error": error}, RESULTS),
    st.lists(st.builds(lambda number, result: {"id": number, "result": result}, JSON, RESULTS)),
    st.builds(lambda code, text, data: {"id": 0, "error": {"code": code, "message": text,
              "data": data}}, JSON, JSON, JSON),
).map(as_json)  # fmt: skip


async def check_body(body, calls):
    endpoint = Endpoint("alpha", 1337, "http://127.0.0.1:1/")
    endpoint._verified = True
    try:
        found = await endpoint.ask(Canned(body), calls)
    except Fault as fault:
        found = [fault] * len(calls)
    assert len(found) == len(calls)
    for answer in found:
        if isinstance(answer, RpcError | Fault):
            assert len(str(answer).encode()) < 400


@given(body=BODIES, method=st.sampled_from(answers.METHODS), count=st.integers(1, 3))
@example(body=b'{"id":[],"result":1}', method=answers.BALANCE, count=1)
@example(body=b"[" * 200_000, method=answers.BALANCE, count=2)
async def test_a_body_is_answers_or_a_fault(body, method, count):
    await check_body(body, [Call(method, [{"fromBlock": "0x1", "toBlock": "0x1"}])] * count)


@pytest.mark.long
@given(body=BODIES, method=st.sampled_from(answers.METHODS), count=st.integers(1, 3))
@settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
async def test_a_body_is_answers_or_a_fault_at_length(body, method, count):
    await check_body(body, [Call(method, [{"fromBlock": "0x1", "toBlock": "0x1"}])] * count)
