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
        self._slow: set[Bytes32] = set()

    def __len__(self) -> int:
        return len(self._lanes) + len(self._slow)

    @property
    def room(self) -> dict[Lane, int]:
        """Free places."""
        used = Counter(self._lanes.values())
        return {lane: size - used[lane] for lane, size in ROOM.items()}

    def take(self, operation: Operation) -> None:
        """An attempt begins."""
        self._lanes[operation.message.id] = operation.lane

    def slow_down(self, operation: Operation) -> bool:
        """An attempt takes long: make its place free, if there is room for it elsewhere."""
        if len(self._slow) >= SLOW_ROOM or operation.message.id not in self._lanes:
            return False
        del self._lanes[operation.message.id]
        self._slow.add(operation.message.id)
        return True

    def free(self, operation: Operation) -> None:
        """An attempt is over."""
        self._lanes.pop(operation.message.id, None)
        self._slow.discard(operation.message.id)
