"""Validators of one origin: who of them is live, and how old the last signature of each is.

A validator is live if it signed the newest leaf that is due, where a relayer would look for it.
Only a fresh count of the origin's leaves tells which leaf is due: while there is none, nobody is
called live or dead.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

import structlog

from hyperlane.agents.relayer.origin.signatures import Newest, Signatures
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.due_leaves import EPOCHS, SIGNED_WITHIN, DueLeaves
from hyperlane.agents.runtime.loops import TRANSIENT
from hyperlane.agents.runtime.ttl_cache import SingleFlight
from hyperlane.agents.watchtower.judging import judge_checkpoint
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.chain.abi import MerkleTreeHook
from hyperlane.chain.client import NoAnswer
from hyperlane.checkpoints.announced import LONGEST, printable
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics, set_or_remove
from hyperlane.protocol.typecasts import Address, to_checksum

log = structlog.get_logger()

_READ_AGAIN = 10.0
"""Seconds after which a storage is read again; several modules have the same validators."""
_FORGOTTEN_AFTER = 600.0
"""Seconds after which nothing is known any more of a validator that no module has. Who owns a
module can name others all the time."""
_MOST_TIMES = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """A validator as its storage was last read."""

    live: bool
    leaf: int | None
    """Newest leaf of which a true signature was read; None if none was."""
    seen_at: float | None
    """Time at which that signature was first read, in Unix seconds."""
    problem: str | None
    age: float | None
    """Seconds by which that leaf is older than the origin's last one; infinite if there is none,
    None if unknown."""


@dataclass(slots=True)
class _Known:
    """What is known of a validator."""

    read_at: float
    problem: str | None
    location: str = ""
    leaf: int | None = None
    seen_at: float | None = None
    age: float | None = None
    is_checked: bool = False
    """True if the leaf was compared with the true tree."""


@dataclass(slots=True)
class LiveSigners:
    """The validators of one origin."""

    tree: TrueTree
    signatures: Signatures
    metrics: Metrics
    clock: Callable[[], float] = time.time
    _due: DueLeaves = field(default_factory=lambda: DueLeaves(SIGNED_WITHIN))
    _started: bool = False
    _known: dict[Address, _Known] = field(default_factory=dict)
    _reading: SingleFlight[tuple[Address, ...], None] = field(default_factory=SingleFlight)
    """Merges looks at the same validators at the same time."""
    _times: dict[int, int] = field(default_factory=dict)
    """Times of blocks."""

    @property
    def chain(self) -> Chain:
        """The origin."""
        return self.tree.chain

    @property
    def due(self) -> int | None:
        """Index of the newest leaf that is due, -1 if none is; None if that cannot be told."""
        return self._due.newest(self.clock())

    @property
    def validators(self) -> list[Address]:
        """Validators of watched modules that were asked about lately."""
        return list(self._known)

    async def step(self) -> None:
        """Count the leaves, and export the ages of signatures; an age that is unknown has no
        value."""
        try:
            await self._count()
        finally:
            since = self.clock() - SIGNED_WITHIN
            for validator, known in self._known.items():
                age = known.age if self.doubt() is None and known.read_at >= since else None
                labels = self.chain.name, to_checksum(validator)
                set_or_remove(self.metrics.signature_age, labels, age)
            self._forget()

    def _forget(self) -> None:
        """Forget validators that nobody asks about any more."""
        since = self.clock() - _FORGOTTEN_AFTER
        for validator in [each for each, known in self._known.items() if known.read_at < since]:
            del self._known[validator]

    async def _count(self) -> None:
        """Count the origin's final leaves."""
        client, hook = self.chain.client, self.chain.settings.merkle_tree_hook
        final = await client.final_block()
        try:
            count = await client.call(hook, MerkleTreeHook.count, block=final)
        except NoAnswer:  # the hook is younger than the final block
            count = 0
        if not self._started:
            if self.tree.count < count:
                return  # its leaves are being read
            old = await self._leaves_until(await self._time(final) - SIGNED_WITHIN - EPOCHS)
            self._due.note(old, 0, self.clock() - SIGNED_WITHIN)
            self._started = True
        self._due.note(count, final, self.clock())

    def doubt(self) -> str | None:
        """Tell in words why nobody can tell who is live; None if it can be told."""
        due, name = self.due, self.chain.name
        if not self._started:
            return f"the leaves of {name} are not all read yet"
        if due is None:
            return f"{name} does not answer: how many leaves it has is unknown"
        if due < 0:
            return f"no message from {name} is old enough to tell who signs: wait two minutes"
        return None

    async def of(self, validators: Sequence[Address]) -> dict[Address, Seen]:
        """Each of these validators, as it is now.

        ChainError if the origin does not say where they publish, while it could be told who is
        live: they may be.
        """
        since = self.clock() - _READ_AGAIN
        found = {each: self._known.get(each) or _Known(since, None) for each in validators}
        asked = {each: known for each, known in found.items() if known.read_at <= since}
        if asked:
            await self._reading.run(tuple(asked), lambda: self._read(asked))
            found |= {each: self._known.get(each, known) for each, known in asked.items()}
        due = self.due
        return {validator: await self._seen(known, due) for validator, known in found.items()}

    async def _read(self, asked: Mapping[Address, _Known]) -> None:
        """Read the storages of these validators."""
        validators = list(asked)
        checked = {
            validator: (known.location, known.leaf)
            for validator, known in asked.items()
            if known.is_checked and known.leaf is not None
        }
        answers: Mapping[Address, Newest | str]
        try:
            answers = await self.signatures.newest(validators, checked)
        except TRANSIENT as error:  # where they publish cannot be read
            if self.doubt() is None:
                raise
            answers = dict.fromkeys(validators, printable(str(error), LONGEST))
        for validator, known in asked.items():
            answer = answers[validator]
            if isinstance(answer, Newest):
                known.problem = await self._contradiction(answer)
                if known.problem is None:
                    self._note(known, answer)
            else:
                known.problem = answer or "it has signed nothing yet"
            known.read_at = self.clock()
            self._known[validator] = known

    def _note(self, known: _Known, newest: Newest) -> None:
        if known.leaf != newest.index:
            known.seen_at = self.clock()
        known.location, known.leaf = newest.location, newest.index
        known.is_checked = newest.index < self.tree.count

    async def _contradiction(self, newest: Newest) -> str | None:
        """Tell in words how the tree contradicts a signed leaf; None if it does not."""
        checkpoint, name = newest.checkpoint, self.chain.name
        if checkpoint is None:
            return None  # compared before
        if newest.index < self.tree.count:
            fault = judge_checkpoint(checkpoint, self.tree.tree, self.tree.hook)
            if fault is None:
                return None
            return f"its signature of leaf {newest.index} is false: {fault}"
        hook = self.chain.settings.merkle_tree_hook
        try:
            count = await self.chain.client.call(hook, MerkleTreeHook.count)
        except ChainError as error:
            if self.doubt() is None:
                raise
            return printable(str(error), LONGEST)
        if newest.index < count:
            return None
        return f"it claims to have signed leaf {newest.index}, but {name} has {count} leaves"

    async def _seen(self, known: _Known, due: int | None) -> Seen:
        live = (
            known.problem is None
            and due is not None
            and known.leaf is not None
            and known.leaf >= due
        )
        known.age = await self._age(known.leaf, due)
        return Seen(live, known.leaf, known.seen_at, known.problem, known.age)

    async def _age(self, leaf: int | None, due: int | None) -> float | None:
        """Seconds by which a leaf is older than the last one; None without a fresh count."""
        last = self.tree.count - 1
        if due is None or last < max(due, 0):
            return None
        if leaf is None:
            return inf
        try:
            return 0.0 if leaf >= last else await self._time_of(last) - await self._time_of(leaf)
        except ChainError as error:
            log.debug("signature.age_unknown", chain=self.chain.name, error=str(error))
            return None

    async def _leaves_until(self, time: float) -> int:
        """Number of leaves in blocks up to a time."""
        low, high = 0, self.tree.count
        while low < high:
            middle = (low + high) // 2
            early = await self._time_of(middle) <= time
            low, high = (middle + 1, high) if early else (low, middle)
        return low

    async def _time_of(self, leaf: int) -> int:
        return await self._time(await self.tree.block_of(leaf))

    async def _time(self, block: int) -> int:
        if block not in self._times:
            if len(self._times) >= _MOST_TIMES:
                self._times.clear()
            self._times[block] = (await self.chain.client.block(block)).timestamp
        return self._times[block]
