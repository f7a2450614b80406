"""Inspection of an operator's storages, before anybody says that it left a leaf out.

That the watchtower has no sighting proves nothing: it may not have looked yet. So every location
that the operator announced is read for this very leaf, after it was due. A location without an
answer leaves the question open, until it was silent for a day while other storages had the leaf.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

import structlog

from hyperlane.agents.runtime.announcements import Announcements
from hyperlane.agents.runtime.chain import Chain
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
CUT_OFF = 3 * DARK
"""The same while all locations of its service are silent: it may be this machine's network."""
_TIMEOUT = 10.0
_READS_AT_ONCE = 32
_MOST_PLACES = 1024
"""Locations of one operator that are read, of its latest key first: an honest one has a few."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One inspection: the operator's keys and the leaf."""

    keys: Sequence[Address]
    """Keys whose signatures count."""
    others: Sequence[Address]
    index: int


class Verdict(Enum):
    """Result of reading all locations of an operator for one leaf."""

    SIGNED = auto()
    LEFT_OUT = auto()
    """Each was read, and none has it."""
    UNKNOWN = auto()
    """Some could not be read."""


@dataclass(slots=True, kw_only=True)
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

    async def inspect(
        self, keys: Sequence[Address], others: Sequence[Address], index: int
    ) -> Verdict:
        """Find out whether one of these keys of an operator signed the leaf anywhere.

        `others` are keys of other validators. ChainError when announcements cannot be read.
        """
        asked = _Asked(keys, others, index)
        places = []
        for validator, locations in (await self.announcements.of(keys)).items():
            if isinstance(locations, ChainError):
                raise locations
            places += [(validator, location) for location in locations]
        turns = asyncio.Semaphore(_READS_AT_ONCE)

        async def look(validator: Address, location: str) -> Verdict:
            async with turns:
                return await self._look(asked, validator, location)

        verdicts = set(await asyncio.gather(*(look(*place) for place in places[:_MOST_PLACES])))
        for verdict in (Verdict.SIGNED, Verdict.UNKNOWN):
            if verdict in verdicts:
                return verdict
        return Verdict.LEFT_OUT

    async def _look(self, asked: _Asked, validator: Address, location: str) -> Verdict:
        try:
            signed = await self._read(location, asked.index)
        except StorageUnreachable as error:
            return await self._silent(asked, validator, location, str(error))
        except StorageError:
            signed = None  # unusable for everybody
        self._silent_since.pop((validator, location), None)
        if signed is not None and await self._counts(asked, signed, location):
            return Verdict.SIGNED
        return Verdict.LEFT_OUT

    async def _read(self, location: str, index: int) -> SignedCheckpoint | None:
        announced = AnnouncedLocation(location, self.allow_local, self.web)
        return await announced.read(lambda reader: reader.checkpoint(index), _TIMEOUT)

    async def _counts(self, asked: _Asked, signed: SignedCheckpoint, location: str) -> bool:
        """Whether it is a true signature of the operator on the leaf; if so, it is stored."""
        checkpoint, hook = signed.checkpoint, self.chain.settings.merkle_tree_hook
        if (checkpoint.origin, checkpoint.merkle_tree_hook, checkpoint.index) != (
            self.chain.domain,
            address_to_bytes32(hook),
            asked.index,
        ):
            return False
        try:
            signer = signed.signer
        except DecodeError:
            return False
        fault = judge(signed, self.tree.tree, checkpoint.merkle_tree_hook)
        await self.sightings.add([Sighting(signed, signer, location, fault)], self.clock())
        return fault is None and signer in asked.keys

    async def _silent(
        self, asked: _Asked, validator: Address, location: str, error: str
    ) -> Verdict:
        since = self._silent_since.setdefault((validator, location), self.clock())
        silent = self.clock() - since
        log.warning(
            "operator.unreadable",
            chain=self.chain.name,
            validator=to_checksum(validator),
            index=asked.index,
            silent=round(silent),
            error=error,
        )
        if silent < DARK or not await self._others_have(asked, location, silent):
            return Verdict.UNKNOWN
        return Verdict.LEFT_OUT

    async def _others_have(self, asked: _Asked, location: str, silent: float) -> bool:
        """Whether a storage of another validator gives its signature on the leaf now.

        For some days it has to be one of the same service, if other validators use that.
        """
        places = await self.sightings.places(asked.index, asked.others)
        near = [place for place in places if service_of(place) == service_of(location)]
        if near and silent < CUT_OFF:
            places = near
        for place in places:
            try:
                if await self._read(place, asked.index) is not None:
                    return True
            except StorageError:
                continue
        return False


def service_of(location: str) -> str:
    """Service that a location is on: locations of one service become unreachable together.

    It is the scheme, and for web servers the host: buckets of one provider share host names.
    """
    scheme, _, rest = location.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}" if scheme in ("http", "https") else scheme
