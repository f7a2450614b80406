"""RPCs that fail lower no quorum: two of three have to agree, whatever the third does.

The number that is needed is that of all configured URLs. With one that fails in any way, the other
two decide; with two, nobody does, in whichever ways they fail.
"""

from dataclasses import dataclass, field

import pytest
from tests.support.devnet import key
from tests.support.proxy import ALL, Proxy

from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.client import ChainClient, Consensus, Unreachable
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import address_from_hex


def lie(node, byte="ee"):
    """Other leaves, another count, another block; and a head far above the chain's."""
    word = "0x" + byte * 32
    node.alter("eth_getLogs", lambda logs: [{**log, "data": word + byte * 32} for log in logs])
    node.alter("eth_call", lambda _: word)
    node.alter("eth_getBlockByNumber", lambda block: block and {**block, "hash": word})
    node.alter("eth_blockNumber", lambda head: hex(int(head, 16) + 1000))


def serve_another_chain(node):
    node.alter("eth_chainId", lambda _: "0x1")
    lie(node, "dd")


def answer_nothing(node):
    node.alter(ALL, lambda _: None)


FAILURES = {
    "down": lambda node: node.stop(),
    "rate limited": lambda node: node.fail(429),
    "no json": lambda node: node.interfere(lambda _: (200, b"<html>")),
    "nulls": answer_nothing,
    "no credits": lambda node: node.refuse(ALL, {"code": -32000, "message": "out of credits"}),
    "refuses": lambda node: node.refuse(ALL, {"code": -32601, "message": "no such method"}),
    "internal errors": lambda node: node.refuse(ALL, {"code": -32603, "message": "oops"}),
    "another chain": serve_another_chain,
    "lies": lie,
    "hangs": lambda node: node.hang(20),
}


LIARS = {"lies", "another chain"}


@dataclass
class Asking:
    """A client of three RPCs that behave at first."""

    client: ChainClient
    nodes: list[Proxy]
    hook: bytes
    last: int
    truth: list[object] = field(default_factory=list)

    @property
    def questions(self):
        """What agents decide by: leaves, the count of them, a block."""
        client, hook, last = self.client, self.hook, self.last
        return [
            lambda: client.logs(hook, MerkleTreeHook.INSERTED, 0, last),
            lambda: client.call(hook, MerkleTreeHook.count, block=last),
            lambda: client.block(last),
        ]

    async def answers(self):
        return [await question() for question in self.questions]

    def mend(self):
        for node in self.nodes:
            node.behave()
            if not node.runs:
                node.start()


async def no_sleep(_seconds):
    pass


@pytest.fixture
async def asking(origin, proxy):
    origin.dispatch(7331, key(3).address)
    nodes = [proxy(origin) for _ in range(3)]
    client = ChainClient(
        "alpha", 1337, [node.url for node in nodes], 0, Consensus.QUORUM, sleep=no_sleep
    )
    hook = address_from_hex(origin.contracts["merkleTreeHook"].address)
    made = Asking(client, nodes, hook, origin.w3.eth.block_number)
    made.truth = await made.answers()
    yield made
    await client.close()


@pytest.mark.parametrize("failure", FAILURES)
async def test_the_other_two_decide_where_one_fails(failure, asking):
    FAILURES[failure](asking.nodes[0])
    assert await asking.answers() == asking.truth
    assert await asking.client.final_block() == asking.last


@pytest.mark.parametrize("failure", FAILURES)
async def test_nobody_decides_where_two_fail_and_all_do_when_they_are_back(
    failure, asking, monkeypatch
):
    # No right answer is expected, so that it does no harm if one comes too late for these.
    for what in ("_FIRST_DEADLINE", "_FIRST_PATIENCE"):
        monkeypatch.setattr(f"hyperlane.chain.pace.{what}", {False: 0.02, True: 0.02})
    names = list(FAILURES)
    for other in names[names.index(failure) :]:
        liars = {failure, other} & LIARS
        if failure == other and (liars or failure == "nulls"):
            continue  # two of three that tell the same lie, of no leaves for one, are a quorum
        FAILURES[failure](asking.nodes[0])
        FAILURES[other](asking.nodes[1])
        for question in asking.questions:
            with pytest.raises(ChainError):
                await question()
        if not liars:
            with pytest.raises(ChainError):
                await asking.client.final_block()
        elif len(liars) == 1:
            assert await asking.client.final_block() == asking.last, "a liar alone raises no head"
        asking.mend()
    monkeypatch.undo()
    assert await asking.answers() == asking.truth


async def test_what_is_missing_is_named(asking):
    one, two, _ = asking.nodes
    one.fail(503)
    two.fail(503)
    with pytest.raises(Unreachable) as failed:
        await asking.client.final_block()
    assert str(failed.value) == (
        "alpha: 1 of 3 RPCs answer eth_blockNumber, and 2 have to agree"
        f" (127.0.0.1:{one.port}: HTTP 503; 127.0.0.1:{two.port}: HTTP 503;"
        f" 127.0.0.1:{asking.nodes[2].port}: well)"
    )
