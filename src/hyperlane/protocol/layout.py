"""Strict reading and checking of packed layouts, so that every codec fails in the same words.

All integers of the protocol are unsigned and big-endian. Each failure is a `DecodeError` that
names the field, the value and what was expected.
"""

from typing import TYPE_CHECKING, cast

from hyperlane.errors import DecodeError
from hyperlane.wording import shown

if TYPE_CHECKING:
    from hyperlane.protocol.typecasts import Address, Bytes32


def require_uint(field: str, value: int, bits: int) -> None:
    """Accept only an integer in 0 .. 2**bits - 1."""
    if not isinstance(value, int) or not 0 <= value < 1 << bits:
        raise DecodeError(f"{field}: {shown(value)} is not an unsigned {bits}-bit integer")


def require_bytes(field: str, value: bytes, size: int) -> None:
    """Accept only `bytes` of exactly `size`."""
    if not isinstance(value, bytes):
        raise DecodeError(f"{field}: {shown(value)} is not bytes (expected {size} of them)")
    if len(value) != size:
        raise DecodeError(f"{field}: {preview(value)} has {len(value)} bytes, expected {size}")


def preview(data: bytes) -> str:
    """Hex fit for an error message: long values are cut."""
    return f"0x{data.hex()}" if len(data) <= 40 else f"0x{data[:40].hex()}…"


class Reader:
    """Takes consecutive fields off the front of `data`; `layout` prefixes field names in errors."""

    __slots__ = ("_data", "_layout", "_offset")

    def __init__(self, layout: str, data: bytes) -> None:
        if not isinstance(data, bytes):
            raise DecodeError(f"{layout}: {shown(data)} is not bytes")
        self._layout = layout
        self._data = data
        self._offset = 0

    def take(self, field: str, size: int) -> bytes:
        """The next `size` bytes; DecodeError when fewer are left."""
        end = self._offset + size
        if end > len(self._data):
            raise DecodeError(
                f"{self._layout}.{field}: {preview(self._data)} is truncated: it has"
                f" {len(self._data)} bytes, the field ends at {end}"
            )
        taken = self._data[self._offset : end]
        self._offset = end
        return taken

    def word(self, field: str) -> "Bytes32":
        """The next 32 bytes."""
        return cast("Bytes32", self.take(field, 32))

    def address(self, field: str) -> "Address":
        """The next 20 bytes."""
        return cast("Address", self.take(field, 20))

    def uint(self, field: str, size: int) -> int:
        """The next `size` bytes as an unsigned big-endian integer."""
        return int.from_bytes(self.take(field, size))

    def remaining(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self._offset

    def rest(self) -> bytes:
        """Everything that is left, possibly nothing."""
        return self.take("rest", self.remaining())

    def end(self) -> None:
        """DecodeError unless everything was taken."""
        if self.remaining():
            raise DecodeError(
                f"{self._layout}: {preview(self._data)} is over-long: it has"
                f" {len(self._data)} bytes, expected {self._offset}"
            )
