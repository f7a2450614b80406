"""Meaning of a message's body, as far as its bytes tell."""

from dataclasses import dataclass

from hyperlane.errors import DecodeError
from hyperlane.protocol.accounts import (
    AccountMessage,
    CallsMessage,
    CommitmentMessage,
    decode_account_message,
)
from hyperlane.protocol.token_message import TokenMessage

_MOST_SHOWN, _MOST_COPIED = 16 * 1024, 128 * 1024
_ROW = 32
_SHORTEST_TEXT = 0.9
"""Part of a body's characters that has to be printable for it to be shown as text."""


@dataclass(frozen=True, slots=True)
class Contents:
    """A body in the forms that a page shows."""

    size: int
    hex: str | None
    """All of it, for copying; None of a long body."""
    rows: str
    """Hex in rows of 32 bytes, with offsets; the beginning of a long body."""
    cut: bool
    """True if `rows` and `text` are only the beginning."""
    text: str | None
    """Its text, if it is one; strangers' words."""
    token: TokenMessage | None
    """As a router of a warp route would read it; only if it is one's."""
    account: AccountMessage | None
    """Calls of an interchain account, if it has the form of them."""

    @property
    def account_kind(self) -> str | None:
        """Name of the kind of message to an interchain account."""
        if self.account is None:
            return None
        if isinstance(self.account, CallsMessage):
            return "calls"
        return "commitment" if isinstance(self.account, CommitmentMessage) else "reveal"


def contents(body: bytes, is_transfer: bool) -> Contents:
    """Read a body. `is_transfer`: routers of a warp route sent or received it."""
    beginning = body[:_MOST_SHOWN]
    return Contents(
        len(body),
        None if len(body) > _MOST_COPIED else "0x" + body.hex(),
        _rows(beginning),
        len(body) > len(beginning),
        _text(beginning, cut=len(body) > len(beginning)),
        _token(body) if is_transfer else None,
        None if is_transfer else _account(body),
    )


def _rows(body: bytes) -> str:
    return "\n".join(
        f"{start:>6}  {body[start : start + _ROW].hex()}" for start in range(0, len(body), _ROW)
    )


def _text(body: bytes, cut: bool) -> str | None:
    try:
        text = body.decode("utf-8", errors="ignore" if cut else "strict")
    except UnicodeDecodeError:
        return None
    if not text:
        return None
    readable = sum(1 for each in text if each.isprintable() or each in "\n\t")
    if readable < _SHORTEST_TEXT * len(text):
        return None
    return "".join(
        each if each.isprintable() or each in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for each in text
    )


def _token(body: bytes) -> TokenMessage | None:
    try:
        return TokenMessage.decode(body)
    except DecodeError:
        return None


def _account(body: bytes) -> AccountMessage | None:
    # Each call may point to the same bytes: what is decoded grows with the square of the body.
    if len(body) > _MOST_SHOWN:
        return None
    try:
        return decode_account_message(body)
    except DecodeError:
        return None
