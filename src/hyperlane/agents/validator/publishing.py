"""Publishing: signatures of committed checkpoints, written into the validator's storage."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.validator.halting import Halted, Halting
from hyperlane.chain.signer import address_of
from hyperlane.checkpoints.storage import CheckpointStorage
from hyperlane.errors import DecodeError, StorageError
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.typecasts import to_checksum, to_hex
from hyperlane.store.commitments import CheckpointStore, ObservedTree

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

log = structlog.get_logger()

_BATCHES_PER_CHECK = 20


@dataclass(slots=True, kw_only=True)
class Publisher:
    """Signs committed checkpoints and writes them into the storage, each once.

    The storage is read before each signature. While it cannot be read, nothing is signed.
    """

    chain: Chain
    account: "BaseAccount"
    storage: CheckpointStorage
    commitments: CheckpointStore
    halting: Halting
    at_once: int
    """Number of checkpoints that are signed and written concurrently."""
    unchecked: int = 0
    """Published checkpoints below this index are still to be looked for in the storage, which may
    have lost them."""
    _passed: float = math.inf
    """Lowest index of the batches that failed as a whole, and that older ones do not wait for."""
    _latest_written: int = -1
    """The highest index that was written to the storage as the latest."""

    async def publish(self, batches: int) -> bool:
        """Publish the newest checkpoints that are not: a backlog delays no new message.

        Returns whether more are left. StorageError for some that cannot be read or written, which
        keep none of the others from being published.
        """
        failures: list[BaseException] = []
        stuck: list[BaseException] = []
        batch: list[Checkpoint] = []
        before: int | None = None
        for _ in range(batches):
            batch = await self.commitments.unpublished(self.at_once, before)
            if not batch:
                self._passed = math.inf
                break
            done, failures = await self._publish_all(batch)
            await self.commitments.mark_published(done)
            if done:
                continue
            if before is not None:
                self._passed = batch[-1].index
                break
            stuck, before = failures, int(min(batch[-1].index, self._passed))
        for failure in (*stuck, *failures):
            raise failure
        return bool(batch)

    async def check(self) -> None:
        """Look for some published checkpoints in the storage, newest first; sign lost ones again.

        Those that cannot be read are left to `publish`, which repeats it.
        """
        for _ in range(_BATCHES_PER_CHECK):
            batch = await self.commitments.published(self.unchecked, self.at_once)
            if not batch:
                self.unchecked = 0
                return
            done, failures = await self._publish_all(batch)
            left = [item.index for item in batch if item.index not in done]
            await self.commitments.mark_unpublished(left)
            self.unchecked = batch[-1].index
            for failure in failures:
                raise failure

    async def _publish_all(
        self, batch: Sequence[Checkpoint]
    ) -> tuple[list[int], list[BaseException]]:
        """Publish a batch, newest first; returns the indexes of those in the storage, and failures.

        All of them end before any failure counts: nothing may go on signing after a halt.
        """
        outcomes = await asyncio.gather(*map(self._publish_one, batch), return_exceptions=True)
        failures = [item for item in outcomes if item is not None]
        for failure in failures:
            if isinstance(failure, Halted):
                raise failure
        done = [
            item.index for item, outcome in zip(batch, outcomes, strict=True) if outcome is None
        ]
        if done and done[0] > self._latest_written:
            await self.storage.raise_latest_index(done[0])
            self._latest_written = done[0]
        return done, failures

    async def _publish_one(self, checkpoint: Checkpoint) -> None:
        if await self._is_published(checkpoint):
            return
        self.halting.require_running()
        # In a thread: the key may be behind a network.
        signature = await asyncio.to_thread(checkpoint.sign, self.account)
        signed = SignedCheckpoint(checkpoint, signature)
        await self.storage.write_checkpoint(signed)
        log.info(
            "checkpoint.signed",
            chain=self.chain.name,
            index=checkpoint.index,
            root=to_hex(checkpoint.root),
            message_id=to_hex(checkpoint.message_id),
        )

    async def _is_published(self, checkpoint: Checkpoint) -> bool:
        """Tell whether the storage has the checkpoint. Halted if it has another one for the index.

        StorageError when it cannot be read: it may have a signature that this database does not
        know, made before the database was restored, or on another host.
        """
        try:
            stored = await self.storage.checkpoint(checkpoint.index)
            signer = None if stored is None else stored.signer
        except (StorageError, DecodeError) as error:
            raise StorageError(
                f"{self.storage.location}: nothing is signed for leaf {checkpoint.index} before it"
                " is known what was signed: make the storage readable, or remove the object if it"
                f" never held a signature of {self.account.address}: {error}"
            ) from None
        if stored is None or signer is None:
            return False
        if signer != address_of(self.account):
            self.halting.stop(
                f"{self.storage.location}: checkpoint {checkpoint.index} is signed by"
                f" {to_checksum(signer)} and not by this validator {self.account.address}: use a"
                " storage of its own"
            )
        if stored.checkpoint != checkpoint:
            await self.halting.halt(
                f"the storage has another checkpoint {checkpoint.index} signed by this validator",
                ObservedTree(checkpoint.index, checkpoint.root, 0),
                stored.checkpoint.root,
            )
        return True
