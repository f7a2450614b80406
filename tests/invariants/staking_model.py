"""What staking should do, in a few lines: exact amounts, and what is refused.

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

    def slash(self, fraction: int, shares: int) -> tuple[int, int]:
        """What is taken in all, and the part of it that was behind these shares."""
        taken = self.assets * fraction // BASIS
        self.assets -= taken
        return taken, shares * taken // (self.shares + 1_000)


@dataclass
class Operator:
    commission: int
    time: int
    """When it was activated; in jail, when it may leave."""
    key: str
    """That it signs with."""
    status: str = "active"
    pool: Pool = field(default_factory=Pool)
    unbonding: Pool = field(default_factory=Pool)
    shares: Counter[str] = field(default_factory=Counter)
    active_until: int = 0
    """When it was seen in the active set before something that may have ended that."""
    asked: dict[int, str | None] = field(default_factory=dict)
    """The key that answered for a leaf; None while it is asked."""
    open: int = 0
    """Places taken by challenges."""
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
    previous: tuple[dict[str, int], int] | None = None
    """Parameters that held before, and until when."""

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
        if who != operator:
            require(state.pool.assets + assets <= self.carried(operator, self.parameters))
        require(assets * (state.pool.shares + 1_000) // (state.pool.assets + 1) > 0)
        self.balances[who] -= assets
        state.shares[who] += state.pool.deposit(assets)

    def carried(self, operator: str, parameters: dict[str, int]) -> int:
        """The largest pool that an operator's own stake is enough for."""
        state = self.operators[operator]
        own = state.pool.worth(state.shares[operator])
        return own * BASIS // parameters["reporterFraction"]

    def is_active(self, operator: str, parameters: dict[str, int] | None = None) -> bool:
        state, by = self.operators[operator], parameters or self.parameters
        counted = min(state.pool.assets, self.carried(operator, by))
        return state.status == "active" and counted >= by["minimumStake"]

    def was_active(self, operator: str) -> bool:
        """Before parameters changed, not longer than an unbonding period ago."""
        if self.previous is None:
            return False
        parameters, until = self.previous
        recent = self.now <= until + self.parameters["unbondingPeriod"]
        return recent and self.is_active(operator, parameters)

    def is_accountable(self, operator: str) -> bool:
        state = self.operators[operator]
        if state.status == "tombstoned" or (state.status == "jailed" and self.now < state.time):
            return False
        recent = self.now <= state.active_until + self.parameters["unbondingPeriod"]
        return recent or self.is_active(operator) or self.was_active(operator)

    def _note_activity(self, operator: str) -> None:
        state = self.operators[operator]
        if self.is_active(operator):
            state.active_until = self.now
        elif self.previous is not None and self.was_active(operator):
            state.active_until = max(state.active_until, self.previous[1])

    def unstake(self, who: str, operator: str, shares: int) -> None:
        state = self.operators[operator]
        require(0 < shares <= state.shares[who])
        self._note_activity(operator)
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
        state = self._member(who)
        self._note_activity(who)
        state.status = "left"

    def rotate(self, who: str, key: str) -> None:
        self._member(who).key = key

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
        self.previous = self.parameters, self.now
        self.parameters, self.scheduled = self.scheduled[0], None

    # --- punishment

    def fraud(self, who: str, operator: str, key: str, index: int) -> None:
        """With valid evidence, to which `who` committed."""
        state = self.operators[operator]
        require((key, index) not in self.punished and state.status != "tombstoned")
        self.punished.add((key, index))
        state.status = "tombstoned"
        self.balances[who] += self._slash(operator, self.parameters["fraudFraction"])

    def snapshot(self, count: int) -> None:
        self.snapshots.append((self.now, count))

    def challenge(self, who: str, operator: str, index: int, snapshot: int) -> None:
        state = self.operators[operator]
        require(self.is_accountable(operator))
        require(snapshot < len(self.snapshots))
        taken, count = self.snapshots[snapshot]
        require(index < count)
        require(self.now >= max(taken, state.time) + self.parameters["gracePeriod"])
        require(not self.is_asked(operator, index) and state.open < MAX_OPEN)
        bond = self.parameters["challengeBond"] << state.open
        require(self.balances[who] >= bond)
        self.balances[who] -= bond
        state.asked[index] = None
        state.open += 1
        deadline = self.now + self.parameters["answerPeriod"]
        self.challenges.append(Challenge(who, operator, index, deadline, bond))

    def is_asked(self, operator: str, index: int) -> bool:
        """Now, or it has answered with the key that it still signs with, and not falsely."""
        state = self.operators[operator]
        if index not in state.asked:
            return False
        key = state.asked[index]
        return key is None or (key == state.key and (key, index) not in self.punished)

    def answer(self, number: int, key: str, index: int) -> None:
        """With the signature of a key on leaf `index`."""
        challenge = self._open(number)
        state = self.operators[challenge.operator]
        require(challenge.index == index and self.now <= challenge.deadline and key == state.key)
        self._close(number)
        state.asked[index] = key
        self.owed[challenge.operator] += challenge.bond // 2
        self.owed[self.treasury] += challenge.bond - challenge.bond // 2

    def resolve(self, who: str, number: int) -> None:
        challenge = self._open(number)
        require(self.now > challenge.deadline)
        self._close(number)
        self.owed[challenge.challenger] += challenge.bond
        state = self.operators[challenge.operator]
        del state.asked[challenge.index]
        if number < state.punished_below:
            return
        state.punished_below, state.open = len(self.challenges), 0
        reward = self._censorship(challenge.operator)
        theirs = reward if who == challenge.challenger else reward // 2
        self.owed[who] += theirs
        self.owed[challenge.challenger] += reward - theirs

    def _censorship(self, operator: str) -> int:
        state = self.operators[operator]
        if state.status == "tombstoned":
            return 0
        if state.status != "left":
            until = self.now + self.parameters["jailPeriod"]
            if self.is_active(operator):
                state.active_until = until
            state.status, state.time = "jailed", until
        return self._slash(operator, self.parameters["censorshipFraction"])

    def collect_owed(self, account: str) -> None:
        self.balances[account] += self.owed.pop(account, 0)

    def _slash(self, operator: str, fraction: int) -> int:
        """Returns the reward."""
        state = self.operators[operator]
        before = state.pool.assets + state.unbonding.assets
        wealth = self.stake_of(operator)
        unbonding = sum(
            shares for owner, of, shares, _ in filter(None, self.waiting) if owner == of == operator
        )
        taken, own = map(
            sum,
            zip(
                state.pool.slash(fraction, state.shares[operator]),
                state.unbonding.slash(fraction, unbonding),
                strict=True,
            ),
        )
        reward = min(taken * self.parameters["reporterFraction"] // BASIS, own // 2)
        assert taken * BASIS <= before * fraction
        assert 2 * reward <= wealth - self.stake_of(operator)
        state.lost += taken
        self.confiscated += taken - reward
        return reward

    def stake_of(self, operator: str) -> int:
        """What an operator owns of its two pools."""
        state = self.operators[operator]
        waiting = (
            state.unbonding.worth(shares)
            for owner, of, shares, _ in filter(None, self.waiting)
            if owner == of == operator
        )
        return state.pool.worth(state.shares[operator]) + sum(waiting)

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
        state = self.operators[self._open(number).operator]
        if number >= state.punished_below:
            state.open -= 1
        self.challenges[number] = None
