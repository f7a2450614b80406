"""The form above a list of messages, read from the URL and written back to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

from hyperlane.errors import DecodeError
from hyperlane.explorer.pages.site import as_word, read_address
from hyperlane.explorer.queries.messages import Wanted
from hyperlane.explorer.queries.paging import Place, decode_place, encode_place
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.wording import shown

FIELDS = ("origin", "destination", "status", "sender", "recipient", "since", "until")
_STATES = {"delivered": True, "waiting": False}
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters that were asked for, and those that could not be understood."""

    wanted: Wanted
    after: Place | None
    given: Mapping[str, str]
    """Texts of the form's fields that were filled in."""
    problems: tuple[str, ...]

    def older(self, place: Place) -> str:
        """Query of the page that continues below a place."""
        return "?" + urlencode({**self.given, "after": encode_place(place)})

    @property
    def newest(self) -> str:
        """Query of the first page."""
        return "?" + urlencode(self.given) if self.given else "?"


@dataclass(slots=True)
class _Reading:
    given: Mapping[str, str]
    problems: list[str] = field(default_factory=list)

    def domain(self, name: str) -> int | None:
        text = self.given.get(name)
        if text is None:
            return None
        if text.isascii() and text.isdigit() and int(text[:11]) < 2**32:
            return int(text[:11])
        self._refuse(name, "the domain of a chain")
        return None

    def address(self, name: str) -> Bytes32 | None:
        text = self.given.get(name)
        if text is None:
            return None
        address = read_address(text)
        if address is None:
            self._refuse(name, "an address, 0x and 40 or 64 hex digits")
            return None
        return as_word(address)

    def time(self, name: str) -> int | None:
        text = self.given.get(name)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            return int(moment.timestamp())
        except (ValueError, OverflowError):
            self._refuse(name, "a time such as 2026-11-30T05:20, in UTC")
        return None

    def delivered(self) -> bool | None:
        text = self.given.get("status")
        if text is None or text in _STATES:
            return None if text is None else _STATES[text]
        self._refuse("status", "delivered or waiting")
        return None

    def place(self, text: str) -> Place | None:
        try:
            return decode_place(text) if text else None
        except DecodeError as error:
            self.problems.append(str(error))
            return None

    def _refuse(self, name: str, expected: str) -> None:
        self.problems.append(f"{name}: {shown(self.given[name])}; expected {expected}")


def read_filters(query: Mapping[str, str]) -> Filters:
    """Read a URL's query. Empty fields are as good as none: forms send them."""
    given = {name: query[name].strip()[:_LONGEST] for name in FIELDS if query.get(name, "").strip()}
    reading = _Reading(given)
    wanted = Wanted(
        origin=reading.domain("origin"),
        destination=reading.domain("destination"),
        sender=reading.address("sender"),
        recipient=reading.address("recipient"),
        delivered=reading.delivered(),
        since=reading.time("since"),
        until=reading.time("until"),
    )
    after = reading.place(query.get("after", ""))
    return Filters(wanted, after, given, tuple(reading.problems))
