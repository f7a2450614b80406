"""Calls that ask for the height of the chain, and the heights in their answers."""

from collections.abc import Sequence

from hyperlane.chain.answers import BLOCK_BY_NUMBER, BLOCK_NUMBER, Block
from hyperlane.chain.endpoint import Answer, Call


def head_tag(call: Call) -> str | None:
    """The tag whose height a call asks for; None if it asks for something else."""
    if call.method == BLOCK_NUMBER.name:
        return "latest"
    if call.method == BLOCK_BY_NUMBER.name and not str(call.params[0]).startswith("0x"):
        return str(call.params[0])
    return None


def head(calls: Sequence[Call], answers: Sequence[Answer]) -> tuple[str | None, int]:
    """Tag and height in an answer; (None, 0) if the calls ask for something else."""
    tag = head_tag(calls[0])
    number = None if tag is None else height(answers[0])
    return (None, 0) if number is None else (tag, number)


def height(answer: Answer) -> int | None:
    """The height in an answer, a block or a number; None for anything else."""
    if isinstance(answer, Block):
        return answer.number
    return answer if isinstance(answer, int) else None
