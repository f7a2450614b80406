"""Pausable by guardians: a module and a hook that hot keys can stop, for a while and once."""

import pytest
from ape.exceptions import ContractLogicError
from tests.support.signing import message

HOURS = 6 * 3600
NEVER = 2**48 - 1
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
    assert guarded.pausedUntil() == NEVER
    assert revert_of(guarded.pause, sender=stranger) == ("EnforcedPause",)
    receipt = guarded.unpause(sender=stranger)
    assert receipt.events == [guarded.Unpaused(account=stranger), guarded.GuardiansRearmed()]
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
    receipt = guarded.rearm(sender=stranger)
    assert receipt.events == [guarded.GuardiansRearmed()]
    guarded.pause(sender=thief)
    assert stops()
    receipt = guarded.unpause(sender=stranger)
    assert receipt.events == [guarded.Unpaused(account=stranger), guarded.GuardiansRearmed()]
    guarded.pause(sender=thief)
    assert stops()


def test_another_guardian_prolongs_a_pause_by_as_much(guarded, stranger, guardians):
    receipt = guarded.pause(sender=guardians[0])
    guarded.setGuardianPause(60, sender=stranger)
    guarded.pause(sender=guardians[1])
    assert guarded.pausedUntil() == receipt.timestamp + HOURS + 60


def test_rearming_ends_no_pause(guarded, stranger, guardians, stops):
    guarded.pause(sender=guardians[0])
    end = guarded.pausedUntil()
    guarded.rearm(sender=stranger)
    assert stops()
    assert guarded.pausedUntil() == end


def test_owner_confirms_a_guardians_pause(guarded, chain, stranger, guardians, stops, revert_of):
    guarded.pause(sender=guardians[0])
    assert not guarded.pausedForGood()
    guarded.pause(sender=stranger)
    assert guarded.pausedForGood()
    chain.mine(deltatime=2 * HOURS)
    assert stops()
    assert revert_of(guarded.pause, sender=guardians[1]) == ("EnforcedPause",)
    assert not guarded.canPause(guardians[1])
    guarded.unpause(sender=stranger)
    assert all(guarded.canPause(guardian) for guardian in guardians)


def test_owner_ends_a_guardians_pause(guarded, stranger, guardians, stops):
    guarded.pause(sender=guardians[0])
    guarded.unpause(sender=stranger)
    assert not stops()


def test_a_removed_guardian_pauses_no_more(guarded, stranger, guardians, revert_of):
    gone, kept = guardians
    guarded.pause(sender=kept)
    receipt = guarded.setGuardians([gone, gone], False, sender=stranger)
    removed = guarded.GuardianSet(guardian=gone, isGuardian=False)
    assert receipt.events == [removed, guarded.GuardiansRearmed()]
    assert list(guarded.guardians()) == [kept]
    assert revert_of(guarded.pause, sender=gone) == ("NotGuardian", gone)
    assert guarded.canPause(kept), "the owner has acted"


def test_owner_names_guardians(guarded, stranger, owner, guardians):
    receipt = guarded.setGuardians([guardians[0], owner], True, sender=stranger)
    named = guarded.GuardianSet(guardian=owner, isGuardian=True)
    assert receipt.events == [named, guarded.GuardiansRearmed()]
    assert list(guarded.guardians()) == [*guardians, owner]
    assert guarded.canPause(owner)


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


def test_constructor_refuses_what_the_setters_refuse(project, owner, stranger, creation_revert_of):
    for duration in (0, LONGEST + 1):
        reason = creation_revert_of(project.GuardedPausableIsm, stranger, [], duration)
        assert reason == ("InvalidGuardianPause", duration)
