"""Reading everything that the validators of one chain signed, and judging it by the true tree.

Storages are looked through from the first index on, again and again: a checkpoint may be replaced
after it was used. What is beyond the tree's end is looked for too, since nothing honest is there.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog

from hyperlane.agents.runtime import Chain
from hyperlane.agents.watchtower.judging import FaultKind, judge
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.chain.abi import MerkleTreeHook, ValidatorAnnounce
from hyperlane.checkpoints.storage import CheckpointReader, open_reader
from hyperlane.checkpoints.web import Web
from hyperlane.errors import DecodeError, StorageError
from hyperlane.metrics import Metrics
from hyperlane.protocol.checkpoint import SignedCheckpoint
from hyperlane.protocol.typecasts import Address, address_to_bytes32, to_checksum
from hyperlane.store.sightings import Sighting, SightingStore

log = structlog.get_logger()

Answer = TypeVar("Answer")

_READ_TIMEOUT = 10.0
_READS_AT_ONCE = 10
_NEW_AT_ONCE = 500
_AGAIN_AT_ONCE = 20
_AHEAD = 3
"""Indexes beyond the tree that are looked at besides the one claimed as latest."""


@dataclass(slots=True)
class Watched:
    """One announced location of one validator."""

    validator: Address
    location: str
    reader: CheckpointReader
    next_index: int
    """All below were seen once."""
    again: int = 0
    """Where the next look at old ones begins."""
    claimed: int | None = None
    """The latest index, as the validator says."""
    flagged: bool = False
    """Whether it left a reorg flag."""
    reads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_READS_AT_ONCE))
    """Its own: a storage that answers slowly does not take the turns of others."""

    def wanted(self, leaves: int) -> list[int]:
        """The indexes to read now, when the tree has so many final leaves."""
        new = range(self.next_index, min(leaves, self.next_index + _NEW_AT_ONCE))
        ahead = range(leaves, leaves + _AHEAD)
        claimed = [] if self.claimed is None else [self.claimed]
        seen = min(self.next_index, leaves)
        old = [(self.again + step) % seen for step in range(min(_AGAIN_AT_ONCE, seen))]
        self.again = (self.again + _AGAIN_AT_ONCE) % max(1, seen)
        return sorted({*new, *ahead, *claimed, *old})


@dataclass(slots=True)
class Watcher:
    """Looks at one chain's validators."""

    chain: Chain
    tree: TrueTree
    sightings: SightingStore
    metrics: Metrics
    allow_local: bool
    web: Web = field(default_factory=Web)
    clock: Callable[[], float] = time.time
    locations: dict[tuple[Address, str], Watched] = field(default_factory=dict)

    def validators(self) -> set[Address]:
        """Whose signatures are read."""
        return {validator for validator, _ in self.locations}

    async def step(self) -> None:
        """Take in new leaves and announcements, then one look at every location."""
        await self.tree.sync()
        await self._find_locations()
        await asyncio.gather(*map(self._look, self.locations.values()))

    async def _find_locations(self) -> None:
        """All that is announced. Locations are never taken back, nor forgotten here."""
        client, announce = self.chain.client, self.chain.settings.validator_announce
        validators = await client.call(announce, ValidatorAnnounce.validators)
        announced = await client.call(announce, ValidatorAnnounce.storage_locations, validators)
        for validator, locations in zip(validators, announced, strict=True):
            for location in locations:
                if (validator, location) not in self.locations:
                    await self._watch(validator, location)

    async def _watch(self, validator: Address, location: str) -> None:
        try:
            reader = open_reader(location, allow_local=self.allow_local, web=self.web)
        except StorageError as error:
            log.warning("location.unreadable", error=str(error), **self._who(validator))
            return
        highest = await self.sightings.highest_index(validator, location)
        self.locations[validator, location] = Watched(
            validator, location, reader, 0 if highest is None else highest + 1
        )
        log.info("location.watched", location=location, **self._who(validator))

    async def _look(self, watched: Watched) -> None:
        watched.claimed = await self._read(watched, watched.reader.latest_index)
        flagged = bool(await self._read(watched, watched.reader.has_reorg_flag))
        if flagged and not watched.flagged:
            log.error("validator.reorg_flag", location=watched.location, **self._who(watched))
        watched.flagged = flagged
        indexes = watched.wanted(self.tree.count)
        found = await asyncio.gather(
            *(self._read(watched, partial(watched.reader.checkpoint, index)) for index in indexes)
        )
        seen = [item for item in found if item is not None]
        await self._judge(watched, seen)
        stored = {item.checkpoint.index for item in seen}
        while watched.next_index in stored and watched.next_index < self.tree.count:
            watched.next_index += 1
        self._measure(watched)

    async def _judge(self, watched: Watched, found: Iterable[SignedCheckpoint]) -> None:
        hook = address_to_bytes32(self.chain.settings.merkle_tree_hook)
        known, ahead = [], []
        for signed in found:
            checkpoint = signed.checkpoint
            if checkpoint.origin != self.chain.domain:
                log.warning("checkpoint.foreign", index=checkpoint.index, **self._who(watched))
            elif checkpoint.merkle_tree_hook != hook or checkpoint.index < self.tree.count:
                known.append((signed, judge(signed, self.tree.tree, hook)))
            else:
                ahead.append(signed)
        if ahead:
            # Counted after the storage was read: a leaf that was signed honestly is counted now.
            count = await self.chain.client.call(
                self.chain.settings.merkle_tree_hook, MerkleTreeHook.count
            )
            known += [
                (item, FaultKind.PREMATURE) for item in ahead if item.checkpoint.index >= count
            ]
        await self._keep(watched, known)

    async def _keep(
        self, watched: Watched, judged: Iterable[tuple[SignedCheckpoint, FaultKind | None]]
    ) -> None:
        sightings = []
        for signed, fault in judged:
            try:
                signer = signed.signer
            except DecodeError as error:
                log.warning("checkpoint.unusable", error=str(error), **self._who(watched))
                continue
            sightings.append(Sighting(signed, signer, watched.location, fault))
        await self.sightings.add(sightings, self.clock())

    async def _read(self, watched: Watched, read: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """What a storage answers; None when it does not, or nothing usable."""
        try:
            async with watched.reads, asyncio.timeout(_READ_TIMEOUT):
                return await read()
        except (StorageError, DecodeError, TimeoutError) as error:
            log.warning(
                "checkpoint.unusable", error=str(error) or "timed out", **self._who(watched)
            )
            return None

    def _measure(self, watched: Watched) -> None:
        self.metrics.validator_lag.labels(
            self.chain.name, to_checksum(watched.validator), watched.location
        ).set(max(0, self.tree.count - watched.next_index))

    def _who(self, who: Watched | Address) -> dict[str, str]:
        validator = who.validator if isinstance(who, Watched) else who
        return {"chain": self.chain.name, "validator": to_checksum(validator)}
