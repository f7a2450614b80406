"""Looking at the redundancy of security modules: of Mailboxes, routers and frequent recipients.

A validator is live if it was last seen without a problem, and its newest verified signature covers
the newest leaf that is due: one that was final for a while by a fresh count of the origin's.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from hyperlane.agents.relayer.metadata.examining import LONGEST_PROBLEM, Examined, Examiner
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.due_leaves import EPOCHS, SIGNED_WITHIN, DueLeaves
from hyperlane.agents.runtime.loops import all_ended
from hyperlane.chain.abi import Mailbox, MerkleTreeHook
from hyperlane.chain.client import NoAnswer, Unreachable
from hyperlane.checkpoints.announced import printable
from hyperlane.errors import ChainError
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.token_message import TokenMessage
from hyperlane.protocol.typecasts import ZERO_BYTES32, Address, address_to_bytes32
from hyperlane.store.scraper.redundancy import DEFAULT, Finding, RedundancyStore, Subject
from hyperlane.store.scraper.tokens import Token, TokenStore
from hyperlane.store.scraper.validators import Status, ValidatorStore

_FREQUENT_DAYS, _FREQUENT, _MOST_FREQUENT = 7, 10, 50
"""A recipient of ten messages within a week is frequent; so many are looked at."""
_FREQUENT_FOR = 600.0
"""Seconds for which recipients that were frequent are believed to be."""
_PER_STEP = 100
_AT_ONCE = 4
_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Signer:
    """A validator as its storage was last seen."""

    status: Status | None
    seen_at: float | None
    live: bool

    @property
    def leaf(self) -> int | None:
        """Newest leaf of which a signature was verified; None if there is none."""
        return None if self.status is None else self.status.index

    @property
    def problem(self) -> str | None:
        """Why its signatures could not be read or believed, in words."""
        return "it announced no storage" if self.status is None else self.status.problem


@dataclass(slots=True)
class Origin:
    """An origin's leaves, and its validators."""

    chain: Chain
    validators: ValidatorStore
    clock: Callable[[], float] = time.time
    _due: DueLeaves = field(default_factory=lambda: DueLeaves(SIGNED_WITHIN))
    _started: float | None = None

    async def step(self) -> None:
        """Count the final leaves."""
        client, hook = self.chain.client, self.chain.settings.merkle_tree_hook
        final = await client.block(await client.final_block())
        if self._started is None:
            old = await self.validators.leaves(hook, final.timestamp - SIGNED_WITHIN - EPOCHS)
            self._started = self.clock()
            self._due.note(old, 0, self._started - SIGNED_WITHIN)
        try:
            count = await client.call(hook, MerkleTreeHook.count, block=final.number)
        except NoAnswer:  # it is younger than the final block
            count = 0
        self._due.note(count, final.number, self.clock())

    @property
    def due(self) -> int | None:
        """Index of the newest leaf that is due, -1 if none is; None if that cannot be told."""
        return self._due.newest(self.clock())

    async def signers(self, validators: Sequence[Address]) -> dict[Address, Signer]:
        """Each of these validators, and whether it is live."""
        statuses = await self.validators.statuses(validators)
        times = await self.validators.seen_at(validators)
        due = self.due

        def live(status: Status | None) -> bool:
            if status is None or status.index is None or due is None:
                return False
            return status.problem is None and status.index >= due

        return {
            validator: Signer(
                statuses.get(validator), times.get(validator), live(statuses.get(validator))
            )
            for validator in validators
        }

    async def doubt(self, signers: Collection[Signer]) -> str | None:
        """Tell in words why nobody can tell who of these is live; None if it can be told."""
        due, name = self.due, self.chain.name
        dead = [signer for signer in signers if not signer.live]
        if due is None:
            return f"{name} does not answer: how many leaves it has is unknown"
        if due < 0:
            return f"no message from {name} is old enough to tell who signs: wait two minutes"
        if any(signer.status is None for signer in dead) and await self.validators.is_behind():
            return f"the announcements of validators on {name} are not all read yet"
        statuses = [signer.status for signer in dead if signer.status is not None]
        if any(status.checked_at < int(self._started or 0) for status in statuses):
            return f"the storages of validators of {name} are not all looked at yet"
        return None


@dataclass(slots=True)
class RedundancyWatcher:
    """Watcher of the modules of one chain."""

    chain: Chain
    store: RedundancyStore
    tokens: TokenStore
    origins: Mapping[int, Origin]
    """All chains that are connected, by domain."""
    clock: Callable[[], float] = time.time
    _examiner: Examiner = field(init=False)
    _frequent: list[Subject] = field(default_factory=list)
    _counted_at: float | None = None

    def __post_init__(self) -> None:
        self._examiner = Examiner(self.chain)

    async def step(self) -> None:
        """Look at the modules whose turn it is, and store what was found."""
        wanted, checked = await self._wanted(), await self.store.checked()
        gone = [subject for subject in checked if subject not in wanted]
        await self.store.forget(gone)
        order = sorted(
            wanted,
            key=lambda subject: (subject.recipient != DEFAULT, checked.get(subject, 0)),
        )
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(subject: Subject) -> None:
            async with slots:
                finding = await self._look_at(subject, wanted[subject])
                await self.store.record(subject, finding, int(self.clock()))

        await all_ended(*(one(subject) for subject in order[:_PER_STEP]))

    async def _wanted(self) -> dict[Subject, Token | None]:
        """Whose modules are looked at, with the router that may send to them."""
        others = [domain for domain in self.origins if domain != self.chain.domain]
        found: dict[Subject, Token | None] = {Subject(DEFAULT, origin): None for origin in others}
        for subject in await self._recipients():
            if subject.origin in others:
                found[subject] = None
        for token in await self.tokens.all():
            if token.domain == self.chain.domain:
                for origin in token.routers:
                    if origin in others:
                        found[Subject(token.router, origin)] = token
        return found

    async def _recipients(self) -> list[Subject]:
        """Frequent recipients; counting all messages of a week takes a while."""
        now = self.clock()
        if self._counted_at is None or self._counted_at <= now - _FREQUENT_FOR:
            since = int(now) - _FREQUENT_DAYS * _DAY
            self._frequent = await self.store.frequent(since, _FREQUENT, _MOST_FREQUENT)
            self._counted_at = now
        return self._frequent

    async def _look_at(self, subject: Subject, token: Token | None) -> Finding:
        message = self._message(subject, token)
        if subject.recipient != DEFAULT:
            message = await self.store.example(subject) or message
        try:
            root = await self._root(subject)
            examined = await self._examiner.examine(root, message)
        except Unreachable:
            raise
        except ChainError as error:
            return Finding(None, None, None, printable(str(error), LONGEST_PROBLEM))
        return await self._finding(self.origins[subject.origin], examined)

    async def _root(self, subject: Subject) -> Address:
        mailbox = self.chain.settings.mailbox
        if subject.recipient == DEFAULT:
            found: Address = await self.chain.client.call(mailbox, Mailbox.default_ism)
        else:
            found = await self.chain.client.call(mailbox, Mailbox.recipient_ism, subject.recipient)
        return found

    def _message(self, subject: Subject, token: Token | None) -> Message:
        """A message as modules would be asked to verify it: routing ones read the whole of it."""
        enrolled = {} if token is None else token.routers
        recipient = subject.recipient or bytes(20)
        return Message(
            VERSION,
            0,
            subject.origin,
            next(iter(enrolled.get(subject.origin, ())), ZERO_BYTES32),
            self.chain.domain,
            address_to_bytes32(Address(recipient)),
            TokenMessage(ZERO_BYTES32, 1).encode(),
        )

    async def _finding(self, origin: Origin, examined: Examined) -> Finding:
        signers = await origin.signers(examined.validators)
        found = examined.redundancy(signers)
        doubt = await origin.doubt(signers.values()) if signers else None
        times = [each.seen_at for each in signers.values() if each.seen_at is not None]
        stuck = not found.delivers and found.spare is None
        return Finding(
            examined.to_json(signers, origin.due, certain=doubt is None),
            found.spare if doubt is None else None,
            int(min(times)) if times else None,
            doubt or (examined.broken if stuck else None),
        )
