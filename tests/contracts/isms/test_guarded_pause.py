"""Pausable by guardians: a module and a hook that hot keys can stop, for a while and once."""

import pytest
from ape.exceptions import ContractLogicError
from tests.support.signing import message

HOURS = 6 * 3600
FOR_GOOD = 2**48 - 1
LONGEST = 30 * 24 * 3600
MESSAGE = message()


@pytest.fixture(scope="module")
def guardians(accounts):
    return accounts[3:5]


@pytest.fixture(scope="module", params=["GuardedPausableIsm", "GuardedPausableHook"])
def guarded(request, project, owner, stranger, guardians):
    """Owned by `stranger`: that nobody else may do anything includes who deployed it."""
    return owner.deploy(project.contracts[request.param], stranger, guardians, HOURS)


@pytest.fixture
def stops(guarded):
    """Whether it stops messages; that is what `paused` says."""

    def stops() -> bool:
        asked = guarded.verify if is_module(guarded) else guarded.postDispatch.call
        try:
            asked(b"", MESSAGE.encode())
        except ContractLogicError:
            assert guarded.paused()
            return True
        assert not guarded.paused()
        return False

    return stops


def is_module(guarded) -> bool:
    return guarded.contract_type.name.endswith("Ism")


def test_it_begins_open_with_its_guardians(guarded, stranger, guardians, stops):
    assert not stops()
    assert guarded.owner() == stranger
    assert list(guarded.guardians()) == guardians
    assert (guarded.guardianPause(), guarded.pausedUntil()) == (HOURS, 0)
    assert all(guarded.canPause(guardian) for guardian in guardians)
    assert not guarded.canPause(stranger)


def test_owner_pauses_for_good_and_resumes(guarded, chain, stranger, stops, revert_of):
    receipt = guarded.pause(sender=stranger)
    assert receipt.events == [guarded.Paused(account=stranger)]
    chain.mine(deltatime=10 * LONGEST)
    assert stops()
    asked = guarded.verify if is_module(guarded) else guarded.postDispatch
    assert revert_of(asked, b"", MESSAGE.encode()) == ("EnforcedPause",)
    assert guarded.pausedUntil() == FOR_GOOD
    assert revert_of(guarded.pause, sender=stranger) == ("EnforcedPause",)
    receipt = guarded.unpause(sender=stranger)
    assert receipt.events == [guarded.Unpaused(account=stranger)]
    assert not stops()
    assert revert_of(guarded.unpause, sender=stranger) == ("ExpectedPause",)


def test_a_guardian_pauses_for_a_time(guarded, chain, guardians, stops):
    receipt = guarded.pause(sender=guardians[0])
    assert receipt.events == [guarded.Paused(account=guardians[0])]
    end = receipt.timestamp + HOURS
    assert guarded.pausedUntil() == end
    chain.mine(timestamp=end - 1)
    assert stops()
    chain.mine(timestamp=end)
    assert not stops()


def test_a_guardian_pauses_once_until_the_owner_acts(
    guarded, chain, stranger, guardians, stops, revert_of
):
    thief, other = guardians
    guarded.pause(sender=thief)
    assert revert_of(guarded.pause, sender=thief) == ("GuardianSpent", thief)
    chain.mine(deltatime=HOURS)
    assert not stops()
    assert revert_of(guarded.pause, sender=thief) == ("GuardianSpent", thief)
    assert (guarded.canPause(thief), guarded.canPause(other)) == (False, True)
    guarded.rearm(sender=stranger)
    guarded.pause(sender=thief)
    assert stops()
    guarded.unpause(sender=stranger)
    guarded.pause(sender=thief)
    assert stops()


def test_another_guardian_prolongs_a_pause(guarded, chain, guardians):
    guarded.pause(sender=guardians[0])
    chain.mine(deltatime=HOURS - 10)
    receipt = guarded.pause(sender=guardians[1])
    assert guarded.pausedUntil() == receipt.timestamp + HOURS


def test_a_shorter_time_shortens_no_pause(guarded, stranger, guardians):
    guarded.pause(sender=guardians[0])
    end = guarded.pausedUntil()
    guarded.setGuardianPause(1, sender=stranger)
    guarded.pause(sender=guardians[1])
    assert guarded.pausedUntil() == end


def test_owner_confirms_a_guardians_pause(guarded, chain, stranger, guardians, stops, revert_of):
    guarded.pause(sender=guardians[0])
    guarded.pause(sender=stranger)
    chain.mine(deltatime=2 * HOURS)
    assert stops()
    assert revert_of(guarded.pause, sender=guardians[1]) == ("EnforcedPause",)
    assert not guarded.canPause(guardians[1])
    guarded.unpause(sender=stranger)
    assert guarded.canPause(guardians[0])


def test_owner_ends_a_guardians_pause(guarded, stranger, guardians, stops):
    guarded.pause(sender=guardians[0])
    guarded.unpause(sender=stranger)
    assert not stops()


def test_a_removed_guardian_pauses_no_more(guarded, stranger, guardians, revert_of):
    gone, kept = guardians
    receipt = guarded.setGuardians([gone, gone], False, sender=stranger)
    assert receipt.events == [guarded.GuardianSet(guardian=gone, isGuardian=False)]
    assert list(guarded.guardians()) == [kept]
    assert revert_of(guarded.pause, sender=gone) == ("NotGuardian", gone)
    guarded.pause(sender=kept)
    guarded.setGuardians([kept], True, sender=stranger)
    assert guarded.canPause(kept), "naming a spent guardian lets it pause again"


def test_time_of_a_guardians_pause_is_bounded(guarded, stranger, revert_of):
    receipt = guarded.setGuardianPause(LONGEST, sender=stranger)
    assert receipt.events == [guarded.GuardianPauseSet(duration=LONGEST)]
    for wrong in (0, LONGEST + 1, 2**256 - 1):
        reason = revert_of(guarded.setGuardianPause, wrong, sender=stranger)
        assert reason == ("InvalidGuardianPause", wrong)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("unpause", ()),
        ("rearm", ()),
        ("setGuardians", ([], True)),
        ("setGuardianPause", (1,)),
        ("transferOwnership", ("0x" + "11" * 20,)),
        ("renounceOwnership", ()),
    ],
)
def test_guardians_can_do_nothing_else(guarded, owner, guardians, revert_of, name, arguments):
    guarded.pause(sender=guardians[1])
    for account in (owner, *guardians):
        reason = revert_of(getattr(guarded, name), *arguments, sender=account)
        assert reason == ("OwnableUnauthorizedAccount", account)


def test_strangers_cannot_pause(guarded, owner, revert_of):
    assert revert_of(guarded.pause, sender=owner) == ("NotGuardian", owner)


def test_constructor_refuses_what_the_setters_refuse(
    project, owner, stranger, creation_revert_of
):
    for duration in (0, LONGEST + 1):
        reason = creation_revert_of(project.GuardedPausableIsm, stranger, [], duration)
        assert reason == ("InvalidGuardianPause", duration)


def test_interface_contains_that_of_the_plain_ones(project):
    for kind in ("PausableIsm", "PausableHook"):
        plain, guarded = (project.contracts[name].contract_type for name in (kind, f"Guarded{kind}"))
        for part in ("view_methods", "mutable_methods", "events", "errors"):
            selectors = [{each.selector for each in getattr(c, part)} for c in (plain, guarded)]
            assert selectors[0] <= selectors[1], (kind, part)
