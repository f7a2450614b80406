"""Reading JSON that strangers wrote.

The parser recurses with the nesting: a document of brackets overflows its stack, which ends the
process wherever some library has raised Python's recursion limit.
"""

import json
import re
from collections.abc import Callable
from typing import Any

MAX_DEPTH = 64
"""Objects and lists within each other; nothing that is read here has ten."""
_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_OPEN, _CLOSED = b"[{", (b"[]", b"{}")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_NEITHER = bytes(set(_NO_BRACKETS) - set(b'"'))


def parse_json(
    text: str | bytes, make: Callable[[list[tuple[str, Any]]], Any] | None = None
) -> Any:
    """The value; ValueError for what is no JSON or is nested too deeply.

    `make` gives what an object becomes, for which keys given twice are not the same as once.
    """
    try:
        raw = text.encode() if isinstance(text, str) else bytes(text)
        if not _is_shallow(raw):
            raise ValueError(f"more than {MAX_DEPTH} objects and lists within each other")
        return json.loads(raw, object_pairs_hook=make)
    except RecursionError:
        raise ValueError("objects and lists within each other") from None


def _is_shallow(text: bytes) -> bool:
    """Whether nothing is left after taking away innermost pairs of brackets so many times."""
    if sum(text.count(bracket) for bracket in _OPEN) <= MAX_DEPTH:
        return True
    brackets = _brackets(text)
    for _ in range(MAX_DEPTH):
        before = len(brackets)
        for pair in _CLOSED:
            brackets = brackets.replace(pair, b"")
        if not brackets or len(brackets) == before:
            break
    return not brackets


def _brackets(text: bytes) -> bytes:
    """The brackets outside of strings."""
    if b"\\" not in text:
        # The usual case, quickly: the quotation marks of a string without brackets are neighbours.
        brackets = text.translate(None, _NEITHER).replace(b'""', b"")
        if b'"' not in brackets:
            return brackets
    return _TEXT.sub(b"", text).translate(None, _NO_BRACKETS)
