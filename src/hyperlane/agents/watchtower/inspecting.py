"""Making sure that an operator left a leaf out, before anybody says so.

What the watchtower has not seen is no proof: it may not have looked yet. So every location that the
operator announced is asked for this very leaf, after it was due. One that gives no answer leaves
the question open, until it has given none for a day while other people's storages have the leaf.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

import structlog

from hyperlane.agents.announcements import Announcements
from hyperlane.agents.runtime import Chain
from hyperlane.agents.watchtower.judging import judge
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.checkpoints.announced import AnnouncedLocation
from hyperlane.checkpoints.web import Web
from hyperlane.errors import ChainError, DecodeError, StorageError, StorageUnreachable
from hyperlane.protocol.checkpoint import SignedCheckpoint
from hyperlane.protocol.typecasts import Address, address_to_bytes32, to_checksum
from hyperlane.store.sightings import Sighting, SightingStore

log = structlog.get_logger()

DARK = 24 * 3600.0
"""Seconds of silence after which a location counts as empty."""
_TIMEOUT = 10.0
_READS_AT_ONCE = 10


class Verdict(Enum):
    """What all locations of an operator say about one leaf."""

    SIGNED = auto()
    LEFT_OUT = auto()
    """Each was read, and none has it."""
    UNKNOWN = auto()
    """Some could not be read."""


@dataclass(slots=True)
class Inspector:
    """Reads storages for one leaf at a time."""

    chain: Chain
    announcements: Announcements
    tree: TrueTree
    sightings: SightingStore
    allow_local: bool
    web: Web
    clock: Callable[[], float] = time.time
    _silent_since: dict[tuple[Address, str], float] = field(default_factory=dict)

    async def inspect(self, keys: Iterable[Address], index: int) -> Verdict:
        """Whether one of these keys, all of one operator, signed the leaf anywhere.

        ChainError when it cannot be known what one of them announced.
        """
        own = list(keys)
        places = []
        for validator, locations in (await self.announcements.of(own)).items():
            if isinstance(locations, ChainError):
                raise locations
            places += [(validator, location) for location in locations]
        turns = asyncio.Semaphore(_READS_AT_ONCE)

        async def look(validator: Address, location: str) -> Verdict:
            async with turns:
                return await self._look(own, validator, location, index)

        verdicts = set(await asyncio.gather(*(look(*place) for place in places)))
        for verdict in (Verdict.SIGNED, Verdict.UNKNOWN):
            if verdict in verdicts:
                return verdict
        return Verdict.LEFT_OUT

    async def _look(
        self, own: list[Address], validator: Address, location: str, index: int
    ) -> Verdict:
        try:
            signed = await self._read(location, index)
        except StorageUnreachable as error:
            return await self._silent(own, validator, location, index, str(error))
        except StorageError:
            signed = None  # unusable for everybody
        self._silent_since.pop((validator, location), None)
        if signed is not None and await self._counts(own, signed, location, index):
            return Verdict.SIGNED
        return Verdict.LEFT_OUT

    async def _read(self, location: str, index: int) -> SignedCheckpoint | None:
        announced = AnnouncedLocation(location, self.allow_local, self.web)
        return await announced.read(lambda reader: reader.checkpoint(index), _TIMEOUT)

    async def _counts(
        self, own: list[Address], signed: SignedCheckpoint, location: str, index: int
    ) -> bool:
        """Whether it is a true signature of the operator's on the leaf; then it is kept."""
        checkpoint, hook = signed.checkpoint, self.chain.settings.merkle_tree_hook
        if (checkpoint.origin, checkpoint.merkle_tree_hook, checkpoint.index) != (
            self.chain.domain,
            address_to_bytes32(hook),
            index,
        ):
            return False
        try:
            signer = signed.signer
        except DecodeError:
            return False
        fault = judge(signed, self.tree.tree, checkpoint.merkle_tree_hook)
        await self.sightings.add([Sighting(signed, signer, location, fault)], self.clock())
        return fault is None and signer in own

    async def _silent(
        self, own: list[Address], validator: Address, location: str, index: int, error: str
    ) -> Verdict:
        since = self._silent_since.setdefault((validator, location), self.clock())
        log.warning(
            "operator.unreadable",
            chain=self.chain.name,
            validator=to_checksum(validator),
            index=index,
            silent=round(self.clock() - since),
            error=error,
        )
        if self.clock() - since < DARK or not await self._others_have(own, index):
            return Verdict.UNKNOWN
        return Verdict.LEFT_OUT

    async def _others_have(self, own: list[Address], index: int) -> bool:
        """Whether a storage of somebody else gives its signature on the leaf, here and now."""
        for place in await self.sightings.places(index, own):
            try:
                if await self._read(place, index) is not None:
                    return True
            except StorageError:
                continue
        return False
