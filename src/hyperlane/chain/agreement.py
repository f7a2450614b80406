"""Agreement of several URLs: whether enough give the same answer, and which ones dissent."""

from collections import Counter
from collections.abc import Hashable, Sequence
from enum import StrEnum

from hyperlane.chain.answers import Block, Receipt
from hyperlane.chain.endpoint import Answer, Call, Endpoint, Reverted, RpcError
from hyperlane.chain.heads import head_tag, height

_AT_A_BLOCK = {
    "eth_call": 1,
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getTransactionCount": 1,
    "eth_getStorageAt": 2,
}
"""Methods that read at a block, and which parameter names it."""
_AGREED = (
    "eth_blockNumber",
    "eth_getBlockByNumber",
    "eth_getLogs",
    "eth_getTransactionReceipt",
    "eth_getBlockReceipts",
)


class Consensus(StrEnum):
    """How several URLs are used."""

    SINGLE = "single"
    FALLBACK = "fallback"
    QUORUM = "quorum"
    MAJORITY = "majority"

    def needed(self, urls: int) -> int:
        """URLs out of `urls` that must give the same answer."""
        if self is Consensus.MAJORITY:
            return -(-2 * urls // 3)
        return urls // 2 + 1 if self is Consensus.QUORUM else 1

    def applies_to(self, calls: Sequence[Call]) -> bool:
        """Whether several URLs have to give the same answers to `calls`."""
        several = self in (Consensus.QUORUM, Consensus.MAJORITY)
        return several and all(map(_needs_agreement, calls))


def all_agree(
    calls: Sequence[Call], given: Sequence[tuple[Endpoint, list[Answer]]], needed: int
) -> bool:
    """Whether each call has an answer that at least `needed` URLs give."""
    return all(
        majority(call, [(item, answers[number]) for item, answers in given], needed)
        for number, call in enumerate(calls)
    )


def majority(
    call: Call, said: Sequence[tuple[Endpoint, Answer]], needed: int
) -> tuple[Answer, list[Endpoint]] | None:
    """The answer that at least `needed` URLs give, and the dissenters; None without a majority.

    Heads differ by a block or two between honest nodes, so votes on them would rarely agree. The
    head is the highest that `needed` URLs have reached: none of them can raise it alone.
    """
    if head_tag(call) is not None:
        heights = [(found, answer) for _, answer in said if (found := height(answer)) is not None]
        heights.sort(key=lambda item: -item[0])
        if len(heights) >= needed:
            return heights[needed - 1][1], []
    essences = [_essence(answer) for _, answer in said]
    essence, votes = Counter(essences).most_common(1)[0]
    if votes < needed:
        return None
    agreed = said[essences.index(essence)][1]
    others = [item for (item, _), other in zip(said, essences, strict=True) if other != essence]
    return agreed, others


def opposed(said: Sequence[tuple[Endpoint, Answer]]) -> str:
    """Words for an error: the hosts, grouped by their answer."""
    groups: dict[Hashable, list[str]] = {}
    for endpoint, answer in said:
        groups.setdefault(_essence(answer), []).append(endpoint.host)
    return (
        " against ".join(", ".join(hosts) for hosts in groups.values()) + " contradict each other"
    )


def reads_at_a_block(call: Call) -> bool:
    """Whether a call reads the state of a block that it gives by number."""
    position = _AT_A_BLOCK.get(call.method, len(call.params))
    return position < len(call.params) and str(call.params[position]).startswith("0x")


def _needs_agreement(call: Call) -> bool:
    """Whether a wrong answer would do harm, and all honest nodes give the same one."""
    return reads_at_a_block(call) or call.method in _AGREED


def _essence(answer: Answer) -> Hashable:
    """The part of an answer that is compared: nodes add fields of their own to the rest."""
    match answer:
        case Reverted():
            return "reverted", answer.data
        case RpcError():
            return "error"
        case Receipt():
            return answer.tx_hash, answer.block_hash, answer.succeeded
        case Block():
            return answer.hash
        case tuple() | list():
            return frozenset(answer)  # logs, in any order
        case _:
            return answer  # type: ignore[no-any-return]
