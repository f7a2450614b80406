"""Looking at the storages of all validators of a chain: how far has each signed?

Strangers announce as many storages as they like, and choose what these say and how slowly. So those
that answered well the last time are looked at apart from all others, each within its time, and
no claim counts before a signature of the validator proves it.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from hyperlane.agents.relayer.origin.signatures import Newest, Signatures
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.loops import TRANSIENT
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.checkpoints.announced import LONGEST, printable
from hyperlane.checkpoints.web import Web
from hyperlane.protocol.typecasts import Address, to_checksum
from hyperlane.store.scraper.validators import Look, Status, ValidatorStore

log = structlog.get_logger()

_LOCATIONS = 3
"""Newest locations of a validator that are tried."""
_AT_ONCE = 16
"""Storages that are read at once, of each kind."""
_PER_STEP = 1000
"""Storages in one look. Those that were never looked at, or longest ago, come first: strangers may
announce a hundred thousand, and a look takes no more memory, and each storage has its turn."""
_WRITTEN_AFTER = 1.0
"""Seconds that a look waits for others before it is stored."""


@dataclass(slots=True)
class Announced:
    """Locations as the scraper stored them: what `Signatures` reads instead of asking the chain."""

    locations: Mapping[Address, list[str]] = field(default_factory=dict)

    async def of(self, validators: Sequence[Address]) -> dict[Address, list[str]]:
        """Locations of each validator, newest first."""
        return {validator: self.locations.get(validator, []) for validator in validators}


@dataclass(slots=True)
class ValidatorWatcher:
    """Watcher of the validators of one chain."""

    chain: Chain
    store: ValidatorStore
    allow_local: bool
    web: Web
    clock: Callable[[], float] = time.time
    _announced: Announced = field(default_factory=Announced)
    _signatures: Signatures = field(init=False)
    _leaves: int = 0
    """Count of the chain's leaves, when last needed."""

    def __post_init__(self) -> None:
        self._signatures = Signatures(
            self.chain, self.allow_local, self.web, announcements=self._announced
        )

    async def look_at_proven(self) -> None:
        """Look once at storages that had no problem the last time."""
        await self._look(proven=True)

    async def look_at_others(self) -> None:
        """Look once at storages that are new or had a problem."""
        await self._look(proven=False)

    async def _look(self, *, proven: bool) -> None:
        statuses = await self.store.statuses()
        self._announced.locations = await self.store.announced(_LOCATIONS)
        chosen = [
            validator
            for validator in self._announced.locations
            if proven == (validator in statuses and statuses[validator].problem is None)
        ]
        never = Status(None, None, None, 0)
        chosen.sort(key=lambda validator: statuses.get(validator, never).checked_at)
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(validator: Address) -> Look:
            async with slots:
                return await self._look_at(validator, statuses.get(validator, never))

        looks = {asyncio.create_task(one(validator)) for validator in chosen[:_PER_STEP]}
        await self._store(looks)

    async def _store(self, running: set[asyncio.Task[Look]]) -> None:
        """Store looks as they end; none waits for one that is slow."""
        failure: BaseException | None = None
        try:
            while running:
                ended, running = await asyncio.wait(running, timeout=_WRITTEN_AFTER)
                failed = [error for task in ended if (error := task.exception()) is not None]
                failure = failure or next(iter(failed), None)
                looks = [task.result() for task in ended if task.exception() is None]
                if looks:
                    await self.store.record(looks, self.clock())
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        if failure is not None:
            raise failure

    async def _look_at(self, validator: Address, before: Status) -> Look:
        known = {}
        if before.location is not None and before.index is not None:
            known[validator] = before.location, before.index
        try:
            answer = (await self._signatures.newest([validator], known))[validator]
        except TRANSIENT as error:
            answer = printable(str(error), LONGEST)
        if isinstance(answer, Newest):
            problem = await self._contradiction(answer)
            if problem is None:
                return Look(validator, answer.location, answer.index, None)
        else:
            problem = answer or "it has signed nothing yet"
        if problem != before.problem:
            log.info(
                "validator.problem",
                chain=self.chain.name,
                validator=to_checksum(validator),
                problem=problem,
            )
        return Look(validator, self._where(validator, answer), None, problem)

    def _where(self, validator: Address, answer: Newest | str) -> str | None:
        if isinstance(answer, Newest):
            return answer.location
        newest = next(iter(self._announced.locations.get(validator, ())), None)
        return None if newest is None else printable(newest, LONGEST)

    async def _contradiction(self, newest: Newest) -> str | None:
        """Tell in words how the chain contradicts a signed leaf; None if it does not."""
        if newest.checkpoint is None:
            return None  # verified before
        hook = self.chain.settings.merkle_tree_hook
        if newest.index >= self._leaves:
            self._leaves = await self.chain.client.call(hook, MerkleTreeHook.count)
        if newest.index >= self._leaves:
            return (
                f"it claims to have signed leaf {newest.index}, but {self.chain.name} has"
                f" {self._leaves} leaves"
            )
        leaf = await self.store.final_leaf(hook, newest.index)
        if leaf is not None and leaf != newest.checkpoint.message_id:
            return f"it signed another message at leaf {newest.index} than {self.chain.name} has"
        return None
