"""Announced storage locations of the validators of one chain.

Anybody can announce, as much as it can pay for, and for ever. So each validator is asked about by
itself, and in bounds: one that announces too much is read slowly or in part, and no other is.

Deployments differ, so there are three ways to read: in pages; all locations of one validator in one
call, with more gas if need be; its logs, newest first.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import Function, ValidatorAnnounce
from hyperlane.chain.client import Log, NoAnswer, RpcError
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, Bytes32, address_to_bytes32, to_checksum

log = structlog.get_logger()

MOST = 256
"""Locations of one validator, the latest that it announced."""
_MOST_VALIDATORS = 20_000
_LOCATIONS_PER_CALL = 8
_VALIDATORS_PER_CALL = 500
_GAS = 10**9
"""Gas of calls that exceed a node's default."""
_WINDOWS = 200
"""Ranges of blocks whose logs are read for one validator."""
_AT_ONCE = 8
_REORGED = 64
"""Blocks whose logs are read again, as a reorg may have changed them."""


@dataclass(slots=True)
class Announcements:
    """Reader of announced locations; asks only for those that are new since the last time."""

    chain: Chain
    _paged: bool | None = None
    """Whether the contract can be asked in pages; None before it was tried."""
    _known: dict[Address, tuple[int, list[str]]] = field(default_factory=dict)
    """By validator, read in pages: number of locations, and the latest of them, in order."""
    _logged: dict[Address, tuple[int, list[str]]] = field(default_factory=dict)
    """By validator, read from logs: the last block read, and the locations up to it."""
    _asked: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def validators(self) -> list[Address]:
        """Validators that announced anything, in order, at most the first 20000. ChainError."""
        if not await self._has_pages():
            return await self._all_validators()
        count = min(await self._call(ValidatorAnnounce.validator_count), _MOST_VALIDATORS)
        found: list[Address] = []
        while len(found) < count:
            page = await self._call(
                ValidatorAnnounce.validators_page,
                len(found),
                min(_VALIDATORS_PER_CALL, count - len(found)),
            )
            if not page:
                break  # a node that lags behind the one asked before
            found += page
        return found

    async def of(self, validators: Sequence[Address]) -> dict[Address, list[str] | ChainError]:
        """Locations of each validator, newest first, or the error that kept them from being read.

        ChainError if there is such an error for every validator.
        """

        async def one(validator: Address) -> list[str] | ChainError:
            try:
                async with self._asked:
                    return (await self._of(validator))[::-1]
            except ChainError as error:
                log.warning(
                    "announcements.unreadable",
                    chain=self.chain.name,
                    validator=to_checksum(validator),
                    error=str(error)[:400],
                )
                return error

        answers = await asyncio.gather(*map(one, validators))
        failures = [answer for answer in answers if isinstance(answer, ChainError)]
        if failures and len(failures) == len(answers):
            raise failures[0]
        return dict(zip(validators, answers, strict=True))

    async def _of(self, validator: Address) -> list[str]:
        """Locations of one validator, oldest first."""
        if await self._has_pages():
            return await self._in_pages(validator)
        if validator not in self._logged:
            for gas in (None, _GAS):
                try:
                    (found,) = await self._call(
                        ValidatorAnnounce.storage_locations, [validator], gas=gas
                    )
                except RpcError:
                    continue
                return list(found[-MOST:])
        return await self._from_logs(validator)

    async def _has_pages(self) -> bool:
        if self._paged is None:
            try:
                await self._call(ValidatorAnnounce.validator_count)
            except (RpcError, NoAnswer):
                self._paged = False
            else:
                self._paged = True
        return self._paged

    async def _in_pages(self, validator: Address) -> list[str]:
        count = await self._call(ValidatorAnnounce.location_count, validator)
        before, known = self._known.get(validator, (0, []))
        if count == before:
            return known
        if count < before:  # a reorg, or a node that lags
            before, known = 0, []
        first = max(before, count - MOST)
        found, size = list(known), _LOCATIONS_PER_CALL
        while first < count:
            size = min(size, count - first)
            try:
                found += await self._call(ValidatorAnnounce.locations_page, validator, first, size)
            except RpcError:
                if size > 1:
                    size //= 2
                    continue
                log.warning(
                    "location.too_long",
                    chain=self.chain.name,
                    validator=to_checksum(validator),
                    number=first,
                )
            first += size
        self._known[validator] = count, found[-MOST:]
        return found[-MOST:]

    async def _all_validators(self) -> list[Address]:
        for gas in (None, _GAS):
            try:
                found = await self._call(ValidatorAnnounce.validators, gas=gas)
            except RpcError:
                continue
            return list(found[:_MOST_VALIDATORS])
        logs = await self._logs((), 0, (await self.chain.client.block()).number)
        return list(dict.fromkeys(Address(entry.topics[1][12:]) for entry in logs))[
            :_MOST_VALIDATORS
        ]

    async def _from_logs(self, validator: Address) -> list[str]:
        last = (await self.chain.client.block()).number
        seen_to, known = self._logged.get(validator, (-1, []))
        first = max(0, seen_to + 1 - _REORGED)
        logs = await self._logs([address_to_bytes32(validator)], first, last)
        new = [ValidatorAnnounce.ANNOUNCED.decode(entry.data)[0] for entry in logs]
        found = list(dict.fromkeys([*known, *new]))[-MOST:]
        self._logged[validator] = last, found
        return found

    async def _logs(self, indexed: Sequence[Bytes32], first: int, last: int) -> list[Log]:
        """Logs from the last block back, until there are enough; in order."""
        chunk = self.chain.settings.index.chunk
        found: list[Log] = []
        for _ in range(_WINDOWS):
            if last < first or (indexed and len(found) >= MOST):
                break
            start = max(first, last - chunk + 1)
            page = await self.chain.client.logs(
                self.chain.settings.validator_announce,
                ValidatorAnnounce.ANNOUNCED,
                start,
                last,
                indexed,
            )
            found = [*page, *found]
            last = start - 1
        return found

    async def _call(self, function: Function, *arguments: object, gas: int | None = None) -> Any:
        contract = self.chain.settings.validator_announce
        return await self.chain.client.call(contract, function, *arguments, gas=gas)
