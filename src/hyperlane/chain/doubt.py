"""Answers that a node in trouble gives, too, and which of several to believe.

No code, nothing returned, an error that is neither a revert nor about the request: all that may be
true, and is what a backend that lags behind says as well. Another URL is asked before it is
believed, or the same one once more where there is no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hyperlane.chain import answers
from hyperlane.chain.endpoint import Answer, Call, Endpoint, Reverted, RpcError

_ASKED_ELSEWHERE = frozenset(
    method.name
    for method in (
        answers.BLOCK_NUMBER, answers.BALANCE, answers.CALL, answers.CODE, answers.ESTIMATE_GAS,
        answers.IS_KNOWN, answers.RECEIPT, answers.TRANSACTION_COUNT,
    )
)  # fmt: skip
"""Methods that every node has: an error of one says nothing about the others."""


def is_doubtful(call: Call, answer: Answer) -> bool:
    """Whether another URL may know better."""
    if isinstance(answer, Reverted):
        return False
    if isinstance(answer, RpcError):
        return is_internal(answer) or call.method in _ASKED_ELSEWHERE
    return call.how.doubtful(answer)


def is_internal(answer: Answer) -> bool:
    """Whether it is an error that the node calls its own."""
    return isinstance(answer, RpcError) and answer.is_internal


def _times(call: Call, answer: Answer) -> int:
    """How often it has to be said before it is believed."""
    if is_internal(answer):
        return 3
    return 1 if isinstance(answer, RpcError) or not is_doubtful(call, answer) else 2


@dataclass(slots=True)
class Said:
    """What URLs answered to the same calls and nobody believes yet."""

    doubted: list[tuple[Endpoint, list[Answer]]] = field(default_factory=list)
    stale: list[tuple[int, list[Answer]]] = field(default_factory=list)
    """By the height of the head that they told."""
    given: list[tuple[Endpoint, list[Answer]]] = field(default_factory=list)
    """Where several have to say the same: what those said that answered."""

    def forget(self, endpoint: Endpoint) -> None:
        """A URL turned out to be of another chain."""
        self.doubted = [item for item in self.doubted if item[0] is not endpoint]

    def stand(self, calls: Sequence[Call]) -> list[Answer] | None:
        """What is believed once no other URL is left to ask in this round."""
        if self.doubted:
            times = max(
                _times(call, answer)
                for _, given in self.doubted
                for call, answer in zip(calls, given, strict=True)
            )
            return self.best(calls) if len(self.doubted) >= times else None
        # Behind what was seen before: all nodes may have been set back.
        return max(self.stale, key=lambda item: item[0])[1] if self.stale else None

    def best(self, calls: Sequence[Call]) -> list[Answer]:
        """Of each call the answer with least doubt, of equals the first."""
        columns = zip(*(given for _, given in self.doubted), strict=True)
        return [
            min(column, key=lambda answer, call=call: _doubt(call, answer))  # type: ignore[misc]
            for call, column in zip(calls, columns, strict=True)
        ]


def _doubt(call: Call, answer: Answer) -> int:
    return is_doubtful(call, answer) + isinstance(answer, RpcError)
