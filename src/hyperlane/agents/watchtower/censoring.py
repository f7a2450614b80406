"""Finding operators with stake that do not sign what others sign.

One leaf at a time, the first that an operator left out: once it is in jail for it, or has signed,
the next one is looked at.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from hyperlane.agents.runtime import Chain
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.challenging import Challenger
from hyperlane.agents.watchtower.inspecting import Inspector, Verdict
from hyperlane.agents.watchtower.operators import accountable_set
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.chain.abi import StakingManager
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address
from hyperlane.store.censorships import CensorshipStore
from hyperlane.store.sightings import SightingStore

_LEAVES_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Laggard:
    """An operator and the first leaf that it left out."""

    operator: Address
    key: Address
    """That it signs with now."""
    keys: frozenset[Address]
    """All that it ever signed with, as far as they announced anything."""
    index: int
    since: int
    """When it could have signed first, Unix seconds of the chain."""


@dataclass(slots=True)
class CensorshipWatch:
    """Looks at those who have to sign, by one chain's manager: the active set, and who left it
    lately."""

    chain: Chain
    manager: Address
    margin: float
    """Seconds of patience beyond the grace period of the contracts."""
    announced: Callable[[], Iterable[Address]]
    """Every key that signatures are looked for of."""
    inspector: Inspector
    tree: TrueTree
    sightings: SightingStore
    store: CensorshipStore
    alerts: Alerts
    challenger: Challenger | None
    """None where nobody is to be challenged: then laggards are told, no more."""
    _signed_below: dict[Address, int] = field(default_factory=dict)
    """An operator signed all leaves below."""

    async def step(self) -> None:
        """One look at everybody. What fails is tried again, and keeps nothing else waiting."""
        client, failed = self.chain.client, None
        if self.challenger is not None:
            await self.challenger.settle()
        now = (await client.block()).timestamp
        parameters = await client.call(self.manager, StakingManager.parameters)
        grace = parameters[StakingManager.GRACE_PERIOD]
        for laggard in await self._laggards():
            try:
                await self._respond(laggard, now - laggard.since, grace)
            except ChainError as error:
                failed = error
        if failed is not None:
            raise failed

    async def _respond(self, laggard: Laggard, age: int, grace: int) -> None:
        operator, index = laggard.operator, laggard.index
        if self.challenger is not None and age >= self.margin:
            await self.challenger.note(index)
        if age < grace + self.margin:
            return
        told = await self.store.is_told(operator, index)
        if told and (self.challenger is None or await self.challenger.is_asking(operator)):
            return
        # Now that it is due: what was read before says nothing.
        if await self.inspector.inspect(laggard.keys, index) is not Verdict.LEFT_OUT:
            return
        if not told:
            await self.alerts.censorship(self.chain.name, operator, laggard.key, index, age)
            await self.store.tell(operator, index)
        if self.challenger is not None:
            await self.challenger.challenge(operator, index, laggard.since, grace)

    async def _laggards(self) -> list[Laggard]:
        client = self.chain.client
        keys = dict.fromkeys(self.announced())
        owners = await client.call_each(self.manager, StakingManager.operator_of, [*keys], "latest")
        owner = dict(zip(keys, owners, strict=True))
        found = []
        for operator, key, _ in await accountable_set(self.chain, self.manager):
            own = {key, *(each for each in owner if owner[each] == operator)}
            index = await self._first_left_out(operator, own, owner.keys() - own)
            if index is not None:
                since = await self._since(operator, index)
                found.append(Laggard(operator, key, frozenset(own), index, since))
        return found

    async def _first_left_out(
        self, operator: Address, own: Iterable[Address], others: Iterable[Address]
    ) -> int | None:
        """The first leaf that somebody else signed and the operator did not."""
        first = self._signed_below.get(operator, 0)
        seen = await self.sightings.indexes(own, first, _LEAVES_AT_ONCE)
        signed = {*seen, *await self.store.answered(operator)}
        while first in signed:
            first += 1
        self._signed_below[operator] = first
        # Of leaves beyond a full page it is not known yet whether the operator signed them.
        last = seen[-1] if len(seen) == _LEAVES_AT_ONCE else None
        wanted = await self.sightings.indexes(others, first, _LEAVES_AT_ONCE)
        return next(
            (each for each in wanted if each not in signed and (last is None or each < last)), None
        )

    async def _since(self, operator: Address, index: int) -> int:
        client = self.chain.client
        block = await client.block(await self.tree.block_of(index))
        active: int = await client.call(self.manager, StakingManager.active_since, operator)
        return max(block.timestamp, active)
