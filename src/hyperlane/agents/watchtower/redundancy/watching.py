"""The watch over the modules of one destination: those of its Mailbox and of named recipients.

A module may route by the amount that a message transfers. So modules are examined at zero and at
each threshold that a routing module names, and the fewest spare signers count.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hyperlane.agents.relayer.metadata.examining import LONGEST_PROBLEM, Examined, Examiner
from hyperlane.agents.relayer.metadata.redundancy import Redundancy
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.due_leaves import SIGNED_WITHIN
from hyperlane.agents.runtime.loops import TRANSIENT, all_ended
from hyperlane.agents.watchtower.redundancy.report import Finding, Report, Subject, unknown
from hyperlane.agents.watchtower.redundancy.signers import LiveSigners, Seen
from hyperlane.chain.abi import AmountPartition, Mailbox
from hyperlane.checkpoints.announced import printable
from hyperlane.errors import ChainError
from hyperlane.protocol.ism_metadata import ModuleType
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.token_message import TokenMessage
from hyperlane.protocol.typecasts import (
    ZERO_ADDRESS,
    ZERO_BYTES32,
    Address,
    address_to_bytes32,
)

_LONGEST_LOOK = SIGNED_WITHIN
"""Seconds after which a module that is still being read is unknown: what it was is too old."""
_MOST_AMOUNTS = 16
_STUCK = -1
"""Number of spare signers that stands for a module that no signatures satisfy."""


@dataclass(slots=True, kw_only=True)
class ModuleWatch:
    """Watch over the modules of one destination."""

    chain: Chain
    recipients: Sequence[Address]
    origins: Mapping[int, str]
    """Names of the origins, by domain."""
    signers: Callable[[int], LiveSigners | None]
    """Validators of an origin; None before it is connected."""
    report: Report
    clock: Callable[[], float] = time.time
    _examiner: Examiner = field(init=False)

    def __post_init__(self) -> None:
        self._examiner = Examiner(self.chain)

    async def step(self) -> None:
        """Look at each module once; at all at the same time, as anybody's module may be slow."""
        here = self.chain.domain
        await all_ended(
            *(
                self._look(Subject(origin, here, recipient))
                for origin in self.origins
                if origin != here
                for recipient in (None, *self.recipients)
            )
        )

    async def _look(self, subject: Subject) -> None:
        try:
            async with asyncio.timeout(_LONGEST_LOOK):
                finding = await self._look_at(subject)
        except TimeoutError:
            late = f"its modules were not read within {_LONGEST_LOOK:.0f} s"
            finding = unknown(late, self.clock())
        except TRANSIENT as error:
            finding = unknown(printable(str(error), LONGEST_PROBLEM), self.clock())
        self.report.add(subject, finding)

    async def _look_at(self, subject: Subject) -> Finding:
        name = self.origins[subject.origin]
        signers = self.signers(subject.origin)
        if signers is None:
            return unknown(f"{name} is not connected yet", self.clock())
        root = await self._root(subject)
        ways = await self._ways(root, subject)
        doubt = signers.doubt()
        shown, found = list[Mapping[str, Any]](), list[tuple[Redundancy, Examined]]()
        seen: dict[Address, Seen] = {}
        for amount, examined in ways:
            these = await signers.of(examined.validators)
            seen |= these
            certain = doubt is None or not these
            redundancy = examined.redundancy(these)
            found.append((redundancy, examined))
            shown.append(
                {
                    "fromAmount": str(amount) if len(ways) > 1 else None,
                    "spare": redundancy.spare if certain else None,
                    "module": examined.to_json(these, signers.due, certain=certain),
                }
            )
        # Asked again: the count may have become too old while storages were read.
        doubt = (doubt or signers.doubt()) if seen else None
        stuck = [item for each, item in found if not each.delivers and each.spare is None]
        spares = [each.spare for each, _ in found if each.spare is not None]
        spares += [_STUCK] * len(stuck)
        return Finding(
            int(self.clock()),
            min(spares, default=None) if doubt is None else None,
            doubt or (stuck[0].broken if stuck else None),
            doubt is None,
            shown,
            {validator: each.age for validator, each in seen.items()},
        )

    async def _root(self, subject: Subject) -> Address:
        client, mailbox = self.chain.client, self.chain.settings.mailbox
        found: Address = (
            await client.call(mailbox, Mailbox.default_ism)
            if subject.recipient is None
            else await client.call(mailbox, Mailbox.recipient_ism, subject.recipient)
        )
        return found

    async def _ways(self, root: Address, subject: Subject) -> list[tuple[int, Examined]]:
        """The module for each range of amounts, with the least amount of the range, in order."""
        waiting, done = {0}, dict[int, Examined]()
        while waiting and len(done) < _MOST_AMOUNTS:
            amount = min(waiting)
            waiting.discard(amount)
            done[amount] = examined = await self._examiner.examine(root, _message(subject, amount))
            kinds = examined.walk.kinds
            for address in (item for item in kinds if kinds[item] is ModuleType.ROUTING):
                threshold = await self._threshold(address)
                if threshold is not None and threshold not in done:
                    waiting.add(threshold)
        different = list[tuple[int, Examined]]()
        for amount in sorted(done):
            if not different or different[-1][1].module != done[amount].module:
                different.append((amount, done[amount]))
        return different

    async def _threshold(self, module: Address) -> int | None:
        """The amount from which on a module routes to another one; None if it does not say."""
        try:
            found: int = await self.chain.client.call(module, AmountPartition.threshold)
        except ChainError:
            return None
        return found


def _message(subject: Subject, amount: int) -> Message:
    """A message for modules to verify: routing ones read the whole of it."""
    recipient = subject.recipient or ZERO_ADDRESS
    return Message(
        VERSION,
        0,
        subject.origin,
        ZERO_BYTES32,
        subject.destination,
        address_to_bytes32(recipient),
        TokenMessage(ZERO_BYTES32, amount).encode(),
    )
