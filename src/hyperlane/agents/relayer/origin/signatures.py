"""Reading the validators' signatures from the storages that they announced.

Every signature is checked. A storage that has wrong data, lacks data, is slow or broken counts as
one that has nothing, and delays or breaks the reading of no other validator's storage.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

import structlog

from hyperlane.agents.runtime.announcements import Announcements
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.ttl_cache import SingleFlight, TtlCache
from hyperlane.checkpoints.announced import AnnouncedLocation, NoAnswerInTime, printable
from hyperlane.checkpoints.documents import RpcHashes
from hyperlane.checkpoints.storage import CheckpointReader
from hyperlane.checkpoints.web import Web
from hyperlane.errors import ChainError, StorageError
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.typecasts import Address, address_to_bytes32, to_checksum

log = structlog.get_logger()

_LOCATIONS_TTL = 20.0
_LOCATIONS_USABLE = 3600.0
"""Seconds for which locations are read while the chain is asked for newer ones."""
_LOCATIONS_TRIED = 3
"""Newest locations of a validator that are read; it may announce any number."""
_LONGEST_PROBLEM = 400
"""Characters of a node's error in a detail."""
_FLAGS_TTL = 5.0
_SLOW_TTL = 30.0
"""Seconds for which a location is skipped that did not answer in time, so that it delays nobody."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Signed:
    """Signatures of validators for one leaf."""

    by_checkpoint: Mapping[Checkpoint, Mapping[Address, bytes]]
    absent: Mapping[Address, str]
    """Validators without a valid signature, in order, and why; empty if the storage has none."""

    def missing(self, checkpoint: Checkpoint) -> dict[Address, str]:
        """Validators that did not sign this checkpoint, and why not."""
        others = {
            validator: "signed another root or message"
            for other, signatures in self.by_checkpoint.items()
            if other != checkpoint
            for validator in signatures
        }
        return {**self.absent, **others}


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest leaf that a validator claims to have signed."""

    location: str
    """Where it says so."""
    index: int
    checkpoint: Checkpoint | None
    """What it signed; None if it was not read, as it was known."""


class LocationSource(Protocol):
    """Whatever knows the storage locations that validators announced."""

    async def of(self, validators: Sequence[Address]) -> Mapping[Address, list[str] | ChainError]:
        """Locations of each validator, newest first, or the error that kept them from being read.

        ChainError if there is such an error for every validator.
        """


@dataclass(frozen=True, slots=True)
class _Locations:
    """Storage locations that a validator announced, newest first."""

    announced: Sequence[AnnouncedLocation]
    problem: str = ""
    """Why there are no locations."""


@dataclass(slots=True)
class Signatures:
    """Reads what the validators of one origin signed, from the locations that they announced."""

    chain: Chain
    allow_local: bool
    web: Web = field(default_factory=Web)
    timeout: float = 10.0
    """Seconds in which all locations of one validator together have to answer."""
    announcements: LocationSource | None = None
    """None: the chain itself is asked."""
    _slow: TtlCache[str, str] = field(default_factory=lambda: TtlCache(_SLOW_TTL))
    _stopped: TtlCache[tuple[Address, ...], list[Address]] = field(
        default_factory=lambda: TtlCache(_FLAGS_TTL)
    )
    _located: TtlCache[Address, _Locations] = field(
        default_factory=lambda: TtlCache(_LOCATIONS_TTL, usable=_LOCATIONS_USABLE)
    )
    _announced: SingleFlight[tuple[Address, ...], dict[Address, _Locations]] = field(
        default_factory=SingleFlight
    )
    """Merges concurrent look-ups only: a validator without a location may announce one any time."""

    def __post_init__(self) -> None:
        self.announcements = self.announcements or Announcements(self.chain)

    async def at(self, validators: Sequence[Address], index: int) -> Signed:
        """Valid signatures for leaf `index`."""
        signed: dict[Checkpoint, dict[Address, bytes]] = {}
        absent = {}

        async def read(validator: Address, reader: CheckpointReader) -> SignedCheckpoint | None:
            return self._checked(await reader.checkpoint(index), validator, index)

        for validator, answer in (await self._ask(validators, read)).items():
            if isinstance(answer, str):
                absent[validator] = answer
            else:
                signed.setdefault(answer.checkpoint, {})[validator] = answer.signature
        return Signed(signed, absent)

    async def latest(self, validators: Sequence[Address]) -> dict[Address, int]:
        """The latest index that each validator claims to have signed; others are left out."""

        async def read(_validator: Address, reader: CheckpointReader) -> int | None:
            return await reader.latest_index()

        answers = await self._ask(validators, read)
        return {item: answer for item, answer in answers.items() if isinstance(answer, int)}

    async def newest(
        self, validators: Sequence[Address], known: Mapping[Address, tuple[str, int]]
    ) -> dict[Address, Newest | str]:
        """The newest leaf of each validator, whose signature is checked; or why there is none,
        empty if its storage has none. Where location and index are `known`, it is not read."""

        async def read(validator: Address, reader: CheckpointReader) -> Newest | None:
            index = await reader.latest_index()
            if index is None:
                return None
            if known.get(validator) == (reader.location, index):
                return Newest(reader.location, index, None)
            signed = self._checked(await reader.checkpoint(index), validator, index)
            if signed is None:
                raise StorageError(
                    f"{reader.location}: claims to have signed leaf {index}, but has no checkpoint"
                    " of it"
                )
            return Newest(reader.location, index, signed.checkpoint)

        return await self._ask(validators, read)

    async def written(self, indices: Mapping[Address, int]) -> dict[Address, float]:
        """Read when each validator's checkpoint of its index was stored, in Unix seconds, as its
        storage says; validators whose storage does not say are left out."""

        async def read(validator: Address, reader: CheckpointReader) -> float | None:
            return await reader.written_at(indices[validator])

        answers = await self._ask(list(indices), read)
        return {item: answer for item, answer in answers.items() if isinstance(answer, float)}

    async def rpcs(self, validators: Sequence[Address]) -> dict[Address, frozenset[RpcHashes]]:
        """The RPCs that validators say they use; those that say nothing are left out."""

        answers = await self._ask(validators, lambda _, reader: reader.rpcs())
        return {item: answer for item, answer in answers.items() if not isinstance(answer, str)}

    async def stopped(self, validators: tuple[Address, ...]) -> list[Address]:
        """Validators whose storage has a reorg flag, as of at most `_FLAGS_TTL` seconds ago."""
        return await self._stopped.get_or_find(validators, lambda: self._flagged(validators))

    def forget_expired(self, validators: Sequence[Address]) -> None:
        """Read the locations of validators again before they are used, unless they are recent."""
        for validator in validators:
            self._located.forget_expired(validator)

    async def _flagged(self, validators: Sequence[Address]) -> list[Address]:
        async def read(_validator: Address, reader: CheckpointReader) -> bool | None:
            return await reader.has_reorg_flag() or None

        answers = await self._ask(validators, read)
        return [validator for validator, answer in answers.items() if answer is True]

    def _checked(
        self, signed: SignedCheckpoint | None, validator: Address, index: int
    ) -> SignedCheckpoint | None:
        if signed is None:
            return None
        hook = address_to_bytes32(self.chain.settings.merkle_tree_hook)
        found = signed.checkpoint
        if (found.origin, found.merkle_tree_hook, found.index) != (self.chain.domain, hook, index):
            raise StorageError(f"checkpoint {index} is of another tree or index")
        if signed.signer != validator:
            raise StorageError(f"checkpoint {index} is signed by {to_checksum(signed.signer)}")
        return signed

    async def _ask(
        self,
        validators: Sequence[Address],
        read: Callable[[Address, CheckpointReader], Awaitable[Answer | None]],
    ) -> dict[Address, Answer | str]:
        """Each validator's answer, or the reason why there is none, in words."""
        asked = list(dict.fromkeys(validators))
        located = await self._locate(asked)
        answers = await asyncio.gather(*(self._first(item, located[item], read) for item in asked))
        return dict(zip(asked, answers, strict=True))

    async def _first(
        self,
        validator: Address,
        located: _Locations,
        read: Callable[[Address, CheckpointReader], Awaitable[Answer | None]],
    ) -> Answer | str:
        """The first answer from a validator's locations, newest first.

        All of them share one time limit, so that announcing many slow ones delays a delivery no
        more than announcing one.
        """
        problems = [located.problem] if located.problem else []
        loop = asyncio.get_running_loop()
        end = loop.time() + self.timeout
        for each in located.announced:
            slow = self._slow.get(each.location)
            if slow is not None:
                problems.append(slow)
                continue
            left = end - loop.time()
            if left <= 0:
                problems.append(f"its other locations took {self.timeout:g} s")
                break
            try:
                answer = await each.read(partial(read, validator), left)
            except StorageError as error:
                problems.append(str(error))
                # A location with little time left, because others before it took it, is not slow.
                if isinstance(error, NoAnswerInTime) and left > self.timeout / 2:
                    self._slow.put(each.location, problems[-1])
            else:
                if answer is not None:
                    return answer
                continue
            log.warning(
                "checkpoint.unusable",
                origin=self.chain.name,
                validator=to_checksum(validator),
                error=problems[-1],
            )
        return "; ".join(problems)

    async def _locate(self, validators: Sequence[Address]) -> dict[Address, _Locations]:
        """Find the storage locations of each validator."""
        located = {item: known for item in validators if (known := self._located.get(item))}
        unknown = tuple(item for item in validators if item not in located)
        if not unknown:
            return located
        stale = {item: known for item in unknown if (known := self._located.stale(item))}
        reading = self._announced.begin(unknown, lambda: self._read(unknown))
        found = stale if len(stale) == len(unknown) else await asyncio.shield(reading)
        return located | found

    async def _read(self, validators: tuple[Address, ...]) -> dict[Address, _Locations]:
        assert self.announcements is not None
        announced = await self.announcements.of(validators)
        located = {validator: self._open(announced[validator]) for validator in validators}
        for validator, locations in located.items():
            if locations.announced:
                self._located.put(validator, locations)
        return located

    def _open(self, locations: Sequence[str] | ChainError) -> _Locations:
        if isinstance(locations, ChainError):
            return _Locations((), printable(str(locations), _LONGEST_PROBLEM))
        if not locations:
            return _Locations((), "announced no storage location")
        return _Locations(
            [
                AnnouncedLocation(location, self.allow_local, self.web)
                for location in locations[:_LOCATIONS_TRIED]
            ]
        )
