"""What a contract refused with, in words, from the errors that ape and web3 raise.

Both know the names of a contract's own errors at most, and drop them again: ape shows the arguments
alone, web3 the bytes.
"""

from collections.abc import Iterator, Mapping

from ape.exceptions import ApeException
from web3._utils.error_formatters_utils import MISSING_DATA
from web3.exceptions import Web3Exception

from hyperlane.chain.answers import Malformed
from hyperlane.chain.reverts import Revert, read_revert, revert_reason

_DEEPEST = 8
"""Errors that led to each other."""


def refusal(error: BaseException) -> str:
    """Why the contract refused, if that is what the error is about; else the error's own text."""
    found = filter(None, map(_revert, _causes(error)))
    best = max(found, key=lambda revert: (bool(revert.data), bool(revert.said)), default=None)
    if best is None:
        return str(getattr(error, "message", None) or error)
    return revert_reason(best.data, best.said or "reverted, no reason given")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    for _ in range(_DEEPEST):
        if error is None:
            return
        yield error
        inner = getattr(error, "base_err", None)
        error = inner if isinstance(inner, BaseException) else error.__cause__


def _revert(error: BaseException) -> Revert | None:
    response = getattr(error, "rpc_response", None)
    if isinstance(response, Mapping):
        said = response.get("error")
    elif isinstance(error, ApeException):
        text = getattr(error, "revert_message", None) or str(error)
        said = {"data": text, "message": text}
    elif isinstance(error, Web3Exception):
        data = getattr(error, "data", None)
        data = None if data == MISSING_DATA else data
        said = {"data": data, "message": getattr(error, "message", None)}
    else:
        return None
    try:
        return read_revert(said)
    except Malformed:
        return None
