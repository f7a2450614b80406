"""How a relayer finds out in which way a chain takes several messages at once."""

from types import SimpleNamespace
from typing import Any

import pytest

from hyperlane.agents.relayer.delivery.batching import Kind
from hyperlane.agents.relayer.delivery.submission import Submission
from hyperlane.chain.client import RpcError

pytestmark = pytest.mark.quick

REFUSAL = RpcError("alpha", "eth_call", "too many requests")


class Client:
    def __init__(self, refusals: int) -> None:
        self.asked, self.refusals = 0, refusals

    async def call(self, *_: Any) -> None:
        """A mailbox of others: it takes anything."""

    async def request(self, *_: Any) -> bytes:
        self.asked += 1
        if self.asked <= self.refusals:
            raise REFUSAL
        return b""


@pytest.mark.parametrize("refusals", [0, 1, 2])
async def test_a_refusal_is_no_answer_for_good(refusals):
    client = Client(refusals)
    chain = SimpleNamespace(
        client=client, settings=SimpleNamespace(mailbox=bytes(20), max_batch_size=10)
    )
    parts: Any = {"chain": chain, "sender": None, "policy": None, "simulator": None}
    submission = Submission(**parts)
    kinds = [(await submission.batching()).kind for _ in range(4)]
    assert kinds == [Kind.ALONE] * refusals + [Kind.CODE] * (4 - refusals)
    assert client.asked == refusals + 1, "an answer is kept"
