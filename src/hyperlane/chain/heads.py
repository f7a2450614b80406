"""Calls that ask for the height of the chain, and the heights in their answers."""

from collections.abc import Sequence

from hyperlane.chain.answers import BLOCK_BY_NUMBER, BLOCK_NUMBER, COUNTERS, Block, Counters
from hyperlane.chain.endpoint import Answer, Call


def head_tag(call: Call) -> str | None:
    """The tag whose height a call asks for; None if it asks for something else.

    The EVM's numbers are compared with one another only: some rollups count other blocks there.
    """
    if call.method == BLOCK_NUMBER.name:
        return "latest"
    if call.method == BLOCK_BY_NUMBER.name and not str(call.params[0]).startswith("0x"):
        return str(call.params[0])
    if call.how is COUNTERS:
        return f"{call.params[1]} of the EVM"
    return None


def head(calls: Sequence[Call], answers: Sequence[Answer]) -> tuple[str | None, int]:
    """Tag and height in an answer; (None, 0) if the calls ask for something else."""
    tag = head_tag(calls[0])
    number = None if tag is None else height(answers[0])
    return (None, 0) if number is None else (tag, number)


def height(answer: Answer) -> int | None:
    """The height in an answer, a block, a number or counters; None for anything else."""
    if isinstance(answer, Block):
        return answer.number
    if isinstance(answer, Counters):
        return answer.block
    return answer if isinstance(answer, int) else None
