"""Doubtful answers: those that a node in trouble gives, too, and which of several to believe.

No code, nothing returned, an error that is neither a revert nor about the request: each may be
true, but a backend that lags behind answers the same. Another URL is asked before such an answer is
believed, or the same URL once more if there is no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hyperlane.chain import answers
from hyperlane.chain.endpoint import Answer, Call, Endpoint, Reverted, RpcError

_ASKED_ELSEWHERE = frozenset((answers.TRACE, *(
    method.name
    for method in (
        answers.BLOCK_NUMBER, answers.BALANCE, answers.CALL, answers.CODE, answers.ESTIMATE_GAS,
        answers.IS_KNOWN, answers.RECEIPT, answers.TRANSACTION_COUNT,
    )
)))  # fmt: skip
"""Methods that another node may answer where one gives an error."""


def is_doubtful(call: Call, answer: Answer) -> bool:
    """Whether another URL may have a better answer.

    Counters are only a hint: without them the chain is read anew, whatever the reason.
    """
    if isinstance(answer, Reverted) or call.how is answers.COUNTERS:
        return False
    if isinstance(answer, RpcError):
        return is_internal(answer) or call.method in _ASKED_ELSEWHERE
    return call.how.doubtful(answer)


def is_internal(answer: Answer) -> bool:
    """Whether the answer is an error that the node calls internal."""
    return isinstance(answer, RpcError) and answer.is_internal


def _times(call: Call, answer: Answer) -> int:
    """How many times an answer has to be given before it is believed."""
    if is_internal(answer):
        return 3
    return 1 if isinstance(answer, RpcError) or not is_doubtful(call, answer) else 2


@dataclass(slots=True)
class Said:
    """Answers to the same calls that are not believed yet."""

    doubted: list[tuple[Endpoint, list[Answer]]] = field(default_factory=list)
    stale: list[tuple[int, list[Answer]]] = field(default_factory=list)
    """Stale answers, with the height of the head in each."""
    given: list[tuple[Endpoint, list[Answer]]] = field(default_factory=list)
    """Where URLs have to agree: the answers so far, by URL."""

    def forget(self, endpoint: Endpoint) -> None:
        """Drop the answers of a URL that turned out to be of another chain."""
        self.doubted = [item for item in self.doubted if item[0] is not endpoint]

    def stand(self, calls: Sequence[Call]) -> list[Answer] | None:
        """The answers to believe once no other URL is left to ask in this round; None for none."""
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
        """The least doubtful answer to each call, of equals the first."""
        columns = zip(*(given for _, given in self.doubted), strict=True)
        return [
            min(column, key=lambda answer, call=call: _doubt(call, answer))  # type: ignore[misc]
            for call, column in zip(calls, columns, strict=True)
        ]


def _doubt(call: Call, answer: Answer) -> int:
    return is_doubtful(call, answer) + isinstance(answer, RpcError)
