"""The custom errors of our contracts and of the reference's, by name and in words.

`custom_errors.txt` is their only list, an error a line: its signature and, where the name alone
would leave an operator guessing, what it means, with the parameters in braces. A test compares it
with the contracts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from eth_hash.auto import keccak

from hyperlane.chain.abi import decode_values
from hyperlane.errors import ChainError
from hyperlane.protocol.layout import preview
from hyperlane.protocol.typecasts import Address, to_checksum
from hyperlane.wording import one_line

_TABLE = Path(__file__).with_name("custom_errors.txt")
_LINE = re.compile(r"(\w+)\(([^)]*)\)(?:: (.+))?")
_MOST_DECODED = 2**14
"""Bytes. Lists of strings may name the same bytes over and over, and grow when they are decoded."""
_LONGEST_STRING = 80
_MOST_SHOWN = 3
"""Members of a list."""


@dataclass(frozen=True, slots=True)
class CustomError:
    """One error that a contract may revert with."""

    name: str
    types: tuple[str, ...]
    parameters: tuple[str, ...]
    words: str = ""
    """What it means, with {parameters}."""

    @property
    def signature(self) -> str:
        """The canonical signature."""
        return f"{self.name}({','.join(self.types)})"

    @property
    def selector(self) -> bytes:
        """First four bytes of revert data."""
        return keccak(self.signature.encode())[:4]

    def describe(self, arguments: bytes) -> str:
        """What a contract says with these ABI-encoded arguments, fit for one line."""
        if len(arguments) > _MOST_DECODED:
            return f"{self.name}({len(arguments)} bytes)"
        try:
            values = decode_values(self.name, self.types, arguments)
        except ChainError:
            return f"{self.name}({preview(arguments)}, which is not {','.join(self.types)})"
        shown = [_show(kind, value) for kind, value in zip(self.types, values, strict=True)]
        call = f"{self.name}({', '.join(shown)})"
        if not self.words:
            return call
        return f"{self.words.format(**dict(zip(self.parameters, shown, strict=True)))} ({call})"


@cache
def custom_errors() -> Mapping[bytes, CustomError]:
    """All that are known, by selector."""
    errors = map(_read, _TABLE.read_text().splitlines())
    return {error.selector: error for error in errors}


def _read(line: str) -> CustomError:
    match = _LINE.fullmatch(line)
    assert match, f"{_TABLE.name}: {line}"
    name, inside, words = match.groups()
    # Not every parameter of the reference has a name.
    pairs = [f"{each} ".split(" ")[:2] for each in inside.split(", ") if each]
    return CustomError(
        name, tuple(kind for kind, _ in pairs), tuple(each for _, each in pairs), words or ""
    )


def _show(kind: str, value: object) -> str:
    if isinstance(value, Sequence) and kind.endswith("]"):
        shown = [_show(kind.removesuffix("[]"), each) for each in value[:_MOST_SHOWN]]
        return f"[{', '.join(shown)}{', …' if len(value) > _MOST_SHOWN else ''}]"
    if isinstance(value, bytes):
        return to_checksum(Address(value)) if kind == "address" else preview(value)
    return one_line(str(value), _LONGEST_STRING)
