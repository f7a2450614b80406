"""Pages of a list, newest first, and the places where they continue."""

import base64
import binascii
import struct
from dataclasses import dataclass
from typing import Generic, TypeVar

from hyperlane.errors import DecodeError
from hyperlane.wording import shown

DEFAULT = 50
MOST = 200
"""Rows of a page."""

Item = TypeVar("Item")

_LAYOUT = struct.Struct(">qq")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A message's place in the order of time: a page continues below it."""

    sent_at: int
    number: int


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some rows of a list."""

    items: tuple[Item, ...]
    next: Place | None
    """Where the next page continues; None at the end. A page may have few rows, or none, and yet
    not be the last, if rows that match are rare."""


def encode_place(place: Place) -> str:
    """The place as text that may stand in a URL; callers must not read anything out of it."""
    packed = _LAYOUT.pack(place.sent_at, place.number)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode_place(text: str) -> Place:
    """Read the text of `encode_place`; DecodeError for any other."""
    try:
        packed = base64.b64decode(f"{text}==", altchars=b"-_", validate=True)
        place = Place(*_LAYOUT.unpack(packed))
    except (binascii.Error, struct.error, ValueError):
        place = None
    if place is None or encode_place(place) != text:
        raise DecodeError(f"cursor: {shown(text)} is not a cursor that this API gave out")
    return place
