"""The watch over one chain's validators: reads all their checkpoints, judges them by the true tree.

Storages are read from the first index on, again and again, as a checkpoint may be replaced after it
was used. Indexes beyond the tree's end are read, too: no honest checkpoint is there.

Strangers announce locations, too. Validators with stake have a turn in every step, all others in
rotation, and a turn is bounded in locations, reads and seconds.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog

from hyperlane.agents.runtime.announcements import Announcements
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.loops import all_ended
from hyperlane.agents.watchtower.judging import FaultKind, judge
from hyperlane.agents.watchtower.operators import staked_keys
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.agents.watchtower.watched import MOST_READS, PIECE, Watched
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.checkpoints.announced import AnnouncedLocation, printable
from hyperlane.checkpoints.storage import CheckpointReader
from hyperlane.checkpoints.web import Web
from hyperlane.errors import ChainError, DecodeError, StorageError, StorageUnreachable
from hyperlane.metrics import Metrics
from hyperlane.protocol.checkpoint import SignedCheckpoint
from hyperlane.protocol.typecasts import Address, address_to_bytes32, to_checksum
from hyperlane.store.sightings import Sighting, SightingStore

log = structlog.get_logger()

Answer = TypeVar("Answer")
Item = TypeVar("Item")

_READ_TIMEOUT = 10.0
_LOOK_SECONDS = 30.0
"""Seconds after which a look begins no more reads."""
_OTHERS_PER_STEP = 64
"""Validators without stake that have a turn in one step."""
_LATEST, _OLDER = 8, 4
"""Locations of one validator in one step: the latest, and some older ones in rotation."""
_SHOWN = 200


@dataclass(slots=True, kw_only=True)
class Watcher:
    """Watch over one chain's validators."""

    chain: Chain
    tree: TrueTree
    sightings: SightingStore
    metrics: Metrics
    allow_local: bool
    announcements: Announcements
    web: Web = field(default_factory=Web)
    clock: Callable[[], float] = time.time
    locations: dict[tuple[Address, str], Watched] = field(default_factory=dict)
    _validators: list[Address] = field(default_factory=list)
    _staked: set[Address] = field(default_factory=set)
    """Keys that have or had stake, as far as it was looked up."""
    _steps: int = 0

    def validators(self) -> list[Address]:
        """Validators that announced anything."""
        return self._validators

    async def step(self) -> None:
        """Read new leaves and announcements, then the locations whose turn it is."""
        await self.tree.sync()
        await all_ended(*map(self._look, await self._turns()))

    async def _turns(self) -> list[Watched]:
        """Locations whose turn it is. Announced locations stay for ever, also here."""
        self._validators = await self.announcements.validators()
        validators = await self._validators_in_turn()
        turns: list[Watched] = []
        for validator, locations in (await self.announcements.of(validators)).items():
            if isinstance(locations, ChainError):
                continue  # told by those who tried
            older = locations[_LATEST:]
            chosen = [*locations[:_LATEST], *_rotate(older, self._steps, _OLDER)]
            turns += [await self._watch(validator, location) for location in chosen]
        self._steps += 1
        now = self.clock()
        return [item for item in turns if item.rests_until <= now]

    async def _validators_in_turn(self) -> list[Address]:
        self._staked |= await staked_keys(self.chain)
        staked = [item for item in self._validators if item in self._staked]
        others = [item for item in self._validators if item not in self._staked]
        return [*staked, *_rotate(others, self._steps, _OTHERS_PER_STEP)]

    async def _watch(self, validator: Address, location: str) -> Watched:
        known = self.locations.get((validator, location))
        if known is not None:
            return known
        highest = await self.sightings.highest_index(validator, location)
        announced = AnnouncedLocation(location, self.allow_local, self.web)
        made = Watched(validator, announced, 0 if highest is None else highest + 1)
        self.locations[validator, location] = made
        log.info("location.watched", **self._who(made))
        return made

    async def _look(self, watched: Watched) -> None:
        end = asyncio.get_running_loop().time() + _LOOK_SECONDS
        watched.problems.clear()
        try:
            watched.claimed = await self._ask(watched, lambda reader: reader.latest_index())
        except StorageError as error:
            self._note(watched, error)
            if isinstance(error, StorageUnreachable) or not watched.announced.is_open:
                watched.was_silent(self.clock())
                return self._report(watched)
        watched.answered()
        await self._look_for_flag(watched)
        await self._take(watched, watched.always(self.tree.count))
        for _ in range(MOST_READS // PIECE):
            piece = watched.search(self.tree.count)
            if not piece or not await self._take(watched, piece):
                break
            if piece.stop >= self.tree.count or asyncio.get_running_loop().time() > end:
                break
        self._report(watched)

    async def _look_for_flag(self, watched: Watched) -> None:
        flagged = bool(await self._read(watched, lambda reader: reader.has_reorg_flag()))
        if flagged and not watched.flagged:
            log.error("validator.reorg_flag", **self._who(watched))
        watched.flagged = flagged

    async def _take(self, watched: Watched, indexes: Iterable[int]) -> int:
        """Read and judge the checkpoints of some indexes; returns how many there are."""

        async def checkpoint(index: int, reader: CheckpointReader) -> SignedCheckpoint | None:
            return await reader.checkpoint(index)

        found = await asyncio.gather(
            *(self._read(watched, partial(checkpoint, index)) for index in indexes)
        )
        seen = [item for item in found if item is not None]
        await self._judge(watched, seen)
        watched.saw((item.checkpoint.index for item in seen), self.tree.count)
        return len(seen)

    async def _judge(self, watched: Watched, found: Iterable[SignedCheckpoint]) -> None:
        hook = address_to_bytes32(self.chain.settings.merkle_tree_hook)
        known, ahead = [], []
        for signed in found:
            checkpoint = signed.checkpoint
            if checkpoint.origin != self.chain.domain:
                watched.problems.append(f"checkpoint {checkpoint.index} is of another chain")
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
                self._note(watched, error)
                continue
            sightings.append(Sighting(signed, signer, watched.location, fault))
        await self.sightings.add(sightings, self.clock())

    async def _ask(
        self, watched: Watched, what: Callable[[CheckpointReader], Awaitable[Answer]]
    ) -> Answer:
        async with watched.reads:
            return await watched.announced.read(what, _READ_TIMEOUT)

    async def _read(
        self, watched: Watched, what: Callable[[CheckpointReader], Awaitable[Answer]]
    ) -> Answer | None:
        """Read from a storage; None without a usable answer."""
        try:
            return await self._ask(watched, what)
        except StorageError as error:
            self._note(watched, error)
            return None

    def _note(self, watched: Watched, error: Exception) -> None:
        watched.problems.append(str(error))

    def _report(self, watched: Watched) -> None:
        """Log the problems of a look, in one event."""
        if watched.problems:
            log.warning(
                "checkpoint.unusable",
                error=watched.problems[0],
                errors=len(watched.problems),
                **self._who(watched),
            )
        self.metrics.validator_lag.labels(
            self.chain.name,
            to_checksum(watched.validator),
            printable(watched.location, _SHOWN),
        ).set(max(0, self.tree.count - watched.next_index))

    def _who(self, watched: Watched) -> dict[str, str]:
        return {
            "chain": self.chain.name,
            "validator": to_checksum(watched.validator),
            "location": printable(watched.location, _SHOWN),
        }


def _rotate(items: Sequence[Item], step: int, size: int) -> list[Item]:
    """The `size` items whose turn it is in a step, in rotation."""
    first = step * size % max(1, len(items))
    return [*items[first:], *items[:first]][:size]
