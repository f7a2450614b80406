"""Static calls on another chain whose results come back."""

import pytest
from eth_abi import encode
from eth_utils import keccak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.contracts import LOCAL_DOMAIN, REMOTE_DOMAIN
from tests.support.interchain_accounts import ZERO, dispatched, pick
from tests.support.words import b32

from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.queries import (
    QueriesMessage,
    Query,
    ResponseMessage,
    decode_query_message,
)

QUERY, RESPONSE = 0, 1
QUERIES = "((bytes32,bytes),bytes)[]"
ANSWER = b"\x2a".rjust(32, b"\0")
ASKED = keccak(text="asked()")[:4]
TOLD = keccak(text="told(uint256)")[:4]


@pytest.fixture(scope="module")
def deploy(project, owner):
    def deploy(mailbox):
        router = owner.deploy(project.InterchainQueryRouter, mailbox)
        router.initialize(ZERO, ZERO, owner, sender=owner)
        return router

    return deploy


@pytest.fixture(scope="module")
def pair(deploy, mailbox, remote_mailbox, owner):
    here, there = deploy(mailbox), deploy(remote_mailbox)
    here.enrollRemoteRouter(REMOTE_DOMAIN, b32(there), sender=owner)
    there.enrollRemoteRouter(LOCAL_DOMAIN, b32(here), sender=owner)
    return here, there


@pytest.fixture(scope="module")
def here(pair):
    return pair[0]


@pytest.fixture(scope="module")
def there(pair):
    return pair[1]


@pytest.fixture(scope="module")
def source(project, owner):
    """Answers every question with a word."""
    return owner.deploy(project.CannedAnswer, ANSWER, 32, False)


@pytest.fixture
def asker(project, owner):
    """A contract that asks, and is called back."""
    return owner.deploy(project.ReenteringContract)


@pytest.fixture
def ask(asker, here, owner):
    """Has the asking contract send queries, with wei."""

    def ask(*queries, value=0):
        data = pick(here.query, f"uint32,{QUERIES}").encode_input(REMOTE_DOMAIN, list(queries))
        trigger = keccak(text="go()")[:4]
        asker.prepare(trigger, bytes(32), [(here, value, data)], sender=owner, value=value)
        return owner.transfer(asker, 0, data=trigger)

    return ask


def query(to, callback, data=ASKED):
    return (b32(to), data), callback


@pytest.fixture
def answer(remote_mailbox, mailbox, relayer):
    """Delivers queries, then the results; both receipts."""

    def answer(sent, value=0):
        (message,) = dispatched(sent)
        executed = remote_mailbox.process(b"", message.encode(), sender=relayer, value=value)
        (response,) = dispatched(executed)
        return executed, mailbox.process(b"", response.encode(), sender=relayer)

    return answer


@pytest.fixture
def incoming(here, there):
    def incoming(sender, kind, payload, types, by=here, origin=LOCAL_DOMAIN):
        body = encode(["bytes32", "uint8", types], [b32(sender), kind, payload])
        return Message(VERSION, 9, origin, b32(by), REMOTE_DOMAIN, b32(there), body).encode()

    return incoming


def test_result_comes_back_to_who_asked(ask, answer, asker, source, here, there, chain):
    sent = ask(query(source, TOLD))
    (event,) = sent.decode_logs(here.QueryDispatched)
    assert (event.destination, event.sender) == (REMOTE_DOMAIN, asker)
    (message,) = dispatched(sent)
    assert message.body == encode(
        ["bytes32", "uint8", QUERIES], [b32(asker), QUERY, [query(source, TOLD)]]
    )
    executed, resolved = answer(sent)
    (event,) = executed.decode_logs(there.QueryExecuted)
    assert (event.originDomain, event.sender) == (LOCAL_DOMAIN, b32(asker))
    (response,) = dispatched(executed)
    assert response.body == encode(
        ["bytes32", "uint8", "bytes[]"], [b32(asker), RESPONSE, [TOLD + ANSWER]]
    )
    (event,) = resolved.decode_logs(here.QueryResolved)
    assert (event.destination, event.sender) == (REMOTE_DOMAIN, asker)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.binary(max_size=70), st.binary(max_size=70)), max_size=3))
def test_python_reads_and_writes_what_routers_send(
    ask, asker, source, remote_mailbox, relayer, asked
):
    sent = ask(*(query(source, callback, data) for data, callback in asked))
    (message,) = dispatched(sent)
    executed = remote_mailbox.process(b"", message.encode(), sender=relayer)
    (response,) = dispatched(executed)

    queries = tuple(Query(b32(source), data, callback) for data, callback in asked)
    calls = tuple(callback + ANSWER for _, callback in asked)
    for body, meant in (
        (message.body, QueriesMessage(b32(asker), queries)),
        (response.body, ResponseMessage(b32(asker), calls)),
    ):
        assert decode_query_message(body) == meant
        assert meant.encode() == body


def test_results_come_back_in_order(ask, answer, asker, source, project, owner):
    other = owner.deploy(project.CannedAnswer, b"\x07" * 64, 64, False)
    # The second callback triggers the asking contract, so that it shows that it was called.
    executed, _ = answer(ask(query(source, TOLD), query(other, b"")))
    (response,) = dispatched(executed)
    expected = [TOLD + ANSWER, b"\x07" * 64]
    assert response.body == encode(
        ["bytes32", "uint8", "bytes[]"], [b32(asker), RESPONSE, expected]
    )


def test_one_question_is_asked_alone(here, user, source):
    sent = pick(here.query, "uint32,address,bytes,bytes")(
        REMOTE_DOMAIN, source, ASKED, TOLD, sender=user
    )
    (message,) = dispatched(sent)
    assert message.body == encode(
        ["bytes32", "uint8", QUERIES], [b32(user), QUERY, [query(source, TOLD)]]
    )


def test_callback_gets_the_result(ask, answer, asker, source, owner, user, project):
    """The callback is of a contract that keeps what it is told."""
    sent = ask(query(source, TOLD))
    marker = "0x" + "66" * 20
    asker.prepare(TOLD, bytes(32), [(marker, 3, b"")], sender=owner, value=3)
    _, resolved = answer(sent)
    assert [event.success for event in resolved.decode_logs(asker.Reentered)] == [True]
    assert user.provider.get_balance(marker) == 3


def test_value_pays_for_both_messages(
    ask, answer, asker, source, mailbox, remote_mailbox, paid_hook, owner
):
    for each in (mailbox, remote_mailbox):
        each.setDefaultHook(paid_hook, sender=owner)
    sent = ask(query(source, TOLD), value=1_000)
    assert paid_hook.balance == 1_000
    answer_of = dispatched(sent)[0]
    executed = remote_mailbox.process(b"", answer_of.encode(), sender=owner, value=1_000)
    assert paid_hook.balance == 2_000
    assert dispatched(executed)


def test_value_that_comes_with_results_does_not_stay(here, there, mailbox, asker, owner, revert_of):
    """Nobody could have it back."""
    body = encode(["bytes32", "uint8", "bytes[]"], [b32(asker), RESPONSE, [TOLD]])
    message = Message(VERSION, 9, REMOTE_DOMAIN, b32(there), LOCAL_DOMAIN, b32(here), body)
    attempt = revert_of(mailbox.process, b"", message.encode(), sender=owner, value=5)
    assert attempt == ("UnexpectedValue", 5)
    assert here.balance == 0


def test_failing_source_fails_the_message_and_can_be_retried(
    ask, remote_mailbox, project, owner, relayer, revert_of
):
    target = owner.deploy(project.CannedAnswer, b"", 0, True)
    (message,) = dispatched(ask(query(target, TOLD)))
    reason = revert_of(remote_mailbox.process, b"", message.encode(), sender=relayer)
    assert reason == ()
    assert not remote_mailbox.delivered(message.id)


def test_failing_callback_fails_the_message(
    ask, mailbox, remote_mailbox, project, owner, relayer, revert_of, here, there
):
    refusing = owner.deploy(project.CannedAnswer, b"", 0, True)
    body = encode(["bytes32", "uint8", "bytes[]"], [b32(refusing), RESPONSE, [TOLD]])
    message = Message(VERSION, 9, REMOTE_DOMAIN, b32(there), LOCAL_DOMAIN, b32(here), body)
    assert revert_of(mailbox.process, b"", message.encode(), sender=relayer) == ()


def test_sources_cannot_be_changed_by_questions(
    ask, remote_mailbox, project, owner, relayer, revert_of
):
    """The question is a static call: what would change something, fails."""
    recipient = owner.deploy(project.TestRecipient)
    data = recipient.fooBar.encode_input(1, "changed")
    (message,) = dispatched(ask(query(recipient, TOLD, data)))
    assert revert_of(remote_mailbox.process, b"", message.encode(), sender=relayer) == ()
    assert recipient.lastCallMessage() == ""


def test_accounts_without_code_are_not_asked(ask, remote_mailbox, relayer, revert_of, user):
    (message,) = dispatched(ask(query(user, TOLD)))
    assert revert_of(remote_mailbox.process, b"", message.encode(), sender=relayer) == (
        "TargetNotContract",
        user.address,
    )


def test_accounts_without_code_are_not_called_back(here, there, mailbox, relayer, revert_of, user):
    body = encode(["bytes32", "uint8", "bytes[]"], [b32(user), RESPONSE, [TOLD]])
    message = Message(VERSION, 9, REMOTE_DOMAIN, b32(there), LOCAL_DOMAIN, b32(here), body)
    assert revert_of(mailbox.process, b"", message.encode(), sender=relayer) == (
        "TargetNotContract",
        user.address,
    )


def test_only_enrolled_routers_are_believed(
    incoming, remote_mailbox, relayer, stranger, source, asker, here, there, revert_of
):
    forged = incoming(asker, RESPONSE, [TOLD], "bytes[]", by=stranger)
    assert revert_of(remote_mailbox.process, b"", forged, sender=relayer) == (
        "SenderNotRouter",
        LOCAL_DOMAIN,
        b32(stranger),
        b32(here),
    )
    elsewhere = incoming(asker, QUERY, [query(source, TOLD)], QUERIES, origin=77)
    assert revert_of(remote_mailbox.process, b"", elsewhere, sender=relayer) == (
        "RouterNotEnrolled",
        77,
    )


@pytest.mark.parametrize("kind", [2, 255])
def test_other_types_are_refused(incoming, remote_mailbox, relayer, asker, kind, revert_of):
    message = incoming(asker, kind, [], "bytes[]")
    assert revert_of(remote_mailbox.process, b"", message, sender=relayer) == (
        "UnknownMessageType",
        kind,
    )


@pytest.mark.parametrize("body", [b"", bytes(63), bytes(64), bytes(32) + (256).to_bytes(32)])
def test_malformed_bodies_are_refused(here, there, remote_mailbox, relayer, body, revert_of):
    message = Message(VERSION, 9, LOCAL_DOMAIN, b32(here), REMOTE_DOMAIN, b32(there), body)
    assert revert_of(remote_mailbox.process, b"", message.encode(), sender=relayer) == ()


def test_no_question_goes_where_no_router_is(here, user, source, revert_of):
    ask_one = pick(here.query, "uint32,address,bytes,bytes")
    assert revert_of(ask_one, 77, source, ASKED, TOLD, sender=user) == ("RouterNotEnrolled", 77)


def test_it_is_initialized_once(here, owner, revert_of):
    assert (here.owner(), here.hook()) == (owner, ZERO)
    assert revert_of(here.initialize, ZERO, ZERO, owner, sender=owner) == ("AlreadyInitialized",)
