"""Finding what validators signed. Nothing that is read is believed: each signature is checked, and
a storage that lies, lacks things, is slow or broken counts as one that has nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from hyperlane.agents.relayer.memory import Memory
from hyperlane.agents.runtime import Chain
from hyperlane.chain.abi import ValidatorAnnounce
from hyperlane.checkpoints.storage import CheckpointReader, open_reader
from hyperlane.checkpoints.web import Web
from hyperlane.errors import DecodeError, StorageError
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.typecasts import Address, address_to_bytes32, to_checksum

log = structlog.get_logger()

_LOCATIONS_LIVE = 20.0
_LOCATIONS_TRIED = 3
_FLAGS_LIVE = 5.0
_SLOW_RESTS = 30.0
"""Seconds for which a location that did not answer in time is left alone, to delay nobody."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Signed:
    """What validators signed for one leaf."""

    by_checkpoint: Mapping[Checkpoint, Mapping[Address, bytes]]
    absent: Mapping[Address, str]
    """Validators without a valid signature, in their order; why, empty if they just have none."""

    def missing(self, checkpoint: Checkpoint) -> dict[Address, str]:
        """Validators who did not sign this checkpoint, and why not."""
        others = {
            validator: "signed another root or message"
            for other, signatures in self.by_checkpoint.items()
            if other != checkpoint
            for validator in signatures
        }
        return {**self.absent, **others}


@dataclass(frozen=True, slots=True)
class _Locations:
    """Where a validator keeps its signatures, newest first."""

    readers: Sequence[tuple[str, CheckpointReader]]
    problem: str
    """Why there are no readers for some or all of what it announced."""


@dataclass(slots=True)
class Signatures:
    """What the validators of one origin say, through the locations they announced."""

    chain: Chain
    allow_local: bool
    web: Web = field(default_factory=Web)
    timeout: float = 10.0
    """Seconds that a location may take to answer."""
    _slow: Memory[str, str] = field(default_factory=lambda: Memory(_SLOW_RESTS))
    _stopped: Memory[tuple[Address, ...], list[Address]] = field(
        default_factory=lambda: Memory(_FLAGS_LIVE)
    )
    _located: Memory[Address, _Locations] = field(default_factory=lambda: Memory(_LOCATIONS_LIVE))
    _announced: Memory[tuple[Address, ...], dict[Address, _Locations]] = field(
        default_factory=lambda: Memory(0.0)
    )
    """Nothing is kept here: who announced nothing yet may do so at any moment."""

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
        """The latest index that each validator claims; those that claim none are left out."""

        async def read(_validator: Address, reader: CheckpointReader) -> int | None:
            return await reader.latest_index()

        answers = await self._ask(validators, read)
        return {item: answer for item, answer in answers.items() if isinstance(answer, int)}

    async def stopped(self, validators: tuple[Address, ...]) -> list[Address]:
        """Validators that left a reorg flag, as of a moment ago."""
        return await self._stopped.recall(validators, lambda: self._flagged(validators))

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
        """Each validator's answer, or in words why there is none."""
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
        """The first answer from a validator's locations, newest first."""
        problems = [located.problem] if located.problem else []
        for location, reader in located.readers:
            slow = self._slow.get(location)
            if slow is not None:
                problems.append(slow)
                continue
            try:
                async with asyncio.timeout(self.timeout):
                    answer = await read(validator, reader)
            except (StorageError, DecodeError) as error:
                problems.append(str(error))
            except TimeoutError:
                problems.append(f"{location}: no answer within {self.timeout:g} s")
                self._slow.put(location, problems[-1])
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
        """Where each validator keeps its signatures."""
        located = {item: known for item in validators if (known := self._located.get(item))}
        unknown = tuple(item for item in validators if item not in located)
        if unknown:
            located |= await self._announced.recall(unknown, lambda: self._read(unknown))
        return located

    async def _read(self, validators: tuple[Address, ...]) -> dict[Address, _Locations]:
        announced = await self.chain.client.call(
            self.chain.settings.validator_announce, ValidatorAnnounce.storage_locations, validators
        )
        located = dict(zip(validators, map(self._open, announced), strict=True))
        for validator, locations in located.items():
            if locations.readers:
                self._located.put(validator, locations)
        return located

    def _open(self, locations: Sequence[str]) -> _Locations:
        readers, problems = [], []
        for location in list(reversed(locations))[:_LOCATIONS_TRIED]:
            try:
                readers.append(
                    (location, open_reader(location, allow_local=self.allow_local, web=self.web))
                )
            except StorageError as error:
                problems.append(str(error))
        if not locations:
            problems.append("announced no storage location")
        return _Locations(readers, "; ".join(problems))
