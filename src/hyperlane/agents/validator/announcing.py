"""Announcement of a validator's storage location on chain."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.execute import execute
from hyperlane.agents.runtime.loops import TRANSIENT
from hyperlane.agents.runtime.refusals import OutOfFunds
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.abi import ValidatorAnnounce
from hyperlane.chain.signer import address_of
from hyperlane.checkpoints.storage import CheckpointStorage
from hyperlane.metrics import Metrics
from hyperlane.protocol.announcement import Announcement
from hyperlane.protocol.typecasts import address_to_bytes32

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

log = structlog.get_logger()

_FIRST_PAUSE = 30.0
_LONGEST_PAUSE = 900.0


@dataclass(slots=True)
class Announcer:
    """Announces one storage location of one validator until the chain lists it."""

    chain: Chain
    account: "BaseAccount"
    """The validator's signing key."""
    sender: Sender
    """Sender of the key that pays for the transaction."""
    storage: CheckpointStorage
    metrics: Metrics
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def publish(self) -> None:
        """Write the signed announcement into the storage."""
        await self.storage.write_announcement(self._announcement, await self._sign())

    async def run(self) -> None:
        """Return once the chain lists the location; until then try, and wait for funds."""
        name = self.chain.name
        pause = _FIRST_PAUSE
        while True:
            try:
                announced = await self.is_announced()
                self.metrics.announced.labels(name).set(int(announced))
                if announced:
                    break
                await self._announce()
            except OutOfFunds as error:
                log.warning("announcement.unfunded", chain=name, error=str(error))
                await self.sleep(_FIRST_PAUSE)
            except TRANSIENT as error:
                delay = pause * random.uniform(0.8, 1.0)  # noqa: S311 - only jitter
                pause = min(2 * pause, _LONGEST_PAUSE)
                log.warning(
                    "announcement.failed", chain=name, error=str(error), retry_in=round(delay)
                )
                await self.sleep(delay)
        log.info(
            "validator.announced",
            chain=name,
            validator=self.account.address,
            location=self.storage.location,
        )

    async def is_announced(self) -> bool:
        """Whether the chain lists exactly this location."""
        (locations,) = await self.chain.client.call(
            self.chain.settings.validator_announce,
            ValidatorAnnounce.storage_locations,
            [address_of(self.account)],
        )
        return self.storage.location in locations

    async def _announce(self) -> None:
        await execute(
            self.chain,
            self.sender,
            "announcement",
            self.chain.settings.validator_announce,
            ValidatorAnnounce.announce.encode(
                address_of(self.account), self.storage.location, await self._sign()
            ),
            self.sleep,
        )

    @property
    def _announcement(self) -> Announcement:
        return Announcement(
            self.chain.domain,
            address_to_bytes32(self.chain.settings.mailbox),
            address_of(self.account),
            self.storage.location,
        )

    async def _sign(self) -> bytes:
        # In a thread: the key may be behind a network.
        return await asyncio.to_thread(self._announcement.sign, self.account)
