"""Routers and modules of other domains: set once, so that nobody's account changes."""

import pytest
from tests.support.interchain_accounts import NONE, ZERO, pick
from tests.support.words import b32

FIRST, SECOND = b"\x00" * 12 + b"\x01" * 20, b"\x00" * 12 + b"\x02" * 20
WIDE = b"\x03" * 32


def test_router_and_module_are_enrolled(here, owner):
    receipt = here.enrollRemoteRouterAndIsm(7, FIRST, WIDE, sender=owner)
    (event,) = receipt.decode_logs(here.RemoteIsmEnrolled)
    assert (event.domain, event.ism) == (7, WIDE)
    assert (here.routers(7), here.isms(7), here.domains()) == (FIRST, WIDE, [7])


def test_several_are_enrolled_at_once(here, owner, revert_of):
    here.enrollRemoteRouterAndIsms([7, 8], [FIRST, WIDE], [NONE, SECOND], sender=owner)
    assert [(here.routers(each), here.isms(each)) for each in (7, 8)] == [
        (FIRST, NONE),
        (WIDE, SECOND),
    ]
    enroll = here.enrollRemoteRouterAndIsms
    assert revert_of(enroll, [9], [], [NONE], sender=owner) == ("LengthMismatch", 1, 0)
    assert revert_of(enroll, [9], [FIRST], [], sender=owner) == ("LengthMismatch", 1, 0)


def test_router_alone_is_enrolled_without_a_module(here, owner):
    here.enrollRemoteRouter(7, FIRST, sender=owner)
    here.enrollRemoteRouters([8], [WIDE], sender=owner)
    assert [(here.routers(each), here.isms(each)) for each in (7, 8)] == [
        (FIRST, NONE),
        (WIDE, NONE),
    ]


OTHERS = {
    "router": ("enrollRemoteRouterAndIsm", (7, SECOND, WIDE)),
    "module": ("enrollRemoteRouterAndIsm", (7, FIRST, NONE)),
    "router alone": ("enrollRemoteRouter", (7, FIRST)),
    "routers": ("enrollRemoteRouters", ([7], [SECOND])),
    "several": ("enrollRemoteRouterAndIsms", ([8, 7], [FIRST, SECOND], [NONE, WIDE])),
}


@pytest.mark.parametrize("unenrolled", [False, True])
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_others_are_refused_for_good(here, owner, revert_of, other, unenrolled):
    name, arguments = other
    here.enrollRemoteRouterAndIsm(7, FIRST, WIDE, sender=owner)
    if unenrolled:
        here.unenrollRemoteRouter(7, sender=owner)
    assert revert_of(getattr(here, name), *arguments, sender=owner) == ("EnrollmentIsFixed", 7)


def test_same_may_be_enrolled_again(here, owner, user, revert_of):
    """A domain can be cut off, and connected again."""
    here.enrollRemoteRouterAndIsm(7, FIRST, WIDE, sender=owner)
    here.enrollRemoteRouterAndIsm(7, FIRST, WIDE, sender=owner)
    here.unenrollRemoteRouters([7], sender=owner)
    remote = pick(here.getRemoteInterchainAccount, "uint32,address")
    assert revert_of(remote, 7, user) == ("RouterNotEnrolled", 7)
    here.enrollRemoteRouterAndIsm(7, FIRST, WIDE, sender=owner)
    assert (here.routers(7), here.isms(7), here.domains()) == (FIRST, WIDE, [7])


def test_no_router_is_refused(here, owner, revert_of):
    enroll = here.enrollRemoteRouterAndIsm
    assert revert_of(enroll, 7, NONE, WIDE, sender=owner) == ("RouterIsZero", 7)


def test_only_the_owner_enrolls(here, stranger, revert_of):
    for name, arguments in (
        ("enrollRemoteRouter", (7, FIRST)),
        ("enrollRemoteRouters", ([7], [FIRST])),
        ("enrollRemoteRouterAndIsm", (7, FIRST, WIDE)),
        ("enrollRemoteRouterAndIsms", ([7], [FIRST], [WIDE])),
        ("unenrollRemoteRouter", (7,)),
        ("setHook", (ZERO,)),
    ):
        reason = revert_of(getattr(here, name), *arguments, sender=stranger)
        assert reason == ("OwnableUnauthorizedAccount", stranger.address)


def test_what_the_constructor_sets(project, owner, user, mailbox, hook, here):
    router = owner.deploy(project.InterchainAccountRouter, mailbox, hook, user, 5, ["http://a"])
    assert (router.mailbox(), router.hook(), router.owner()) == (mailbox, hook, user)
    assert (router.COMMIT_TX_GAS_USAGE(), router.localDomain()) == (5, mailbox.localDomain())
    assert router.implementation() != here.implementation()
    assert b32(router.CCIP_READ_ISM()) != NONE
