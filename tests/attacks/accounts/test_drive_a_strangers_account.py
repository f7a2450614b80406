"""An account has one owner. Others forge messages in its name, from wherever they can send them
from, and call its contracts directly; the owner of the router tries, too."""

import pytest
from tests.support.contracts import LOCAL_DOMAIN, at
from tests.support.interchain_accounts import (
    CALLS,
    DELEGATE_CALL,
    NONE,
    ZERO,
    account_at,
    calls_body,
    dispatched,
    encoded,
    pick,
)
from tests.support.words import b32

PRIZE = 10**18


@pytest.fixture(autouse=True)
def prize(user, account):
    """Wei of the account, which strangers want."""
    user.transfer(account, PRIZE)


@pytest.fixture
def loot(stranger):
    """Calls that take it."""
    return [(b32(stranger), 2**256 - 1, b"")]


@pytest.fixture
def untouched(chain, account, stranger):
    before = stranger.balance

    def untouched():
        assert chain.provider.get_balance(account) == PRIZE
        assert stranger.balance <= before

    return untouched


@pytest.fixture
def believing(project, owner):
    """A module of the stranger's that believes everything."""
    return owner.deploy(project.NoopIsm)


@pytest.mark.parametrize("field", ["sender", "origin", "module", "salt", "owner"])
def test_forged_message_reaches_another_account(
    field, incoming, deliver, loot, untouched, believing, user, stranger, chain, account
):
    """Every module believes everything here: the account depends on what the message says alone."""
    forged = {
        "sender": lambda: incoming(calls_body(user, loot), sender=stranger),
        "origin": lambda: incoming(calls_body(user, loot), origin=LOCAL_DOMAIN + 1),
        "module": lambda: incoming(calls_body(user, loot, ism=b32(believing))),
        "salt": lambda: incoming(calls_body(user, loot, salt=b"\x01" * 32)),
        "owner": lambda: incoming(calls_body(stranger, loot)),
    }[field]()
    deliver(forged)
    untouched()
    assert not chain.provider.get_code(account)


def test_owner_of_the_account_is_told_by_32_bytes(incoming, deliver, loot, untouched, user):
    """An owner on another kind of chain, whose address ends like the user's."""
    body = CALLS + b"\x01" + b32(user)[1:] + NONE + NONE + encoded(loot)
    deliver(incoming(body))
    untouched()


def test_routers_send_in_the_name_of_their_callers(
    here, there, connected, deliver, loot, untouched, stranger, user
):
    """Whatever overrides a stranger gives, the owner in the message is the stranger."""
    call = pick(
        here.callRemoteWithOverrides,
        "uint32,bytes32,bytes32,(bytes32,uint256,bytes)[],bytes,bytes32,address",
    )
    sent = call(
        there.localDomain(), b32(there), NONE, loot, b"", NONE, here.hook(), sender=stranger
    )
    (message,) = dispatched(sent)
    assert message.body[1:33] == b32(stranger)
    deliver(message.encode())
    untouched()


def test_accounts_obey_their_router_alone(
    there, order, deliver, loot, untouched, stranger, owner, user, project, account, revert_of
):
    deliver(order())
    code = at(project.OwnableMulticall, account)
    for anyone in (stranger, owner, user, account):
        refused = ("CallerNotOwner", str(getattr(anyone, "address", anyone)), there.address)
        assert revert_of(code.multicall, loot, sender=anyone) == refused
        assert revert_of(code.setCommitment, NONE, sender=anyone) == refused
    untouched()


def test_code_of_the_accounts_does_nothing_for_anyone(there, project, loot, stranger, revert_of):
    """Code that could be made to delegate could be made to destroy itself, with every account."""
    code = at(project.OwnableMulticall, there.implementation())
    refused = ("CallerNotOwner", stranger.address, there.address)
    assert revert_of(code.multicall, loot, sender=stranger) == refused
    assert revert_of(code.setCommitment, NONE, sender=stranger) == refused
    assert revert_of(code.revealAndExecute, loot, NONE, sender=stranger)[0] == "InvalidReveal"


def test_router_takes_messages_from_its_mailbox_alone(
    there, here, loot, user, stranger, owner, remote_mailbox, revert_of
):
    for anyone in (stranger, owner):
        arguments = LOCAL_DOMAIN, b32(here), calls_body(user, loot)
        assert revert_of(there.handle, *arguments, sender=anyone) == (
            "SenderNotMailbox",
            anyone.address,
            remote_mailbox.address,
        )


def test_another_account_is_a_stranger_like_others(
    order, deliver, refusal_of, loot, untouched, stranger, account, project, there, here
):
    """The stranger's own account calls the user's: by a call, and by code that it delegates to."""
    deliver(order())
    data = at(project.OwnableMulticall, account).multicall.encode_input(loot)
    own = account_at(there, LOCAL_DOMAIN, b32(stranger), b32(here))
    attempt = order((account, 0, data), owner=stranger)
    assert refusal_of(attempt) == ("CallerNotOwner", own, there.address)
    # As a delegate call the user's account runs the code on the stranger's storage and money, with
    # the router as the caller: the stranger takes its own.
    deliver(order((account, DELEGATE_CALL, data), owner=stranger))
    untouched()


def test_owner_of_the_router_cannot_replace_the_module(
    there,
    stranger,
    owner,
    believing,
    order,
    untouched,
    refusal_of,
    remote_mailbox,
    project,
    revert_of,
):
    refusing = owner.deploy(project.CannedAnswer, b"", 32, False)
    remote_mailbox.setDefaultIsm(refusing, sender=owner)
    refused = revert_of(there.setInterchainSecurityModule, believing, sender=owner)
    assert refused == ("IsmIsFixed", there.address)
    forged = order((stranger, 2**256 - 1, b""))
    assert refusal_of(forged)[0] == "IsmVerificationFailed"
    untouched()


def test_message_is_delivered_once(order, deliver, refusal_of, target, chain):
    message = order(("0x" + "77" * 20, 5, b""))
    deliver(message)
    assert refusal_of(message)[0] == "AlreadyDelivered"
    assert chain.provider.get_balance("0x" + "77" * 20) == 5


def test_account_that_a_stranger_creates_is_the_owners(
    there, here, user, stranger, order, deliver, chain
):
    fields = LOCAL_DOMAIN, b32(user), b32(here), ZERO, NONE
    there.getDeployedInterchainAccount(*fields, sender=stranger)
    deliver(order(("0x" + "77" * 20, 5, b"")))
    assert chain.provider.get_balance("0x" + "77" * 20) == 5
