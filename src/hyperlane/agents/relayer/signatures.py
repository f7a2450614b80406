"""Finding what validators signed. Nothing that is read is believed: each signature is checked, and
a storage that lies, lacks things, is slow or broken counts as one that has nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from hyperlane.agents.runtime import Chain
from hyperlane.chain.abi import ValidatorAnnounce
from hyperlane.checkpoints.storage import CheckpointReader, open_reader
from hyperlane.errors import DecodeError, StorageError
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.typecasts import Address, address_to_bytes32, to_checksum

log = structlog.get_logger()

_READ_TIMEOUT = 10.0
_LOCATIONS_LIVE = 20.0
_LOCATIONS_TRIED = 3

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Signatures:
    """What the validators of one origin say, through the locations they announced."""

    chain: Chain
    allow_local: bool
    clock: Callable[[], float] = time.monotonic
    _readers: dict[Address, tuple[float, list[CheckpointReader]]] = field(default_factory=dict)

    async def at(
        self, validators: Sequence[Address], index: int
    ) -> dict[Checkpoint, dict[Address, bytes]]:
        """Valid signatures for leaf `index` by what was signed and by whom."""
        await self._locate(validators)
        found: dict[Checkpoint, dict[Address, bytes]] = {}
        answers = await asyncio.gather(*(self._signed(item, index) for item in set(validators)))
        for validator, checkpoint, signature in filter(None, answers):
            found.setdefault(checkpoint, {})[validator] = signature
        return found

    async def latest(self, validators: Sequence[Address]) -> dict[Address, int]:
        """The latest index that each validator claims; those that claim none are left out."""
        await self._locate(validators)
        asked = sorted(set(validators))
        answers = await asyncio.gather(
            *(self._first(item, lambda reader: reader.latest_index()) for item in asked)
        )
        return {
            item: answer for item, answer in zip(asked, answers, strict=True) if answer is not None
        }

    async def stopped(self, validators: Sequence[Address]) -> list[Address]:
        """Validators that left a reorg flag."""

        async def flagged(reader: CheckpointReader) -> bool | None:
            return await reader.has_reorg_flag() or None

        await self._locate(validators)
        asked = sorted(set(validators))
        answers = await asyncio.gather(*(self._first(item, flagged) for item in asked))
        return [item for item, answer in zip(asked, answers, strict=True) if answer]

    async def _signed(
        self, validator: Address, index: int
    ) -> tuple[Address, Checkpoint, bytes] | None:
        async def read(reader: CheckpointReader) -> tuple[Address, Checkpoint, bytes] | None:
            signed = await reader.checkpoint(index)
            if signed is None:
                return None
            checkpoint = signed.checkpoint
            expected = (
                self.chain.domain,
                address_to_bytes32(self.chain.settings.merkle_tree_hook),
                index,
            )
            if (checkpoint.origin, checkpoint.merkle_tree_hook, checkpoint.index) != expected:
                raise StorageError(f"checkpoint {index} is of another tree or index")
            if signed.signer != validator:
                raise StorageError(f"checkpoint {index} is signed by {to_checksum(signed.signer)}")
            return validator, checkpoint, signed.signature

        return await self._first(validator, read)

    async def _first(
        self,
        validator: Address,
        read: Callable[[CheckpointReader], Awaitable[Answer | None]],
    ) -> Answer | None:
        """The first answer from a validator's locations, newest first."""
        for reader in self._readers[validator][1]:
            try:
                answer = await asyncio.wait_for(read(reader), _READ_TIMEOUT)
            except (StorageError, DecodeError, TimeoutError) as error:
                log.warning(
                    "checkpoint.unusable",
                    origin=self.chain.name,
                    validator=to_checksum(validator),
                    error=str(error) or "timed out",
                )
                continue
            if answer is not None:
                return answer
        return None

    async def _locate(self, validators: Sequence[Address]) -> None:
        """Read announced locations of validators whose readers are missing or old."""
        now = self.clock()
        stale = sorted(
            item
            for item in set(validators)
            if item not in self._readers or now - self._readers[item][0] > _LOCATIONS_LIVE
        )
        if not stale:
            return
        announced = await self.chain.client.call(
            self.chain.settings.validator_announce, ValidatorAnnounce.storage_locations, stale
        )
        for validator, locations in zip(stale, announced, strict=True):
            newest = list(reversed(locations))[:_LOCATIONS_TRIED]
            readers = [reader for item in newest if (reader := self._open(validator, item))]
            # Only announced validators are remembered for long: others may announce any moment.
            self._readers[validator] = (now if readers else float("-inf"), readers)

    def _open(self, validator: Address, location: str) -> CheckpointReader | None:
        try:
            return open_reader(location, allow_local=self.allow_local)
        except StorageError as error:
            log.warning(
                "checkpoint.unusable",
                origin=self.chain.name,
                validator=to_checksum(validator),
                error=str(error),
            )
            return None
