"""Modules for aggregations that say yes until told otherwise: pausable, and by message id."""

import pytest
from tests.support.signing import message

MESSAGE = message()


@pytest.fixture(scope="module")
def pausable(project, owner, stranger):
    return owner.deploy(project.PausableIsm, stranger)


@pytest.fixture(scope="module")
def blacklist(project, owner, stranger):
    return owner.deploy(project.BlacklistIsm, stranger)


def test_owner_pauses_and_unpauses(pausable, stranger, verifies, revert_of):
    assert verifies(pausable, b"", MESSAGE)
    receipt = pausable.pause(sender=stranger)
    assert receipt.events == [pausable.Paused(account=stranger)]
    assert pausable.paused()
    assert revert_of(pausable.verify, b"", MESSAGE.encode()) == ("EnforcedPause",)
    receipt = pausable.unpause(sender=stranger)
    assert receipt.events == [pausable.Unpaused(account=stranger)]
    assert verifies(pausable, b"", MESSAGE)


def test_nobody_else_pauses(pausable, owner, stranger, revert_of):
    expected = ("OwnableUnauthorizedAccount", owner.address)
    assert revert_of(pausable.pause, sender=owner) == expected
    assert revert_of(pausable.unpause, sender=owner) == expected
    assert (pausable.owner(), pausable.moduleType()) == (stranger, 6)


def test_named_messages_are_not_believed(blacklist, stranger, verifies):
    good, bad, worse = (message(nonce=i) for i in range(3))
    receipt = blacklist.blacklist([bad.id, worse.id, bad.id], sender=stranger)
    assert receipt.events == [
        blacklist.MessageBlacklisted(messageId=bad.id),
        blacklist.MessageBlacklisted(messageId=worse.id),
    ]
    assert verifies(blacklist, b"", good)
    assert not verifies(blacklist, b"", bad)
    assert not verifies(blacklist, b"", worse)
    assert blacklist.blacklistedIds(bad.id)
    assert not blacklist.blacklistedIds(good.id)
    assert list(blacklist.values()) == [bad.id, worse.id]


def test_nobody_else_names_messages(blacklist, owner, stranger, revert_of):
    reason = revert_of(blacklist.blacklist, [MESSAGE.id], sender=owner)
    assert reason == ("OwnableUnauthorizedAccount", owner.address)
    assert (blacklist.owner(), blacklist.moduleType()) == (stranger, 6)
