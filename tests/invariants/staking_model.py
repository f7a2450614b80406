"""What staking should do, in a hundred lines: exact amounts, and what is refused.

Written from docs/concepts/staking.md, not from the contracts. Every method is a call by `who`; it
raises `Refused` where the contracts must revert, and then nothing has changed.
"""

from collections import Counter
from dataclasses import dataclass, field

BASIS = 10_000
MAX_OPEN = 8


class Refused(Exception):
    """The call reverts."""


def require(condition: bool) -> None:
    if not condition:
        raise Refused


@dataclass
class Pool:
    assets: int = 0
    shares: int = 0

    def worth(self, shares: int) -> int:
        return shares * (self.assets + 1) // (self.shares + 1_000)

    def deposit(self, assets: int) -> int:
        shares = assets * (self.shares + 1_000) // (self.assets + 1)
        self.assets += assets
        self.shares += shares
        return shares

    def redeem(self, shares: int) -> int:
        assets = self.worth(shares)
        self.assets -= assets
        self.shares -= shares
        return assets

    def slash(self, fraction: int) -> int:
        taken = self.assets * fraction // BASIS
        self.assets -= taken
        return taken


@dataclass
class Operator:
    commission: int
    time: int
    """When it was activated; in jail, when it may leave."""
    status: str = "active"
    pool: Pool = field(default_factory=Pool)
    unbonding: Pool = field(default_factory=Pool)
    shares: Counter[str] = field(default_factory=Counter)
    asked: set[int] = field(default_factory=set)
    open: int = 0
    punished_below: int = 0
    """Challenges with smaller numbers are of an outage that was punished."""
    lost: int = 0


@dataclass
class Challenge:
    challenger: str
    operator: str
    index: int
    deadline: int
    bond: int


@dataclass
class Staking:
    parameters: dict[str, int]
    bounds: dict[str, tuple[int, int]]
    treasury: str
    balances: Counter[str]
    now: int
    operators: dict[str, Operator] = field(default_factory=dict)
    waiting: list[tuple[str, str, int, int] | None] = field(default_factory=list)
    """Owner, operator, shares, time of maturity."""
    challenges: list[Challenge | None] = field(default_factory=list)
    snapshots: list[tuple[int, int]] = field(default_factory=list)
    owed: Counter[str] = field(default_factory=Counter)
    punished: set[tuple[str, int]] = field(default_factory=set)
    confiscated: int = 0
    paused: bool = False
    scheduled: tuple[dict[str, int], int] | None = None
    """Parameters that the owner wants, and from when on."""

    # --- what must always hold

    def held_by_manager(self) -> int:
        pools = (each.pool.assets + each.unbonding.assets for each in self.operators.values())
        return sum(pools) + self.confiscated

    def held_by_challenges(self) -> int:
        return sum(each.bond for each in self.challenges if each) + self.owed.total()

    def check(self) -> None:
        for address, operator in self.operators.items():
            owners = operator.shares.values()
            assert sum(owners) == operator.pool.shares
            assert sum(map(operator.pool.worth, owners)) <= operator.pool.assets
            leaving = [each[2] for each in self.waiting if each and each[1] == address]
            assert sum(leaving) == operator.unbonding.shares
            assert sum(map(operator.unbonding.worth, leaving)) <= operator.unbonding.assets

    # --- stake

    def stake(self, who: str, operator: str, assets: int) -> None:
        require(not self.paused and assets > 0 and assets <= self.balances[who])
        state = self._member(operator)
        require(assets * (state.pool.shares + 1_000) // (state.pool.assets + 1) > 0)
        self.balances[who] -= assets
        state.shares[who] += state.pool.deposit(assets)

    def unstake(self, who: str, operator: str, shares: int) -> None:
        state = self.operators[operator]
        require(0 < shares <= state.shares[who])
        state.shares[who] -= shares
        unbonding = state.unbonding.deposit(state.pool.redeem(shares))
        matures = self.now + self.parameters["unbondingPeriod"]
        self.waiting.append((who, operator, unbonding, matures))

    def withdraw(self, who: str, number: int) -> None:
        require(number < len(self.waiting))
        entry = self.waiting[number]
        require(entry is not None and entry[0] == who and self.now >= entry[3])
        assert entry is not None
        self.waiting[number] = None
        self.balances[who] += self.operators[entry[1]].unbonding.redeem(entry[2])

    def reward(self, who: str, operator: str, assets: int) -> None:
        state = self._member(operator)
        require(state.pool.shares > 0 and 0 < assets <= self.balances[who])
        self.balances[who] -= assets
        commission = assets * state.commission // BASIS
        state.pool.assets += assets - commission
        state.shares[operator] += state.pool.deposit(commission)

    def collect(self) -> None:
        self.balances[self.treasury] += self.confiscated
        self.confiscated = 0

    # --- operators

    def unjail(self, who: str) -> None:
        state = self.operators[who]
        require(state.status == "jailed" and self.now >= state.time)
        state.status, state.time = "active", self.now

    def leave(self, who: str) -> None:
        self._member(who).status = "left"

    # --- parameters

    def schedule(self, parameters: dict[str, int]) -> None:
        for name, (least, most) in self.bounds.items():
            require(least <= parameters[name] <= most)
        self.scheduled = parameters, self.now + self.parameters["unbondingPeriod"]

    def cancel(self) -> None:
        require(self.scheduled is not None)
        self.scheduled = None

    def apply(self) -> None:
        require(self.scheduled is not None and self.now >= self.scheduled[1])
        assert self.scheduled is not None
        self.parameters, self.scheduled = self.scheduled[0], None

    # --- punishment

    def fraud(self, who: str, operator: str, key: str, index: int) -> None:
        """With valid evidence, to which `who` committed."""
        require((key, index) not in self.punished)
        self.punished.add((key, index))
        self.operators[operator].status = "tombstoned"
        self._slash(operator, who, self.parameters["fraudFraction"])

    def snapshot(self, count: int) -> None:
        self.snapshots.append((self.now, count))

    def challenge(self, who: str, operator: str, index: int, snapshot: int) -> None:
        state = self.operators[operator]
        require(state.status == "active" and state.pool.assets >= self.parameters["minimumStake"])
        require(snapshot < len(self.snapshots))
        taken, count = self.snapshots[snapshot]
        require(index < count)
        require(self.now >= max(taken, state.time) + self.parameters["gracePeriod"])
        require(index not in state.asked and state.open < MAX_OPEN)
        bond = self.parameters["challengeBond"] << state.open
        require(self.balances[who] >= bond)
        self.balances[who] -= bond
        state.asked.add(index)
        state.open += 1
        deadline = self.now + self.parameters["answerPeriod"]
        self.challenges.append(Challenge(who, operator, index, deadline, bond))

    def answer(self, number: int, operator: str, index: int) -> None:
        """With the signature of a key of `operator` on leaf `index`."""
        challenge = self._open(number)
        require(challenge.operator == operator and challenge.index == index)
        self._close(number)
        self.owed[operator] += challenge.bond // 2
        self.owed[self.treasury] += challenge.bond - challenge.bond // 2

    def resolve(self, number: int) -> None:
        challenge = self._open(number)
        require(self.now > challenge.deadline)
        self._close(number)
        self.owed[challenge.challenger] += challenge.bond
        state = self.operators[challenge.operator]
        state.asked.remove(challenge.index)
        if number < state.punished_below:
            return
        state.punished_below = len(self.challenges)
        if state.status == "active":
            state.status, state.time = "jailed", self.now + self.parameters["jailPeriod"]
        fraction = self.parameters["censorshipFraction"]
        self._slash(challenge.operator, challenge.challenger, fraction)

    def collect_owed(self, account: str) -> None:
        self.balances[account] += self.owed.pop(account, 0)

    def _slash(self, operator: str, reporter: str, fraction: int) -> None:
        state = self.operators[operator]
        before = state.pool.assets + state.unbonding.assets
        taken = state.pool.slash(fraction) + state.unbonding.slash(fraction)
        assert taken * BASIS <= before * fraction
        state.lost += taken
        reward = taken * self.parameters["reporterFraction"] // BASIS
        self.balances[reporter] += reward
        self.confiscated += taken - reward

    def _member(self, operator: str) -> Operator:
        state = self.operators[operator]
        require(state.status in ("active", "jailed"))
        return state

    def _open(self, number: int) -> Challenge:
        require(number < len(self.challenges))
        challenge = self.challenges[number]
        require(challenge is not None)
        assert challenge is not None
        return challenge

    def _close(self, number: int) -> None:
        self.operators[self._open(number).operator].open -= 1
        self.challenges[number] = None
