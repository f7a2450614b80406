"""How many deliveries are attempted at once."""

from collections import Counter

from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.operations import Lane, Operation

ROOM = {Lane.PAID: 256, Lane.FRESH: 256, Lane.PAID_RETRY: 64, Lane.RETRY: 64}
"""Attempts at once in each lane."""
SLOW_ROOM = 256
"""Attempts in all lanes that take long: they do not hold places in their lanes."""


class Slots:
    """Places for attempts, by lane."""

    def __init__(self) -> None:
        self._lanes: dict[Bytes32, Lane] = {}
        self._slow: dict[Bytes32, Lane] = {}
        self.attempts: Counter[Lane] = Counter()
        """In each lane, the slow ones too."""

    @property
    def room(self) -> dict[Lane, int]:
        """Free places."""
        used = Counter(self._lanes.values())
        return {lane: size - used[lane] for lane, size in ROOM.items()}

    def take(self, operation: Operation) -> None:
        """An attempt begins."""
        self._lanes[operation.message.id] = operation.lane
        self.attempts[operation.lane] += 1

    def slow_down(self, operation: Operation) -> bool:
        """An attempt takes long: make its place free, if there is room for it elsewhere."""
        lane = self._lanes.get(operation.message.id)
        if lane is None or len(self._slow) >= SLOW_ROOM:
            return False
        self._slow[operation.message.id] = self._lanes.pop(operation.message.id)
        return True

    def free(self, operation: Operation) -> None:
        """An attempt is over."""
        for places in (self._lanes, self._slow):
            if operation.message.id in places:
                self.attempts[places.pop(operation.message.id)] -= 1
