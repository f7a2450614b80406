"""Hooks that pass messages on: by destination, recipient, amount, or to the Mailbox's default."""

import pytest
from tests.support.contracts import REMOTE_DOMAIN

from .dispatching import RECIPIENT, ZERO, message_from, metadata, token_body

OTHER_DOMAIN = 2000
FEE = 7
GIVEN = metadata(gas_limit=9, refund="0x" + "99" * 20)
BY_DOMAIN = ["DomainRoutingHook", "FallbackDomainRoutingHook", "DestinationRecipientRoutingHook"]


@pytest.fixture(scope="module")
def target(recording):
    """Asks for a fee and keeps all it gets."""
    return recording(FEE)


@pytest.fixture(scope="module")
def other(recording):
    return recording(FEE + 1)


@pytest.fixture(scope="module")
def make(project, owner, mailbox, other):
    """`make(name)`: the hook without destinations; its fallback, if it has one, is `other`."""

    def make(name, owned_by=owner):
        rest = [other] if name == "FallbackDomainRoutingHook" else []
        return owner.deploy(project.contracts[name], mailbox, owned_by, *rest)

    return make


@pytest.fixture(scope="module", params=BY_DOMAIN)
def routing(request, make):
    return make(request.param)


# --- by destination


def test_creation_sets_mailbox_and_owner(make, mailbox, stranger):
    for name in BY_DOMAIN:
        routing = make(name, stranger)
        assert (routing.mailbox(), routing.owner()) == (mailbox, stranger)
        assert routing.localDomain() == mailbox.localDomain()


def test_creation_refuses_a_mailbox_that_is_no_contract(project, owner, creation_revert_of):
    refusal = creation_revert_of(project.DomainRoutingHook, owner.address, owner.address)
    assert refusal == ("MailboxNotContract", owner)


def test_owner_sets_and_removes_hooks(routing, owner, target, other):
    receipt = routing.setHook(REMOTE_DOMAIN, target, sender=owner)
    assert receipt.events == [routing.DomainHookSet(destination=REMOTE_DOMAIN, hook=target)]
    routing.setHooks([(OTHER_DOMAIN, target), (REMOTE_DOMAIN, other)], sender=owner)
    assert (routing.hooks(REMOTE_DOMAIN), routing.hooks(OTHER_DOMAIN)) == (other, target)
    assert routing.domains() == [REMOTE_DOMAIN, OTHER_DOMAIN]
    receipt = routing.setHook(REMOTE_DOMAIN, ZERO, sender=owner)
    assert receipt.events == [routing.DomainHookSet(destination=REMOTE_DOMAIN, hook=ZERO)]
    assert (routing.hooks(REMOTE_DOMAIN), routing.domains()) == (ZERO, [OTHER_DOMAIN])


def test_accounts_without_code_are_no_hooks(routing, owner, stranger, revert_of):
    refusal = revert_of(routing.setHook, REMOTE_DOMAIN, stranger.address, sender=owner)
    assert refusal == ("HookNotContract", stranger)


@pytest.mark.parametrize(("setter", "arguments"), [("setHook", [1, ZERO]), ("setHooks", [[]])])
def test_setters_are_for_the_owner(routing, stranger, revert_of, setter, arguments):
    refusal = revert_of(getattr(routing, setter), *arguments, sender=stranger)
    assert refusal == ("OwnableUnauthorizedAccount", stranger)


def test_message_goes_to_the_hook_of_its_destination(
    routing, owner, target, other, dispatch, posts
):
    routing.setHooks([(REMOTE_DOMAIN, target), (OTHER_DOMAIN, other)], sender=owner)
    encoded = message_from(owner).encode()
    assert routing.quoteDispatch(GIVEN, encoded) == FEE
    receipt = dispatch(routing, metadata=GIVEN, value=FEE + 5)
    assert posts(receipt, target) == [(FEE + 5, GIVEN, encoded)]
    assert (posts(receipt, other), routing.balance) == ([], 0)


def test_refusal_of_the_hook_is_passed_on(routing, owner, target, revert_of):
    routing.setHook(REMOTE_DOMAIN, target, sender=owner)
    refusal = revert_of(routing.postDispatch, b"", message_from(owner).encode())
    assert refusal == ("Underpaid", 0, FEE)


@pytest.mark.parametrize("name", ["DomainRoutingHook", "DestinationRecipientRoutingHook"])
def test_destination_without_hook_is_refused(make, name, owner, revert_of):
    routing = make(name)
    encoded = message_from(owner).encode()
    for function in (routing.postDispatch, routing.quoteDispatch):
        refusal = revert_of(function, b"", encoded)
        assert refusal == ("NoHookForDestination", REMOTE_DOMAIN)


def test_fallback_takes_all_other_destinations(make, owner, target, other, dispatch, posts):
    routing = make("FallbackDomainRoutingHook")
    assert routing.fallbackHook() == other
    routing.setHook(OTHER_DOMAIN, target, sender=owner)
    encoded = message_from(owner).encode()
    assert routing.quoteDispatch(GIVEN, encoded) == FEE + 1
    receipt = dispatch(routing, metadata=GIVEN, value=FEE + 1)
    assert posts(receipt, other) == [(FEE + 1, GIVEN, encoded)]


def test_fallback_must_be_a_contract(project, mailbox, owner, creation_revert_of):
    arguments = (mailbox.address, owner.address, owner.address)
    refusal = creation_revert_of(project.FallbackDomainRoutingHook, *arguments)
    assert refusal == ("HookNotContract", owner)


# --- by recipient


@pytest.fixture(scope="module")
def by_recipient(make, owner, target, other):
    routing = make("DestinationRecipientRoutingHook")
    routing.setHook(REMOTE_DOMAIN, target, sender=owner)
    routing.configCustomHook(REMOTE_DOMAIN, RECIPIENT, other, sender=owner)
    return routing


def test_owner_sets_and_removes_the_hook_of_a_recipient(by_recipient, owner, target):
    arguments = (OTHER_DOMAIN, RECIPIENT)
    receipt = by_recipient.configCustomHook(*arguments, target, sender=owner)
    assert by_recipient.customHooks(*arguments) == target
    assert receipt.events == [
        by_recipient.CustomHookSet(destination=OTHER_DOMAIN, recipient=RECIPIENT, hook=target)
    ]
    by_recipient.configCustomHook(*arguments, ZERO, sender=owner)
    assert by_recipient.customHooks(*arguments) == ZERO


def test_hook_of_a_recipient_must_be_a_contract(by_recipient, owner, stranger, revert_of):
    arguments = (OTHER_DOMAIN, RECIPIENT, stranger.address)
    refusal = revert_of(by_recipient.configCustomHook, *arguments, sender=owner)
    assert refusal == ("HookNotContract", stranger)
    refusal = revert_of(by_recipient.configCustomHook, *arguments, sender=stranger)
    assert refusal == ("OwnableUnauthorizedAccount", stranger)


def test_message_goes_to_the_hook_of_its_recipient(
    by_recipient, owner, target, other, dispatch, posts
):
    receipt = dispatch(by_recipient, metadata=GIVEN, value=FEE + 1)
    assert posts(receipt, other) == [(FEE + 1, GIVEN, message_from(owner).encode())]
    assert (posts(receipt, target), by_recipient.balance) == ([], 0)


def test_recipient_without_hook_has_that_of_the_destination(
    by_recipient, owner, target, dispatch, posts
):
    recipient = b"\x66" * 32
    receipt = dispatch(by_recipient, recipient=recipient, value=FEE)
    encoded = message_from(owner, recipient=recipient).encode()
    assert posts(receipt, target) == [(FEE, b"", encoded)]


def test_quote_is_that_of_the_destination(by_recipient, owner, revert_of):
    assert by_recipient.quoteDispatch(b"", message_from(owner).encode()) == FEE
    by_recipient.setHook(REMOTE_DOMAIN, ZERO, sender=owner)
    refusal = revert_of(by_recipient.quoteDispatch, b"", message_from(owner).encode())
    assert refusal == ("NoHookForDestination", REMOTE_DOMAIN)


# --- by amount


@pytest.fixture(scope="module")
def by_amount(project, owner, target, other):
    return owner.deploy(project.AmountRoutingHook, target, other, 1000)


@pytest.mark.parametrize(("amount", "chosen"), [(0, 0), (999, 0), (1000, 1), (2**256 - 1, 1)])
def test_amount_chooses_the_hook(by_amount, owner, target, other, dispatch, posts, amount, chosen):
    body = token_body(amount)
    encoded = message_from(owner, body=body).encode()
    assert by_amount.quoteDispatch(GIVEN, encoded) == FEE + chosen
    receipt = dispatch(by_amount, body, GIVEN, value=20)
    assert posts(receipt, [target, other][chosen]) == [(20, GIVEN, encoded)]
    assert posts(receipt, [other, target][chosen]) == []


def test_getters_show_the_choice(by_amount, target, other):
    assert (by_amount.lower(), by_amount.upper(), by_amount.threshold()) == (target, other, 1000)


@pytest.mark.parametrize("length", [0, 32, 63])
def test_body_without_amount_is_refused(by_amount, owner, revert_of, length):
    encoded = message_from(owner, body=bytes(length)).encode()
    assert revert_of(by_amount.postDispatch, b"", encoded) == ()
    assert revert_of(by_amount.quoteDispatch, b"", encoded) == ()


def test_both_choices_must_be_contracts(project, owner, target, creation_revert_of):
    for pair in ((owner.address, target.address), (target.address, owner.address)):
        refusal = creation_revert_of(project.AmountRoutingHook, *pair, 1)
        assert refusal == ("PartNotContract", owner)


# --- to the default


def test_default_hook_follows_the_mailbox(project, owner, mailbox, target, other, dispatch, posts):
    hook = owner.deploy(project.DefaultHook, mailbox)
    encoded = message_from(owner).encode()
    mailbox.setDefaultHook(target, sender=owner)
    assert hook.call_view_method("_hook") == target
    assert hook.quoteDispatch(GIVEN, encoded) == FEE
    mailbox.setDefaultHook(other, sender=owner)
    assert hook.quoteDispatch(GIVEN, encoded) == FEE + 1
    receipt = dispatch(hook, metadata=GIVEN, value=20)
    assert posts(receipt, other) == [(20, GIVEN, encoded)]
    assert hook.balance == 0
