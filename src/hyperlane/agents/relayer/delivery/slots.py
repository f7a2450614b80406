"""Limits on how many deliveries are attempted at once."""

from collections import Counter

from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.operations import Lane, Operation

ROOM = {Lane.PAID: 256, Lane.FRESH: 256, Lane.PAID_RETRY: 64, Lane.RETRY: 64}
"""Slots of each lane."""
SLOW_ROOM = 256
"""Slots for attempts of all lanes that take long."""


class Slots:
    """Slots for attempts, by lane.

    An attempt that takes long moves out of its lane, so that strangers' slow servers cannot occupy
    a lane; `SLOW_ROOM` bounds how many can.
    """

    def __init__(self) -> None:
        self._lanes: dict[Bytes32, Lane] = {}
        self._slow: dict[Bytes32, Lane] = {}
        self.attempts: Counter[Lane] = Counter()
        """Attempts of each lane, slow ones included."""

    @property
    def room(self) -> dict[Lane, int]:
        """Free slots of each lane."""
        used = Counter(self._lanes.values())
        return {lane: size - used[lane] for lane, size in ROOM.items()}

    def take(self, operation: Operation) -> None:
        """Occupy a slot: an attempt begins."""
        self._lanes[operation.message.id] = operation.lane
        self.attempts[operation.lane] += 1

    def slow_down(self, operation: Operation) -> bool:
        """Move an attempt that takes long out of its lane; False if there is no room for it."""
        lane = self._lanes.get(operation.message.id)
        if lane is None or len(self._slow) >= SLOW_ROOM:
            return False
        self._slow[operation.message.id] = self._lanes.pop(operation.message.id)
        return True

    def free(self, operation: Operation) -> None:
        """Free the slot of an attempt that is over."""
        for places in (self._lanes, self._slow):
            if operation.message.id in places:
                self.attempts[places.pop(operation.message.id)] -= 1
