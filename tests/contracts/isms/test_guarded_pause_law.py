"""Whatever owner, guardians and time do: since the owner's last act, guardians have stopped
messages for no longer than `guardianPause` each, and a pause of the owner ends by the owner only.

The contract is compared with a plain model after every act.
"""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

NEVER = 2**48 - 1
HOUR = 3600


@dataclass
class Model:
    """What the contract should know."""

    members: set[int]
    duration: int
    until: int = 0
    spent: set[int] = field(default_factory=set)


class Subject:
    """A contract and its model, to which the same things are done."""

    def __init__(self, project, chain, owner, guardians, revert_of):
        self.chain, self.owner, self.guardians = chain, owner, guardians
        self.revert_of = revert_of
        first = guardians[:2]
        self.contract = owner.deploy(project.GuardedPausableIsm, owner, first, HOUR)
        self.model = Model({0, 1}, HOUR)
        self.since = self.head
        """Time of the owner's last act, or of the last check or pause since."""
        self.stopped = 0
        """Seconds for which messages were stopped from that act to that check."""
        self.allowed = 0
        """Seconds for which they may have been."""

    @property
    def head(self) -> int:
        return self.chain.blocks.head.timestamp

    def wait(self, seconds: int) -> None:
        self.chain.mine(timestamp=self.head + seconds)

    def guardian_pauses(self, guardian: int) -> None:
        account, model = self.guardians[guardian], self.model
        refusal = self._refusal(guardian)
        if refusal is not None:
            assert self.revert_of(self.contract.pause, sender=account) == refusal
            return
        receipt = self.contract.pause(sender=account)
        if model.until <= receipt.timestamp:
            self.since = receipt.timestamp
        model.until = max(receipt.timestamp, model.until) + model.duration
        model.spent.add(guardian)
        self.allowed += model.duration

    def _refusal(self, guardian: int) -> tuple | None:
        account, model = self.guardians[guardian], self.model
        if model.until == NEVER:
            return ("EnforcedPause",)
        if guardian not in model.members:
            return ("NotGuardian", account)
        return ("GuardianSpent", account) if guardian in model.spent else None

    def owner_pauses(self) -> None:
        if self.model.until == NEVER:
            refusal = self.revert_of(self.contract.pause, sender=self.owner)
            assert refusal == ("EnforcedPause",)
            return
        self.contract.pause(sender=self.owner)
        self.model.until = NEVER

    def owner_unpauses(self) -> None:
        if not self.contract.paused():
            refusal = self.revert_of(self.contract.unpause, sender=self.owner)
            assert refusal == ("ExpectedPause",)
            return
        self.contract.unpause(sender=self.owner)
        self.model.until = 0
        self._acted()

    def owner_rearms(self) -> None:
        self.contract.rearm(sender=self.owner)
        self._acted()

    def owner_names(self, guardian: int, named: bool) -> None:
        self.contract.setGuardians([self.guardians[guardian]], named, sender=self.owner)
        change = self.model.members.add if named else self.model.members.discard
        change(guardian)
        self._acted()

    def owner_sets_duration(self, seconds: int) -> None:
        self.contract.setGuardianPause(seconds, sender=self.owner)
        self.model.duration = seconds

    def _acted(self) -> None:
        self.model.spent.clear()
        self.since, self.stopped = self.head, 0
        self.allowed = max(0, self.model.until - self.head)

    def check(self) -> None:
        contract, model, head = self.contract, self.model, self.head
        assert contract.pausedUntil() == model.until
        assert contract.pausedForGood() == (model.until == NEVER)
        assert contract.paused() == (head < model.until)
        members = [each in contract.guardians() for each in self.guardians]
        assert members == [each in model.members for each in range(len(self.guardians))]
        for index, account in enumerate(self.guardians):
            assert contract.canPause(account) == (self._refusal(index) is None)
        if model.until != NEVER:
            self.stopped += max(0, min(head, model.until) - self.since)
            self.since = head
            assert self.stopped + max(0, model.until - head) <= self.allowed


guardians = st.integers(0, 2)
acts = st.one_of(
    st.tuples(st.just("guardian_pauses"), guardians),
    st.tuples(st.just("guardian_pauses"), guardians),
    st.tuples(st.just("wait"), st.integers(1, 2 * HOUR)),
    st.tuples(st.just("owner_pauses")),
    st.tuples(st.just("owner_unpauses")),
    st.tuples(st.just("owner_rearms")),
    st.tuples(st.just("owner_names"), guardians, st.booleans()),
    st.tuples(st.just("owner_sets_duration"), st.sampled_from([1, HOUR // 2, 2 * HOUR])),
)


@pytest.fixture(scope="module")
def subject(project, chain, owner, accounts, revert_of):
    return lambda: Subject(project, chain, owner, accounts[3:6], revert_of)


@settings(
    max_examples=20,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=st.lists(acts, min_size=6, max_size=15))
def test_guardians_stop_for_a_time_each_and_the_owner_for_good(subject, acts):
    it = subject()
    for name, *arguments in acts:
        getattr(it, name)(*arguments)
        it.check()
