"""Announced locations, which strangers choose.

A stranger chooses the text, the server behind it and its answers, and an announcement stays for
ever. So this is the one place where every kind of failure is caught, and turned into an error of
that location alone.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from hyperlane.checkpoints.storage import CheckpointReader, open_reader
from hyperlane.checkpoints.web import Web
from hyperlane.errors import DecodeError, StorageError, StorageUnreachable

Answer = TypeVar("Answer")

LONGEST = 2048
"""Characters of a location: a bucket, a region and the longest key of an object have room."""
_LONGEST_ERROR = 400


class NoAnswerInTime(StorageUnreachable):
    """Failure of a storage to answer within the time that the caller waits."""


@dataclass(slots=True)
class AnnouncedLocation:
    """One location, opened when it is first read."""

    location: str
    allow_local: bool
    web: Web = field(repr=False)
    _reader: CheckpointReader | None = field(default=None, init=False, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether the text is a location that can be read."""
        return self._reader is not None

    async def read(
        self, what: Callable[[CheckpointReader], Awaitable[Answer]], seconds: float
    ) -> Answer:
        """Read from it within some seconds. StorageError for a failure of any kind.

        StorageUnreachable if it may have the object all the same; other errors if it has none that
        is usable, or nobody can read the location.
        """
        try:
            async with asyncio.timeout(seconds):
                return await what(self._open())
        except Exception as error:  # strangers choose what fails here, and how
            raise self._named(error, seconds) from None

    def _open(self) -> CheckpointReader:
        if self._reader is None:
            if len(self.location) > LONGEST:
                raise StorageError(
                    f"{self.location[:80]}…: {len(self.location)} characters, at most {LONGEST}"
                    " make a location"
                )
            self._reader = open_reader(self.location, allow_local=self.allow_local, web=self.web)
        return self._reader

    def _named(self, error: Exception, seconds: float) -> StorageError:
        """Error with a text that is short and printable, whatever the stranger put into it."""
        kind, text = StorageUnreachable, f"{self.location}: {type(error).__name__}: {error}"
        if isinstance(error, StorageError):
            return type(error)(printable(str(error), _LONGEST_ERROR))
        if isinstance(error, DecodeError):
            return StorageError(printable(f"{self.location}: {error}", _LONGEST_ERROR))
        if isinstance(error, TimeoutError):
            kind, text = NoAnswerInTime, f"{self.location}: no answer within {seconds:.2g} s"
        return kind(printable(text, _LONGEST_ERROR))


def printable(text: str, longest: int) -> str:
    """Text that is safe for a terminal: cut, and without control characters."""
    cut = text if len(text) <= longest else f"{text[:longest]}…"
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in cut)
