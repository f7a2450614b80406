"""Whose turn it is: pure rules of when a canary is sent, and to where."""

from collections.abc import Mapping
from dataclasses import dataclass

from hyperlane.store.canaries import DAY


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that was taken, whether or not a canary could be sent."""

    time: float
    destination: int


@dataclass(frozen=True, slots=True)
class Rotation:
    """Destinations of one origin, one after the other."""

    destinations: tuple[int, ...]
    interval: float
    """Seconds between two turns. Turns that were missed are not made up for."""
    max_in_flight: int
    """Most canaries on their way to one destination."""

    def next(self, now: float, last: Turn | None, in_flight: Mapping[int, int]) -> int | None:
        """The destination whose turn it is; None if it is too early, or none has room.

        A destination without room is passed over: the turn is that of the next one.
        """
        # A clock that was set back counts as due: the interval would last for too long.
        if last is not None and 0 <= now - last.time < self.interval:
            return None
        return next(
            (
                destination
                for destination in self._after(None if last is None else last.destination)
                if in_flight.get(destination, 0) < self.max_in_flight
            ),
            None,
        )

    def _after(self, destination: int | None) -> tuple[int, ...]:
        """All destinations, beginning with the one behind `destination`."""
        if destination not in self.destinations:
            return self.destinations
        at = self.destinations.index(destination) + 1
        return self.destinations[at:] + self.destinations[:at]


def day_of(time: float) -> float:
    """The beginning of the day (UTC) of a Unix time."""
    return time - time % DAY
