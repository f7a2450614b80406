"""The keys that deliver to one chain, each with nonces and a window of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from hyperlane.agents.relayer.delivery.drafts import Limits
from hyperlane.agents.relayer.delivery.preparation import Prepared
from hyperlane.agents.relayer.delivery.submission import Plan, Submission
from hyperlane.agents.relayer.delivery.window import Window


@dataclass(frozen=True, slots=True)
class Key:
    """One key, and how it delivers."""

    submission: Submission
    window: Window

    def rank(self, more: int = 0) -> tuple[bool, int]:
        """Order of keys: those that can pay, then those with most room for `more`."""
        rests = self.submission.clock() < self.submission.rests_until
        return not rests, self.window.room - more


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys of one chain, the main one first."""

    keys: Sequence[Key]

    def best(self) -> Key:
        """The key that should send next."""
        return max(self.keys, key=Key.rank)

    def divide(self, items: Sequence[Prepared]) -> list[tuple[Key, Sequence[Prepared]]]:
        """Divide deliveries that need a transaction each among the keys, by their room."""
        shares: list[list[Prepared]] = [[] for _ in self.keys]
        for item in items:
            place = max(
                range(len(shares)), key=lambda place: self.keys[place].rank(len(shares[place]))
            )
            shares[place].append(item)
        return [(key, share) for key, share in zip(self.keys, shares, strict=True) if share]

    async def plan_alone(
        self, key: Key, items: Sequence[Prepared], limits: Limits
    ) -> list[tuple[Key, Plan]]:
        """Plan deliveries one by one, and with the main key those that fail with another one.

        A module may want to be asked by the key that its operator knows.
        """
        plan = await key.submission.plan_alone(items, limits)
        main = self.keys[0]
        if key is main or not plan.verdicts:
            return [(key, plan)]
        made = {item.message.id for draft in plan.drafts for item in draft.operations}
        failed = [item for item in items if item.candidate.operation.message.id not in made]
        again = await main.submission.plan_alone(failed, limits)
        return [(key, Plan(limits, (), plan.drafts, ())), (main, again)]
