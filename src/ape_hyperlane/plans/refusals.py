"""Revert reasons as text, from the errors that ape and web3 raise.

Neither shows a contract's custom error in full: ape shows its arguments without the name, web3 its
encoded bytes.
"""

from collections.abc import Iterator, Mapping

from ape.exceptions import ApeException
from web3._utils.error_formatters_utils import MISSING_DATA
from web3.exceptions import Web3Exception

from hyperlane.chain.answers import Malformed
from hyperlane.chain.reverts import Revert, read_revert, revert_reason

_DEEPEST = 8
"""Most errors of a chain of causes that are searched."""


def refusal(error: BaseException) -> str:
    """The revert reason, if a revert caused the error; otherwise the error's own text."""
    found = filter(None, map(_revert, _causes(error)))
    best = max(found, key=lambda revert: (bool(revert.data), bool(revert.said)), default=None)
    if best is None:
        return str(getattr(error, "message", None) or error)
    return revert_reason(best.data, best.said or "reverted, no reason given")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes."""
    for _ in range(_DEEPEST):
        if error is None:
            return
        yield error
        inner = getattr(error, "base_err", None)
        error = inner if isinstance(inner, BaseException) else error.__cause__


def _revert(error: BaseException) -> Revert | None:
    """The revert that an error reports; None for other errors."""
    response = getattr(error, "rpc_response", None)
    if isinstance(response, Mapping):
        answer = response.get("error")
    elif isinstance(error, ApeException):
        text = getattr(error, "revert_message", None) or str(error)
        answer = {"data": text, "message": text}
    elif isinstance(error, Web3Exception):
        data = getattr(error, "data", None)
        data = None if data == MISSING_DATA else data
        answer = {"data": data, "message": getattr(error, "message", None)}
    else:
        return None
    try:
        return read_revert(answer)
    except Malformed:
        return None
