"""A stranger who has nothing to lose wants a limit used up, by deliveries of long ago."""

import pytest
from tests.attacks.limits.amounts import DAY
from tests.support.routes import FIRST, SECOND
from tests.support.words import b32

from hyperlane.protocol.message import Message

CAPACITY = 1000 * DAY


@pytest.fixture
def old(locked, forge, network, thief):
    """What was delivered before there was a limit."""
    message = forge(locked[0], 10)
    network.mailboxes[FIRST].process(b"", message, sender=thief)
    return message


@pytest.fixture
def limit(project, owner, network, locked, old):
    limit = owner.deploy(project.RateLimitedIsm, network.mailboxes[FIRST], CAPACITY, DAY, locked[0])
    locked[0].setInterchainSecurityModule(limit, sender=owner)
    return limit


def test_old_deliveries_do_not_count(limit, old, network, thief, revert_of):
    refusal = revert_of(limit.verify, b"", old, sender=thief)
    assert refusal[0] == "InvalidDeliveredMessage"
    assert limit.calculateCurrentLevel() == CAPACITY


def test_a_delivery_counts_once_while_it_is_made(
    limit, locked, forge, network, thief, in_one_transaction, revert_of
):
    message = forge(locked[0], 500)
    assert revert_of(limit.verify, b"", message, sender=thief)[0] == "InvalidDeliveredMessage"
    verify = (limit.verify, b"", message)
    succeeded = in_one_transaction(verify, (network.mailboxes[FIRST].process, b"", message), verify)
    assert succeeded == [False, True, False]
    assert limit.filledLevel() == CAPACITY - 500


def test_a_delivery_of_an_earlier_block_does_not_count_though_no_module_counted_it(
    limit, locked, forge, network, owner, thief, noop_ism, chain, revert_of
):
    """As where a route asks this module about some origins only."""
    locked[0].setInterchainSecurityModule(noop_ism, sender=owner)
    message = forge(locked[0], 500)
    network.mailboxes[FIRST].process(b"", message, sender=thief)
    chain.mine()
    assert revert_of(limit.verify, b"", message, sender=thief)[0] == "InvalidDeliveredMessage"
    assert limit.calculateCurrentLevel() == CAPACITY


@pytest.mark.parametrize("module", ["RateLimitedIsm", "NetFlowRateLimitedHookIsm"])
def test_a_delivery_of_this_block_that_asked_another_module_does_not_count(
    project, locked, forge, network, owner, thief, noop_ism, in_one_transaction, module
):
    """On some chains a block's number stays for many blocks."""
    mailbox = network.mailboxes[FIRST]
    given = {
        "RateLimitedIsm": (mailbox, CAPACITY, DAY, locked[0]),
        "NetFlowRateLimitedHookIsm": (mailbox, locked[0], 1000, DAY),
    }
    limit = owner.deploy(project.contracts[module], *given[module])
    locked[0].setInterchainSecurityModule(noop_ism, sender=owner)
    message = forge(locked[0], 500)
    calls = (mailbox.process, b"", message), (limit.verify, b"", message)
    assert in_one_transaction(*calls) == [True, False]
    assert not limit.messageValidated(Message.decode(message).id)


def test_over_a_mailbox_that_does_not_tell_deliveries_of_this_block_count(
    project, locked, forge, owner, thief, in_one_transaction, revert_of, chain
):
    """The reference's tells blocks only."""
    quiet = owner.deploy(project.QuietMailbox)
    limit = owner.deploy(project.RateLimitedIsm, quiet, CAPACITY, DAY, locked[0])
    old, message = forge(locked[0], 500), forge(locked[0], 500)
    quiet.deliver(Message.decode(old).id, sender=owner)
    chain.mine()
    assert revert_of(limit.verify, b"", old, sender=thief)[0] == "InvalidDeliveredMessage"
    verify = (limit.verify, b"", message)
    calls = (verify, (quiet.deliver, Message.decode(message).id), verify)
    assert in_one_transaction(*calls) == [False, True, True]
    assert limit.filledLevel() == CAPACITY - 500


def test_what_counts_out_is_being_dispatched(
    project, limit, locked, token, owner, network, thief, dispatched, revert_of
):
    """The same of the hook: a transfer from before it was set is no longer the latest."""
    here = locked[0]
    token.approve(here, 100, sender=owner)
    [old] = dispatched(here.transferRemote(SECOND, b32(owner), 50, sender=owner))
    hook = owner.deploy(project.RateLimitedHook, network.mailboxes[FIRST], CAPACITY, DAY, here)
    here.setHook(hook, sender=owner)
    here.transferRemote(SECOND, b32(owner), 50, sender=owner)
    refusal = revert_of(hook.postDispatch, b"", old.encode(), sender=thief)
    assert refusal[0] == "MessageNotDispatching"
    assert hook.filledLevel() == CAPACITY - 50
