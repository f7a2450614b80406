"""All messages or none."""

import pytest

from .dispatching import message_from, metadata


@pytest.fixture(scope="module")
def pausable(project, owner):
    return owner.deploy(project.PausableHook)


def test_creator_owns_it(project, stranger):
    hook = stranger.deploy(project.PausableHook)
    assert (hook.owner(), hook.paused()) == (stranger, False)


def test_owner_pauses_and_resumes(pausable, owner, mailbox, dispatch, revert_of):
    receipt = pausable.pause(sender=owner)
    assert pausable.paused()
    assert receipt.events == [pausable.Paused(account=owner)]
    assert revert_of(pausable.postDispatch, b"", message_from(owner).encode()) == ("EnforcedPause",)
    arguments = (1, b"\x01" * 32, b"", b"", pausable.address)
    assert revert_of(mailbox.dispatch, *arguments) == ("EnforcedPause",)

    receipt = pausable.unpause(sender=owner)
    assert receipt.events == [pausable.Unpaused(account=owner)]
    assert not dispatch(pausable).failed


def test_pausing_twice_is_refused(pausable, owner, revert_of):
    assert revert_of(pausable.unpause, sender=owner) == ("ExpectedPause",)
    pausable.pause(sender=owner)
    assert revert_of(pausable.pause, sender=owner) == ("EnforcedPause",)


@pytest.mark.parametrize("name", ["pause", "unpause"])
def test_switch_is_for_the_owner(pausable, stranger, revert_of, name):
    refusal = revert_of(getattr(pausable, name), sender=stranger)
    assert refusal == ("OwnableUnauthorizedAccount", stranger)


def test_costs_nothing_and_keeps_nothing(pausable, owner, accounts, dispatch, gains):
    gain = gains(accounts[6])
    given = metadata(refund=accounts[6])
    assert pausable.quoteDispatch(given, message_from(owner).encode()) == 0
    dispatch(pausable, metadata=given, value=5)
    assert (gain(accounts[6]), pausable.balance) == (5, 0)
