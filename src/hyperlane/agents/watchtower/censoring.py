"""Detection of censorship: operators with stake that do not sign leaves which others sign.

Only the first leaf that an operator left out is dealt with: the next one follows once the operator
is in jail for it, or has signed it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.challenging import Challenger
from hyperlane.agents.watchtower.inspecting import Inspector, Verdict
from hyperlane.agents.watchtower.keys import OperatorKeys
from hyperlane.agents.watchtower.operators import accountable_set
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.chain.abi import StakingManager
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address
from hyperlane.store.censorships import CensorshipStore
from hyperlane.store.sightings import SightingStore

_LEAVES_AT_ONCE = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Laggard:
    """An operator and the first leaf that it left out."""

    operator: Address
    key: Address
    """Its current signing key."""
    keys: Sequence[Address]
    """Keys whose signature on the leaf counts: the current, and those replaced after the leaf."""
    others: Sequence[Address]
    """Announced keys of other validators."""
    index: int
    since: int
    """Time from which it could have signed, Unix seconds of the chain."""


@dataclass(slots=True, kw_only=True)
class CensorshipWatch:
    """Watch over the operators that have to sign by one chain's manager: the active set, and those
    that left it lately."""

    chain: Chain
    manager: Address
    margin: float
    """Seconds of patience beyond the grace period of the contracts."""
    announced: Callable[[], Iterable[Address]]
    """All keys whose signatures are searched for."""
    keys: OperatorKeys
    inspector: Inspector
    tree: TrueTree
    sightings: SightingStore
    store: CensorshipStore
    alerts: Alerts
    challenger: Challenger | None
    """None: only alert about late operators, open no challenges."""
    _signed_below: dict[Address, int] = field(default_factory=dict)
    """By operator, the index below which it signed all leaves."""
    _counted: dict[Address, Mapping[Address, int | None]] = field(default_factory=dict)
    """By operator, the keys that counted then, and the leaf below which each did."""

    async def step(self) -> None:
        """Check every operator once. A check that fails is retried, and delays no other."""
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
        alerted = await self.store.is_alerted(operator, index)
        if alerted and (self.challenger is None or await self.challenger.is_asking(operator)):
            return
        # Now that it is due: what was read before says nothing.
        verdict = await self.inspector.inspect(laggard.keys, laggard.others, index)
        if verdict is not Verdict.LEFT_OUT:
            return
        if not alerted:
            await self.alerts.censorship(self.chain.name, operator, laggard.key, index, age)
            await self.store.tell(operator, index)
        if self.challenger is not None:
            await self.challenger.challenge(operator, index, laggard.since, grace)

    async def _laggards(self) -> list[Laggard]:
        await self.keys.sync()
        announced = dict.fromkeys(self.announced())
        owner = {key: self.keys.operator_of(key) for key in announced}
        found = []
        for operator, key, _ in await accountable_set(self.chain, self.manager):
            counting = await self.keys.counting(operator, key)
            others = [each for each in announced if owner[each] != operator and each != key]
            index = await self._first_left_out(operator, counting, others)
            if index is not None:
                own = [each for each, end in counting.items() if end is None or index < end]
                since = await self._since(operator, index)
                found.append(
                    Laggard(
                        operator=operator,
                        key=key,
                        keys=own,
                        others=others,
                        index=index,
                        since=since,
                    )
                )
        return found

    async def _first_left_out(
        self, operator: Address, counting: Mapping[Address, int | None], others: Iterable[Address]
    ) -> int | None:
        """The first leaf that another validator signed and the operator did not."""
        first = self._first(operator, counting)
        rows = await self.sightings.signed(counting, first, _LEAVES_AT_ONCE)
        signed = await self.store.answered(operator)
        for index, key in rows:
            end = counting[key]
            if end is None or index < end:
                signed.add(index)
        while first in signed:
            first += 1
        self._signed_below[operator] = first
        # Of leaves beyond a full page it is not known yet whether the operator signed them.
        last = rows[-1][0] if len(rows) == _LEAVES_AT_ONCE else None
        wanted = await self.sightings.indexes(others, first, _LEAVES_AT_ONCE)
        return next(
            (each for each in wanted if each not in signed and (last is None or each < last)), None
        )

    def _first(self, operator: Address, counting: Mapping[Address, int | None]) -> int:
        """The index to check from: signatures of a replaced key do not count for later leaves."""
        before = self._counted.get(operator, {})
        ended = [
            end
            for key, end in counting.items()
            if end is not None and key in before and before[key] is None
        ]
        self._counted[operator] = counting
        return min([self._signed_below.get(operator, 0), *ended])

    async def _since(self, operator: Address, index: int) -> int:
        client = self.chain.client
        block = await client.block(await self.tree.block_of(index))
        active: int = await client.call(self.manager, StakingManager.active_since, operator)
        return max(block.timestamp, active)
