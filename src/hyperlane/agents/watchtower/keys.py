"""Keys of each operator, and the leaves for which each key counts.

Modules of other chains use an operator's new key, and challenges are answered with it. So a leaf
counts as signed if its signer was the operator's key when the leaf came, or later: an operator that
rotates and goes on signing with the former key leaves out all later leaves.

The keys are read from the manager's logs up to the final block, and stored: no key is missed that
was an operator's only between two looks, and no log is read twice.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.chain.abi import MerkleTreeHook, StakingManager
from hyperlane.chain.client import Log
from hyperlane.chain.deployment import deployment_block
from hyperlane.protocol.typecasts import Address
from hyperlane.store.keys import Bound, KeyStore

_AGAIN = 64
"""Blocks whose logs are read once more: the node asked before may have lagged."""
_MOST = 64
"""Latest keys of one operator that count: a bound, as rotating is cheap."""


@dataclass(slots=True)
class OperatorKeys:
    """Keys of the operators of one chain's manager."""

    chain: Chain
    manager: Address
    tree: TrueTree
    store: KeyStore
    _next: int | None = None
    """The block whose logs are read next; None before the first look."""
    _of: dict[Address, list[Bound]] = field(default_factory=dict)
    """Keys by operator, in the order of the logs."""
    _operators: dict[Address, Address] = field(default_factory=dict)
    _ends: dict[int, int] = field(default_factory=dict)
    """By block in which a key was replaced, the first leaf of a later block."""
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def sync(self) -> None:
        """Read the manager's logs up to the final block."""
        async with self._reading:
            block = await self.chain.client.final_block()
            if self._next is None:
                self._take(await self.store.all())
                known = await self.store.next_block()
                self._next = await self._start(block) if known is None else known
            if self._next > block:
                return
            first = max(0, self._next - _AGAIN)
            while first <= block:
                last = min(first + self.chain.settings.index.chunk + _AGAIN - 1, block)
                found = await self._read(first, last)
                await self.store.add(found, last + 1)
                self._take(found)
                first = self._next = last + 1

    def all(self) -> Collection[Address]:
        """Every key that ever was an operator's."""
        return self._operators.keys()

    def operator_of(self, key: Address) -> Address | None:
        """The operator that a key is or was bound to; None if there is none."""
        return self._operators.get(key)

    async def counting(self, operator: Address, current: Address) -> dict[Address, int | None]:
        """Keys of an operator, latest first, and the leaf below which each counts; None: for all.

        `current` is its key at the latest block.
        """
        known = self._of.get(operator, [])[-_MOST:]
        found: dict[Address, int | None] = {current: None}
        follower: Bound | None = None
        for item in reversed(known):
            end = None if follower is None else await self._end(follower.block_number)
            found.setdefault(item.key, end)
            follower = item
        return found

    async def _end(self, replaced_in: int) -> int | None:
        """The first leaf after a block; None while there is none."""
        if replaced_in not in self._ends:
            first = await self.tree.first_after(replaced_in)
            if first is None:
                return None
            self._ends[replaced_in] = first
        return self._ends[replaced_in]

    async def _start(self, block: int) -> int:
        # The manager's constructor asked the hook which chain it is on: it is older.
        hook = self.chain.settings.merkle_tree_hook
        return await deployment_block(self.chain.client, hook, MerkleTreeHook.deployed_block, block)

    async def _read(self, first: int, last: int) -> list[Bound]:
        client, found = self.chain.client, []
        for event, place in ((StakingManager.REGISTERED, 2), (StakingManager.ROTATED, 3)):
            logs = await client.logs(self.manager, event, first, last)
            found += [_bound(item, place) for item in logs]
        return sorted(found, key=_place)

    def _take(self, keys: Sequence[Bound]) -> None:
        for item in keys:
            if item.key not in self._operators:
                self._operators[item.key] = item.operator
                own = self._of.setdefault(item.operator, [])
                own.append(item)
                own.sort(key=_place)


def _place(item: Bound) -> tuple[int, int]:
    return item.block_number, item.log_index


def _bound(log: Log, place: int) -> Bound:
    return Bound(
        Address(log.topics[1][12:]), Address(log.topics[place][12:]), log.block_number, log.index
    )
