"""Calls that an account is committed to can be made by anyone who knows them, and no others:
strangers reveal early, with other calls, twice, from within, and with another account."""

import pytest
from eth_utils import keccak
from tests.support.contracts import at
from tests.support.interchain_accounts import (
    COMMITMENT,
    NONE,
    REVEAL,
    commitment_of,
    encoded,
)
from tests.support.words import b32, raw

SECRET = b"\x09" * 32
HANDLE = keccak(text="handle(uint32,bytes32,bytes)")[:4]
PROCESS = keccak(text="process(bytes,bytes)")[:4]


@pytest.fixture
def code(project, account):
    return at(project.OwnableMulticall, account)


@pytest.fixture
def hostile(project, owner):
    return owner.deploy(project.ReenteringContract)


@pytest.fixture
def calls(hostile):
    return [(b32(hostile), 5, HANDLE)]


@pytest.fixture
def commitment(calls):
    return commitment_of(calls, SECRET)


@pytest.fixture
def committed(incoming, deliver, user, commitment, account):
    """The account is committed, and has the wei for two reveals."""
    deliver(incoming(COMMITMENT + b32(user) + NONE + NONE + commitment))
    user.transfer(account, 10)


@pytest.fixture
def reveal(incoming, commitment):
    return incoming(REVEAL + NONE + commitment)


def reentered(receipt, hostile) -> list[bool]:
    return [event.success for event in receipt.decode_logs(hostile.Reentered)]


def test_stranger_makes_the_calls_and_no_others(
    code, committed, calls, commitment, stranger, hostile, revert_of, account, chain
):
    others = [(b32(stranger), 10, b"")]
    for made, salt in ((others, SECRET), (calls * 2, SECRET), ([], SECRET), (calls, NONE)):
        reason = revert_of(code.revealAndExecute, made, salt, sender=stranger)
        assert reason == ("InvalidReveal", commitment_of(made, salt))
    code.revealAndExecute(calls, SECRET, sender=stranger)
    assert (hostile.balance, chain.provider.get_balance(account)) == (5, 5)
    assert not code.commitments(commitment)


def test_call_that_reveals_again_from_within_is_refused(
    code, committed, calls, stranger, hostile, owner, account, chain
):
    again = code.revealAndExecute.encode_input(calls, SECRET)
    hostile.prepare(HANDLE, NONE, [(account, 0, again)], sender=owner)
    receipt = code.revealAndExecute(calls, SECRET, sender=stranger)
    assert reentered(receipt, hostile) == [False]
    assert (hostile.balance, chain.provider.get_balance(account)) == (5, 5)


def test_message_that_is_delivered_from_within_is_delivered_once(
    committed, reveal, account, calls, deliver, hostile, owner, remote_mailbox
):
    metadata = raw(account) + SECRET + encoded(calls)
    again = remote_mailbox.process.encode_input(metadata, reveal)
    hostile.prepare(HANDLE, NONE, [(remote_mailbox.address, 0, again)], sender=owner)
    assert reentered(deliver(reveal, metadata), hostile) == [False]
    assert hostile.balance == 5


def test_message_wasted_on_another_account_costs_nothing_but_itself(
    committed, reveal, calls, commitment, deliver, refusal_of, hostile, owner, code, user
):
    """The message does not name the account: any contract that takes the calls will do. What is
    lost is the delivery; the commitment stays, and the calls are known."""
    deliver(reveal, raw(hostile) + SECRET + encoded(calls))
    assert refusal_of(reveal, b"") == ("AlreadyDelivered", keccak(reveal))
    assert code.commitments(commitment)
    assert hostile.balance == 0
    code.revealAndExecute(calls, SECRET, sender=user)
    assert hostile.balance == 5


def test_account_of_strangers_cannot_be_committed(
    there, here, incoming, deliver, stranger, user, commitment, code, account, chain
):
    deliver(incoming(COMMITMENT + b32(user) + NONE + NONE + commitment, sender=stranger))
    deliver(incoming(COMMITMENT + b32(stranger) + NONE + NONE + commitment))
    assert not chain.provider.get_code(account)


def test_no_module_can_have_a_reveal_order_calls(
    incoming, deliver, noop_ism, calls, chain, account
):
    """A reveal that its own module believes does nothing: it carries no calls and no owner."""
    received = deliver(incoming(REVEAL + b32(noop_ism) + commitment_of(calls, SECRET)))
    assert {each.event_name for each in received.events} == {"Process", "ProcessId"}


def test_account_acts_in_the_middle_of_a_delivery(
    order, deliver, hostile, owner, there, remote_mailbox, account, target, user
):
    """Its target delivers another message to the same account, delivers the same one again, and
    plays the Mailbox: the first happens, once, the others do not."""
    inner = order(("0x" + "77" * 20, 1, b""))
    outer = order((hostile, 0, HANDLE))
    process = remote_mailbox.process.encode_input
    direct = there.handle.encode_input(1, b32(user), b"\0" + bytes(96) + encoded([]))
    hostile.prepare(
        HANDLE,
        NONE,
        [
            (remote_mailbox.address, 0, process(b"", inner)),
            (remote_mailbox.address, 0, process(b"", inner)),
            (remote_mailbox.address, 0, process(b"", outer)),
            (there.address, 0, direct),
        ],
        sender=owner,
    )
    assert reentered(deliver(outer, value=3), hostile) == [True, False, False, False]
    assert user.provider.get_balance("0x" + "77" * 20) == 1
    assert user.provider.get_balance(account) == 2
