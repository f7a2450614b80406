"""A message waits between its announcement and its delivery."""

import pytest
from eth_utils import keccak
from tests.support.contracts import at
from tests.support.routes import FIRST, SECOND, ZERO
from tests.support.words import b32

from hyperlane.protocol.hook_metadata import StandardHookMetadata
from hyperlane.protocol.message import VERSION, Message

HOUR = 3600
ANNOUNCEMENT = 50_000
"""What an announcement costs here, in wei: as much as its gas."""


def metadata(refund) -> bytes:
    return StandardHookMetadata(0, 7, bytes.fromhex(refund.address[2:])).encode()


@pytest.fixture(scope="module")
def locks(project, owner, network):
    """One per domain, enrolled with each other."""
    made = {
        domain: owner.deploy(project.TimelockRouter, network.mailboxes[domain], HOUR)
        for domain in (FIRST, SECOND)
    }
    made[FIRST].enrollRemoteRouter(SECOND, b32(made[SECOND]), sender=owner)
    made[SECOND].enrollRemoteRouter(FIRST, b32(made[FIRST]), sender=owner)
    return made


@pytest.fixture(scope="module")
def recipient(project, owner, locks):
    recipient = owner.deploy(project.TestRecipient)
    recipient.setInterchainSecurityModule(locks[SECOND], sender=owner)
    return recipient


@pytest.fixture(scope="module")
def send(network, locks, recipient, owner, dispatched):
    """Dispatches a message through the lock; returns it and its announcement."""

    def send(body=b"hello", given=b"", value=ANNOUNCEMENT) -> tuple[Message, Message]:
        receipt = network.mailboxes[FIRST].dispatch(
            SECOND, b32(recipient), body, given, locks[FIRST], sender=owner, value=value
        )
        message, announcement = dispatched(receipt)
        return message, announcement

    return send


def test_message_is_announced_and_delivered_an_hour_later(
    send, locks, network, deliver, refusal, wait, recipient
):
    message, announcement = send()
    assert (announcement.sender, announcement.recipient) == (b32(locks[FIRST]), b32(locks[SECOND]))
    assert announcement.body == message.id
    assert refusal(message) == ("MessageNotPreverified", message.id)

    ready = wait(10) + HOUR
    receipt = deliver(announcement)
    assert receipt.decode_logs(locks[SECOND].MessageQueued) == [
        locks[SECOND].MessageQueued(messageId=message.id, readyAt=ready)
    ]
    assert locks[SECOND].readyAt(message.id) == ready

    assert refusal(message) == ("MessageNotReadyUntil", ready)
    wait(HOUR)
    deliver(message)
    assert recipient.lastData() == b"hello"


def test_last_second_of_the_wait_is_too_early(send, locks, deliver, wait, chain, owner, revert_of):
    message, announcement = send()
    ready = wait(1) + HOUR
    deliver(announcement)
    lock = locks[SECOND]
    wait(HOUR - 1)
    chain.mine()
    reason = revert_of(lock.verify, b"", message.encode())
    assert reason == ("MessageNotReadyUntil", ready)
    wait(1)
    chain.mine()
    assert lock.verify(b"", message.encode())


def test_no_wait_delivers_at_once(project, owner, network, locks, deliver, send, recipient):
    quick = owner.deploy(project.TimelockRouter, network.mailboxes[SECOND], 0)
    quick.enrollRemoteRouter(FIRST, b32(locks[FIRST]), sender=owner)
    locks[FIRST].enrollRemoteRouter(SECOND, b32(quick), sender=owner)
    recipient.setInterchainSecurityModule(quick, sender=owner)
    message, announcement = send()
    deliver(announcement)
    deliver(message)


def test_quote_is_that_of_the_announcement(locks, network, recipient, owner, send):
    message, _ = send()
    lock, mailbox = locks[FIRST], network.mailboxes[FIRST]
    assert lock.quoteDispatch(b"", message.encode()) == ANNOUNCEMENT
    arguments = (SECOND, b32(recipient), b"", b"", lock)
    assert mailbox.quoteDispatch(*arguments) == ANNOUNCEMENT


def test_less_than_the_quote_is_refused(locks, network, recipient, owner, revert_of):
    arguments = (SECOND, b32(recipient), b"", b"", locks[FIRST].address)
    reason = revert_of(
        network.mailboxes[FIRST].dispatch, *arguments, sender=owner, value=ANNOUNCEMENT - 1
    )
    assert reason == ("Underpaid", ANNOUNCEMENT - 1, ANNOUNCEMENT)


def test_surplus_goes_to_the_refund_address_or_the_sender(send, owner, accounts, locks):
    other = accounts[6]
    before = other.balance
    send(given=metadata(other), value=ANNOUNCEMENT + 33)
    assert other.balance - before == 33
    for given in (b"", metadata(other)[:85], b"\x00\x02" + metadata(other)[2:]):
        before = other.balance
        send(given=given, value=ANNOUNCEMENT + 33)
        assert other.balance == before
    assert locks[FIRST].balance == 0


def test_gas_of_the_announcement_is_enough(send, locks, network, chain):
    """`handle` alone, as the Mailbox calls it."""
    _, announcement = send()
    call = locks[SECOND].handle.encode_input(FIRST, b32(locks[FIRST]), announcement.body)
    used = chain.provider.web3.eth.estimate_gas(
        {"from": network.mailboxes[SECOND].address, "to": locks[SECOND].address, "data": call}
    )
    assert used - 21_000 < 0.8 * ANNOUNCEMENT


def test_owner_sets_the_gas_of_announcements(send, locks, owner, network, recipient):
    locks[FIRST].setDestinationGas(SECOND, 3 * ANNOUNCEMENT, sender=owner)
    quote = network.mailboxes[FIRST].quoteDispatch(
        SECOND, b32(recipient), b"", b"", locks[FIRST].address
    )
    assert quote == 3 * ANNOUNCEMENT
    send(value=quote)
    assert locks[FIRST].balance == 0


def test_only_the_message_dispatched_last_is_announced(send, locks, revert_of):
    message, announcement = send()
    for other in (message, Message(VERSION, 9, FIRST, b32(ZERO), SECOND, b32(ZERO), b"")):
        reason = revert_of(locks[FIRST].postDispatch, b"", other.encode())
        assert reason == ("MessageNotDispatching", other.id, announcement.id)


def test_domain_without_a_router_is_refused(locks, network, recipient, owner, revert_of):
    arguments = (77, b32(recipient), b"", b"", locks[FIRST].address)
    for function in (network.mailboxes[FIRST].dispatch, network.mailboxes[FIRST].quoteDispatch):
        assert revert_of(function, *arguments, sender=owner) == ("RouterNotEnrolled", 77)


def test_announcements_come_from_the_enrolled_router_over_the_mailbox(
    locks, network, owner, stranger, refusal, dispatched, revert_of
):
    message_id = keccak(b"any")
    reason = revert_of(locks[SECOND].handle, FIRST, b32(locks[FIRST]), message_id, sender=stranger)
    assert reason == ("SenderNotMailbox", stranger, network.mailboxes[SECOND])
    receipt = network.mailboxes[FIRST].dispatch(
        SECOND, b32(locks[SECOND]), message_id, sender=stranger
    )
    [forged] = dispatched(receipt)
    assert refusal(forged) == ("SenderNotRouter", FIRST, b32(stranger), b32(locks[FIRST]))


def test_announcement_counts_once(locks, network, owner, deliver, refusal, dispatched):
    """A second announcement cannot prolong the wait. An account stands for the other router."""
    locks[SECOND].enrollRemoteRouter(FIRST, b32(owner), sender=owner)
    announcements = []
    for _ in range(2):
        receipt = network.mailboxes[FIRST].dispatch(
            SECOND, b32(locks[SECOND]), keccak(b"any"), sender=owner
        )
        announcements += dispatched(receipt)
    deliver(announcements[0])
    ready = locks[SECOND].readyAt(keccak(b"any"))
    assert refusal(announcements[1]) == ("MessageAlreadyPreverified", keccak(b"any"))
    assert locks[SECOND].readyAt(keccak(b"any")) == ready


def test_short_announcement_is_refused(locks, network, owner, refusal, dispatched):
    locks[SECOND].enrollRemoteRouter(FIRST, b32(owner), sender=owner)
    receipt = network.mailboxes[FIRST].dispatch(SECOND, b32(locks[SECOND]), bytes(31), sender=owner)
    assert refusal(dispatched(receipt)[0]) == ()


def test_hook_of_announcements_is_the_owners_choice(
    project, locks, owner, stranger, send, revert_of
):
    lock, own = locks[FIRST], owner.deploy(project.RecordingHook, 0)
    assert lock.hooks(SECOND) == lock.hook() == ZERO
    assert revert_of(lock.setHook, own, sender=stranger)[0] == "OwnableUnauthorizedAccount"
    lock.setHook(own, sender=owner)
    assert lock.hooks(SECOND) == lock.hooks(77) == own
    message, _ = send(value=0)
    assert lock.quoteDispatch(b"", message.encode()) == 0
    assert own.balance == 0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["tree first", "tree last"])
def test_tree_goes_before_the_lock(project, owner, network, locks, recipient, revert_of, order):
    """An announcement makes another message the latest, and the tree refuses all but that."""
    mailbox = network.mailboxes[FIRST]
    tree = owner.deploy(project.MerkleTreeHook, mailbox)
    children = [(tree, locks[FIRST])[i].address for i in order]
    factory = owner.deploy(project.StaticAggregationHookFactory)
    factory.deploy(children, sender=owner)
    both = at(project.StaticAggregationHook, factory.getAddress(children))
    arguments = (SECOND, b32(recipient), b"", b"", both.address)
    if order == (0, 1):
        mailbox.dispatch(*arguments, sender=owner, value=ANNOUNCEMENT)
        assert tree.count() == 1
    else:
        reason = revert_of(mailbox.dispatch, *arguments, sender=owner, value=ANNOUNCEMENT)
        assert reason[0] == "MessageNotDispatching"


def test_facts(project, locks, network, owner, stranger, creation_revert_of):
    lock = locks[FIRST]
    assert (lock.hookType(), lock.moduleType(), lock.timelockWindow()) == (1, 6, HOUR)
    assert (lock.mailbox(), lock.localDomain()) == (network.mailboxes[FIRST], FIRST)
    assert (lock.owner(), lock.PACKAGE_VERSION()) == (owner, "12.1.0")
    assert all(lock.supportsMetadata(each) for each in (b"", b"\0\1", b"anything"))
    mailbox = network.mailboxes[FIRST].address
    refusal = creation_revert_of(project.TimelockRouter, mailbox, 2**32)
    assert refusal == ("WaitTooLong", 2**32)
    refusal = creation_revert_of(project.TimelockRouter, stranger.address, HOUR)
    assert refusal == ("MailboxNotContract", stranger)
