"""What the client and the reader of security modules make of reverts, whoever passes them on."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agents.chain.test_reverts import error
from tests.support.proxy import Proxy, misbehaving
from tests.support.revert_shapes import NO_REVERT, NOTHING, WITH_DATA, WORDS_ALONE

from hyperlane.agents.relayer.metadata.modules import Lookup, ModuleReader
from hyperlane.chain.abi import Mailbox
from hyperlane.chain.answers import Malformed
from hyperlane.chain.client import ChainClient, Reverted, RpcError
from hyperlane.chain.reverts import LONGEST_REASON, read_revert, revert_reason
from hyperlane.protocol.ccip_read import OffchainLookup
from hyperlane.protocol.message import Message

MODULE = b"\7" * 20
LOOKUP = OffchainLookup(MODULE, ("https://one.example/{sender}",), b"\1" * 70, b"\2" * 4, b"m")
MESSAGE = Message(3, 1, 1337, bytes(32), 7331, bytes(32), b"hello")


@pytest.fixture
def node() -> Iterator[Proxy]:
    """Answers whatever it is not told to refuse with its chain id."""
    with misbehaving("http://nowhere") as proxy:
        proxy._pass_on = lambda *_: "0x539"
        yield proxy


@pytest.fixture
async def client(node):
    async def no_sleep(_seconds):
        pass

    made = ChainClient("alpha", 1337, [node.url], sleep=no_sleep)
    yield made
    await made.close()


@pytest.mark.parametrize("shape", WITH_DATA.values(), ids=WITH_DATA)
async def test_an_offchain_lookup_is_understood_in_every_shape(shape: Callable, node, client):
    node.refuse("eth_call", shape(LOOKUP.encode(), ""))
    reader = ModuleReader(SimpleNamespace(client=client))
    assert await reader.lookup(Lookup(MODULE), MESSAGE) == LOOKUP


@pytest.mark.parametrize("shape", WITH_DATA.values(), ids=WITH_DATA)
async def test_a_refusal_is_shown_in_words_whatever_the_shape(shape: Callable, node, client):
    refusal = error("NoGasOracle(address,uint32)", "0x" + "00" * 20, 1234)
    node.refuse("eth_call", shape(refusal, ""))
    with pytest.raises(Reverted) as caught:
        await client.call(MODULE, Mailbox.nonce)
    assert str(caught.value) == (
        "alpha: eth_call: execution reverted: the paymaster has no price for domain 1234"
        f" (NoGasOracle(0x{'00' * 20}, 1234))"
    )


async def test_a_long_refusal_is_shown_whole(node, client):
    values = (7, b"\1" * 32, b"\2" * 32)
    node.refuse(
        "eth_call",
        {"code": 3, "data": "0x" + error("SenderNotRouter(uint32,bytes32,bytes32)", *values).hex()},
    )
    with pytest.raises(Reverted) as caught:
        await client.call(MODULE, Mailbox.nonce)
    assert str(caught.value).endswith(f"(SenderNotRouter(7, 0x{'01' * 32}, 0x{'02' * 32}))")


@pytest.mark.parametrize("shape", WORDS_ALONE.values(), ids=WORDS_ALONE)
async def test_a_reason_in_words_is_shown(shape: Callable, node, client):
    node.refuse("eth_call", shape("paused by the owner"))
    with pytest.raises(Reverted, match=r"execution reverted: .*paused by the owner"):
        await client.call(MODULE, Mailbox.nonce)


@pytest.mark.parametrize(
    "revert",
    [error("Error(string)", "not today"), error("Panic(uint256)", 1), LOOKUP.encode()],
    ids=["text", "panic", "lookup"],
)
async def test_revert_data_that_comes_as_a_result_is_a_revert(revert, node, client):
    """As with geth before 1.9.15, and with Ganache when it is told so."""
    node.alter("eth_call", lambda _: "0x" + revert.hex())
    with pytest.raises(Reverted) as caught:
        await client.call(MODULE, Mailbox.nonce)
    assert caught.value.data == revert


@pytest.mark.parametrize("kind", ["unknown method", "a hash", "a trace"])
async def test_what_is_no_revert_is_none(kind, node, client):
    node.refuse("eth_call", NO_REVERT[kind])
    with pytest.raises(RpcError) as caught:
        await client.call(MODULE, Mailbox.nonce)
    assert not isinstance(caught.value, Reverted)


PLACES = ("data", "message", "result", "return", "reason", "error", "originalError", "code", "0x12")
TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["Reverted 0x", "0x", "0xzz", "revert", "0x12", "Reverted 0x08c379a0", "0X" * 9]
    ),
    st.binary(max_size=70).map(lambda data: f"Reverted 0x{data.hex()}"),
)
ERRORS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(PLACES) | st.text(max_size=3), inner, max_size=6)
    ),
    max_leaves=30,
)


@given(ERRORS | st.sampled_from([*NOTHING.values(), *NO_REVERT.values()]))
def test_any_error_is_a_revert_or_none_or_malformed(said):
    try:
        found = read_revert(said)
    except Malformed:
        return
    if found is not None:
        reason = revert_reason(found.data, found.said)
        assert len(reason) <= LONGEST_REASON + 1
        assert reason.isprintable()


@pytest.mark.parametrize(
    "said",
    [
        {"code": 3, "data": [[[["0x12345678"] * 50] * 50] * 50]},
        {"code": 3, "data": {str(n): {"data": "0x12"} for n in range(10**5)}},
        {"code": 3, "message": "0x" * 10**6},
        {"code": 3, "message": "revert 0x" + "1" * 10**6},
        {"code": 3, "message": "error: " * 10**5},
        {"code": 3, "message": "rpc error:" * 10**5},
    ],
)
def test_a_large_error_does_not_keep_an_agent_busy(said):
    for _ in range(20):
        assert read_revert(said) is not None
