"""Routers: whom they believe, and how they keep their counterparts."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.snapshot import taken_back
from tests.support.words import b32

from hyperlane.protocol.message import VERSION, Message

LOCAL, REMOTE, OTHER = 31337, 1000, 2000
EVM = b"\0" * 12 + b"\xab" * 20
WIDE = b"\xcd" * 32
"""A router on a chain whose addresses have 32 bytes."""


def message(router, sender=EVM, origin=REMOTE, body=b"hello") -> bytes:
    recipient = b32(router)
    return Message(VERSION, 0, origin, sender, LOCAL, recipient, body).encode()


@pytest.fixture(scope="module", params=[EVM, WIDE], ids=["evm", "wide"])
def remote(request):
    return request.param


def test_routers_are_zero_before_enrolment(router):
    assert router.routers(REMOTE) == bytes(32)
    assert router.domains() == []


def test_enrol_sets_the_router(router, owner, remote):
    receipt = router.enrollRemoteRouter(REMOTE, remote, sender=owner)
    assert router.routers(REMOTE) == remote
    assert router.domains() == [REMOTE]
    assert receipt.events == []


@pytest.mark.parametrize(("first", "second"), [(EVM, WIDE), (WIDE, EVM), (EVM, b"\0" * 31 + b"\1")])
def test_enrol_replaces_the_router(router, owner, first, second):
    router.enrollRemoteRouter(REMOTE, first, sender=owner)
    router.enrollRemoteRouter(REMOTE, second, sender=owner)
    assert router.routers(REMOTE) == second
    assert router.domains() == [REMOTE]


def test_enrol_several(router, owner):
    router.enrollRemoteRouters([REMOTE, OTHER], [EVM, WIDE], sender=owner)
    assert [router.routers(each) for each in (REMOTE, OTHER)] == [EVM, WIDE]
    assert router.domains() == [REMOTE, OTHER]


def test_enrol_refuses_lists_of_different_lengths(router, owner, revert_of):
    refusal = revert_of(router.enrollRemoteRouters, [REMOTE, OTHER], [EVM], sender=owner)
    assert refusal == ("LengthMismatch", 2, 1)


def test_enrol_refuses_zero(router, owner, revert_of):
    refusal = revert_of(router.enrollRemoteRouter, REMOTE, bytes(32), sender=owner)
    assert refusal == ("RouterIsZero", REMOTE)


def test_unenrol_forgets_the_router(router, owner, remote):
    router.enrollRemoteRouters([REMOTE, OTHER], [remote, EVM], sender=owner)
    router.unenrollRemoteRouter(REMOTE, sender=owner)
    assert router.routers(REMOTE) == bytes(32)
    assert router.domains() == [OTHER]
    router.unenrollRemoteRouters([OTHER], sender=owner)
    assert router.domains() == []


def test_unenrol_refuses_a_domain_without_router(router, owner, revert_of):
    router.enrollRemoteRouter(OTHER, EVM, sender=owner)
    refusal = ("RouterNotEnrolled", REMOTE)
    assert revert_of(router.unenrollRemoteRouter, REMOTE, sender=owner) == refusal
    assert revert_of(router.unenrollRemoteRouters, [OTHER, REMOTE], sender=owner) == refusal


enrolments = st.lists(
    st.tuples(st.integers(1, 4), st.none() | st.sampled_from([EVM, WIDE, b"\x01" * 32])),
    max_size=12,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(enrolments)
def test_routers_and_domains_tell_the_last_enrolments(chain, router, owner, steps):
    with taken_back(chain):
        enrolled = {}
        for domain, remote in steps:
            if remote is not None:
                router.enrollRemoteRouter(domain, remote, sender=owner)
                enrolled[domain] = remote
            elif domain in enrolled:
                router.unenrollRemoteRouter(domain, sender=owner)
                del enrolled[domain]
        assert {each: router.routers(each) for each in router.domains()} == enrolled
        assert {each: router.routers(each) for each in range(1, 5)} == {
            each: enrolled.get(each, bytes(32)) for each in range(1, 5)
        }


def test_handle_takes_what_the_enrolled_router_sent(router, mailbox, owner, remote):
    router.enrollRemoteRouter(REMOTE, remote, sender=owner)
    receipt = mailbox.process(b"", message(router, remote), sender=owner, value=7)
    assert router.Handled(origin=REMOTE, body=b"hello", value=7) in receipt.events
    assert router.balance == 7


@pytest.mark.parametrize("sender", [b"\x01" * 32, WIDE[:12] + EVM[12:], bytes(32)])
def test_handle_refuses_another_sender(router, mailbox, owner, remote, revert_of, sender):
    router.enrollRemoteRouter(REMOTE, remote, sender=owner)
    refusal = revert_of(mailbox.process, b"", message(router, sender), sender=owner)
    assert refusal == ("SenderNotRouter", REMOTE, sender, remote)


@pytest.mark.parametrize("sender", [EVM, bytes(32)])
def test_handle_refuses_a_domain_without_router(router, mailbox, owner, revert_of, sender):
    router.enrollRemoteRouter(REMOTE, EVM, sender=owner)
    refusal = revert_of(mailbox.process, b"", message(router, sender, OTHER), sender=owner)
    assert refusal == ("RouterNotEnrolled", OTHER)


def test_handle_refuses_a_router_that_was_unenrolled(router, mailbox, owner, remote, revert_of):
    router.enrollRemoteRouter(REMOTE, remote, sender=owner)
    router.unenrollRemoteRouter(REMOTE, sender=owner)
    refusal = revert_of(mailbox.process, b"", message(router, remote), sender=owner)
    assert refusal == ("RouterNotEnrolled", REMOTE)


def test_handle_is_for_the_mailbox(router, mailbox, owner, revert_of):
    router.enrollRemoteRouter(REMOTE, EVM, sender=owner)
    refusal = revert_of(router.handle, REMOTE, EVM, b"", sender=owner)
    assert refusal == ("SenderNotMailbox", owner, mailbox)


def test_gas_is_zero_until_it_is_set(router, owner):
    router.enrollRemoteRouter(REMOTE, EVM, sender=owner)
    assert router.destinationGas(REMOTE) == 0


def test_set_gas(router, owner, remote):
    router.enrollRemoteRouters([REMOTE, OTHER], [remote, EVM], sender=owner)
    receipt = router.setDestinationGas(REMOTE, 123, sender=owner)
    assert receipt.events == [router.GasSet(domain=REMOTE, gas=123)]
    assert (router.destinationGas(REMOTE), router.routers(REMOTE)) == (123, remote)
    router.setDestinationGas([(REMOTE, 2**88 - 1), (OTHER, 5)], sender=owner)
    assert router.destinationGas(REMOTE) == 2**88 - 1
    assert router.destinationGas(OTHER) == 5
    assert router.routers(REMOTE) == remote


def test_gas_outlives_the_enrolment(router, owner):
    router.enrollRemoteRouter(REMOTE, EVM, sender=owner)
    router.setDestinationGas(REMOTE, 123, sender=owner)
    router.unenrollRemoteRouter(REMOTE, sender=owner)
    assert router.destinationGas(REMOTE) == 123
    router.enrollRemoteRouter(REMOTE, WIDE, sender=owner)
    assert router.destinationGas(REMOTE) == 123


def test_set_gas_refuses_a_domain_without_router(router, owner, revert_of):
    refusal = revert_of(router.setDestinationGas, REMOTE, 1, sender=owner)
    assert refusal == ("RouterNotEnrolled", REMOTE)


def test_set_gas_refuses_the_routers_own_domain(router, owner, revert_of):
    router.enrollRemoteRouter(router.localDomain(), EVM, sender=owner)
    for arguments in ([router.localDomain(), 1], [[(router.localDomain(), 1)]]):
        refusal = revert_of(router.setDestinationGas, *arguments, sender=owner)
        assert refusal == ("LocalDomain", router.localDomain())


def test_set_gas_refuses_more_than_88_bits(router, owner, revert_of):
    router.enrollRemoteRouter(REMOTE, EVM, sender=owner)
    refusal = revert_of(router.setDestinationGas, [(REMOTE, 2**88)], sender=owner)
    assert refusal == ("GasTooLarge", REMOTE, 2**88)


@pytest.fixture(scope="module")
def metadata_hook(project, owner):
    """Asks for as much as the gas limit in its metadata."""
    return owner.deploy(project.GasPricedHook)


@pytest.mark.parametrize("as_default", [True, False])
def test_quote_asks_the_hook_for_the_domains_gas(
    router, mailbox, owner, metadata_hook, remote, as_default
):
    router.enrollRemoteRouter(REMOTE, remote, sender=owner)
    router.setDestinationGas(REMOTE, 777, sender=owner)
    (mailbox.setDefaultHook if as_default else router.setHook)(metadata_hook, sender=owner)
    assert router.quoteGasPayment(REMOTE) == 777


def test_quote_refuses_a_domain_without_router(router, revert_of):
    assert revert_of(router.quoteGasPayment, REMOTE) == ("RouterNotEnrolled", REMOTE)
