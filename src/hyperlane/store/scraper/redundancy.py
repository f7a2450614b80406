"""Redundancy of security modules: whose modules are looked at, and what was found.

`module` of a row is JSON, made by `agents/scraper/redundancy.py`: the module as the report of a
message has it (`tracking/render.py`), and more of the module as a whole:

    {
      "address": "0x…", "type": "aggregation", "threshold": 2, "relayer": null, "problem": null,
      "validators": [{"address": "0x…", "weight": 1, "live": true, "latestLeaf": 40,
                      "latestTime": 1700000000, "problem": null}],
      "modules": [{…}],             what it aggregates, or the one module that it routes to
      "due": 41,                    index of the leaf that live validators have signed
      "delivers": true,             whether the live validators suffice
      "critical": ["0x…"],          keys of which one more outage stops deliveries
      "alone": ["0x…"],             keys of which one suffices to forge a message
      "open": false                 whether it takes a message that nobody sent
    }

`delivers` and `critical` are null while it cannot be told who is live. Types are the names of
`ModuleType` in lower case, or "unknown".
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, tuple_

from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.typecasts import Address, Bytes32, address_to_bytes32
from hyperlane.store.database import Database
from hyperlane.store.scraper.tables import message, redundancy

_MOST = 2**63 - 1
"""Most spare signers that databases hold; recipients choose what modules they have."""
DEFAULT = Address(b"")
"""Recipient of the Mailbox's default module."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A recipient whose module is looked at, for messages of one origin."""

    recipient: Address
    """`DEFAULT` for all recipients without a module of their own."""
    origin: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of a look at a module."""

    module: Mapping[str, Any] | None
    spare: int | None
    oldest_at: int | None
    problem: str | None


class RedundancyStore:
    """The modules of recipients on one chain."""

    def __init__(self, database: Database, domain: int) -> None:
        self._database = database
        self._domain = domain

    async def frequent(self, since: int, fewest: int, most: int) -> list[Subject]:
        """Recipients of at least so many messages that were sent since a time, by origin; the most
        frequent first, at most so many."""
        row = message.c
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.recipient, row.origin)
                .where(row.destination == self._domain, row.sent_at >= since)
                .group_by(row.recipient, row.origin)
                .having(func.count() >= fewest)
                .order_by(func.count().desc(), row.recipient, row.origin)
                .limit(most)
            )
            return [
                Subject(Address(recipient[12:]), origin)
                for recipient, origin in found
                if not any(recipient[:12])
            ]

    async def example(self, subject: Subject) -> Message | None:
        """The last message to a recipient from an origin; None if there was none."""
        row = message.c
        async with self._database.read() as connection:
            found = (
                await connection.execute(
                    select(row.nonce, row.sender, row.recipient, row.msg_body)
                    .where(
                        row.recipient == address_to_bytes32(subject.recipient),
                        row.origin == subject.origin,
                        row.destination == self._domain,
                    )
                    .order_by(row.sent_at.desc())
                    .limit(1)
                )
            ).one_or_none()
        if found is None:
            return None
        return Message(
            VERSION,
            found.nonce,
            subject.origin,
            Bytes32(found.sender),
            self._domain,
            Bytes32(found.recipient),
            found.msg_body or b"",
        )

    async def checked(self) -> dict[Subject, int]:
        """Times at which modules were last looked at."""
        row = redundancy.c
        async with self._database.read() as connection:
            found = await connection.execute(
                select(row.recipient, row.origin, row.checked_at).where(row.domain == self._domain)
            )
            return {Subject(Address(recipient), origin): at for recipient, origin, at in found}

    async def record(self, subject: Subject, finding: Finding, now: int) -> None:
        """Store what a look found."""
        spare = finding.spare
        values = {
            "module": finding.module,
            "spare": None if spare is None else max(-_MOST, min(spare, _MOST)),
            "oldest_at": finding.oldest_at,
            "problem": finding.problem,
            "checked_at": now,
        }
        async with self._database.write() as connection:
            await connection.execute(
                self._database.insert(redundancy)
                .values(
                    domain=self._domain,
                    recipient=subject.recipient,
                    origin=subject.origin,
                    **values,
                )
                .on_conflict_do_update(
                    index_elements=["domain", "recipient", "origin"], set_=values
                )
            )

    async def forget(self, subjects: Collection[Subject]) -> None:
        """Delete what was found of these."""
        row = redundancy.c
        keys: Sequence[tuple[bytes, int]] = [(each.recipient, each.origin) for each in subjects]
        for start in range(0, len(keys), 100):
            async with self._database.write() as connection:
                await connection.execute(
                    delete(redundancy).where(
                        row.domain == self._domain,
                        tuple_(row.recipient, row.origin).in_(keys[start : start + 100]),
                    )
                )
