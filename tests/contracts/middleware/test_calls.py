"""Calls from one chain that accounts on another make."""

import pytest
from eth_utils import keccak
from tests.support.contracts import LOCAL_DOMAIN, REMOTE_DOMAIN
from tests.support.interchain_accounts import (
    CALL_LIST,
    CALLS,
    DELEGATE_CALL,
    FEE,
    ISM,
    METADATA,
    NONE,
    ROUTER,
    SALT,
    VECTORS,
    WHOLE_BALANCE,
    ZERO,
    account_at,
    calls_body,
    dispatched,
    encoded,
    handle_call,
    in_token,
    pick,
)
from tests.support.words import b32, raw

from hyperlane.protocol.hook_metadata import StandardHookMetadata

TO = "0x" + "77" * 20
MADE = [(b32(TO), 0, b"\x12\x34"), (b"\x00" * 12 + b"\x78" * 20, 5, b"")]
OVERRIDES = f"uint32,bytes32,bytes32,{CALL_LIST}"


# --- sending


@pytest.mark.parametrize("vector", VECTORS["messages"][:2], ids=lambda each: each["kind"])
def test_bodies_are_those_of_the_vectors(here, accounts, vector):
    body = bytes.fromhex(vector["body"][2:])
    sender = accounts["0x" + body[13:33].hex()]
    sender.balance = 10**18
    sent = pick(here.callRemoteWithOverrides, f"{OVERRIDES},bytes32")(
        REMOTE_DOMAIN, b"\x01" * 32, body[33:65], MADE, body[65:97], sender=sender
    )
    assert dispatched(sent)[0].body == body


WAYS = {
    "plain": (OVERRIDES, lambda hook: (), NONE, b"", False),
    "salt": (f"{OVERRIDES},bytes32", lambda hook: (SALT,), SALT, b"", False),
    "metadata": (f"{OVERRIDES},bytes", lambda hook: (METADATA,), NONE, METADATA, False),
    "metadata and salt": (
        f"{OVERRIDES},bytes,bytes32",
        lambda hook: (METADATA, SALT),
        SALT,
        METADATA,
        False,
    ),
    "hook": (
        f"{OVERRIDES},bytes,bytes32,address",
        lambda hook: (METADATA, SALT, hook),
        SALT,
        METADATA,
        True,
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_overrides_are_what_is_sent(deploy_router, mailbox, user, project, owner, way):
    signature, rest, salt, metadata, names_hook = way
    own, named = (owner.deploy(project.RecordingHook, 0) for _ in range(2))
    router = deploy_router(mailbox, own)
    sent = pick(router.callRemoteWithOverrides, signature)(
        REMOTE_DOMAIN, ROUTER, ISM, MADE, *rest(named), sender=user, value=3
    )
    (message,) = dispatched(sent)
    assert (message.sender, message.recipient) == (b32(router), ROUTER)
    assert message.body == calls_body(user, MADE, ISM, salt)
    (event,) = sent.decode_logs(router.RemoteCallDispatched)
    assert (event.destination, event.owner) == (REMOTE_DOMAIN, user)
    assert (event.router, event.ism, event.salt) == (ROUTER, ISM, salt)
    (hooked,) = sent.decode_logs((named if names_hook else own).PostDispatch)
    assert (hooked.value, hooked.metadata) == (3, metadata)


@pytest.mark.parametrize("hooked", [False, True], ids=["no hook", "hook"])
@pytest.mark.parametrize("ism", [NONE, ISM], ids=["no module", "module"])
@pytest.mark.parametrize("wide", [False, True], ids=["EVM", "other chain"])
def test_defaults_of_the_domain_are_what_is_sent(
    deploy_router, mailbox, project, owner, user, hooked, ism, wide
):
    hook = owner.deploy(project.RecordingHook, 0)
    router = deploy_router(mailbox)
    remote = b"\xaa" * 32 if wide else b32("0x" + "aa" * 20)
    router.enrollRemoteRouterAndIsm(REMOTE_DOMAIN, remote, ism, sender=owner)
    if hooked:
        router.setHook(hook, sender=owner)
    for call in (
        lambda: router.callRemote(REMOTE_DOMAIN, MADE, sender=user),
        lambda: router.callRemote(REMOTE_DOMAIN, MADE, METADATA, sender=user),
    ):
        sent = call()
        (message,) = dispatched(sent)
        assert (message.recipient, message.body) == (remote, calls_body(user, MADE, ism))
        assert len(sent.decode_logs(hook.PostDispatch)) == hooked


def test_hook_that_goes_is_asked_no_more(here, connected, project, owner, user):
    hook = owner.deploy(project.RecordingHook, 0)
    here.setHook(hook, sender=owner)
    assert here.callRemote(REMOTE_DOMAIN, MADE, sender=user).decode_logs(hook.PostDispatch)
    here.setHook(ZERO, sender=owner)
    assert not here.callRemote(REMOTE_DOMAIN, MADE, sender=user).decode_logs(hook.PostDispatch)


def test_no_message_goes_to_no_router(here, user, revert_of):
    call = pick(here.callRemote, f"uint32,{CALL_LIST}")
    assert revert_of(call, 77, MADE, sender=user) == ("RouterNotEnrolled", 77)
    overrides = pick(here.callRemoteWithOverrides, OVERRIDES)
    reason = revert_of(overrides, REMOTE_DOMAIN, NONE, ISM, MADE, sender=user)
    assert reason == ("RouterNotEnrolled", REMOTE_DOMAIN)


# --- paying


def test_quote_is_what_a_call_costs(here, connected, mailbox, paymaster, owner, user, revert_of):
    mailbox.setDefaultHook(paymaster, sender=owner)
    quotes = here.quoteGasPayment
    assert pick(quotes, "uint32")(REMOTE_DOMAIN) == 51_000
    assert pick(quotes, "uint32,uint256")(REMOTE_DOMAIN, 7) == 1_007
    assert pick(quotes, "address,uint32,uint256")(ZERO, REMOTE_DOMAIN, 7) == 1_007
    call = pick(here.callRemote, f"uint32,{CALL_LIST}")
    assert revert_of(call, REMOTE_DOMAIN, MADE, sender=user, value=50_999)[0] == (
        "InsufficientInterchainGasPayment"
    )
    call(REMOTE_DOMAIN, MADE, sender=user, value=51_000)
    assert paymaster.balance == 51_000
    assert here.balance == 0


NO_REFUND = (1).to_bytes(2) + bytes(32) + (50_000).to_bytes(32)


@pytest.mark.parametrize("metadata", [None, b"", NO_REFUND], ids=["none", "empty", "no refund"])
def test_surplus_comes_back(here, connected, mailbox, paymaster, owner, user, metadata):
    mailbox.setDefaultHook(paymaster, sender=owner)
    before = user.balance
    rest = () if metadata is None else (metadata,)
    sent = here.callRemote(REMOTE_DOMAIN, MADE, *rest, sender=user, value=10**9)
    assert before - user.balance == 51_000 + sent.total_fees_paid
    assert here.balance == 0


def test_surplus_goes_where_metadata_say(here, connected, mailbox, paymaster, owner, user):
    mailbox.setDefaultHook(paymaster, sender=owner)
    metadata = StandardHookMetadata(msg_value=0, gas_limit=10, refund_address=raw(TO))
    here.callRemote(REMOTE_DOMAIN, MADE, metadata.encode(), sender=user, value=5_010)
    assert chain_balance(user, TO) == 4_000


def chain_balance(account, address) -> int:
    return account.provider.get_balance(address)


def test_fee_is_paid_in_a_token(here, connected, paymaster, fee_token, owner, user):
    here.setHook(paymaster, sender=owner)
    here.approveFeeTokenForHook(fee_token, paymaster, sender=owner)
    fee = pick(here.quoteGasPayment, "address,uint32,uint256")(fee_token, REMOTE_DOMAIN, 7)
    assert fee == 3 * 1_007
    fee_token.approve(here, fee, sender=user)
    here.callRemote(REMOTE_DOMAIN, MADE, in_token(fee_token, 7), sender=user)
    assert fee_token.balanceOf(paymaster) == fee
    assert fee_token.balanceOf(here) == fee_token.allowance(user, here) == 0


def test_only_the_owner_approves_hooks(here, fee_token, paymaster, stranger, revert_of):
    reason = revert_of(here.approveFeeTokenForHook, fee_token, paymaster, sender=stranger)
    assert reason == ("OwnableUnauthorizedAccount", stranger.address)


# --- receiving


def test_account_is_created_with_its_first_call(there, account, order, deliver, target, user, here):
    received = deliver(order((target, 0, handle_call()), (target, 0, handle_call())))
    (event,) = received.decode_logs(there.InterchainAccountCreated)
    assert (event.account, event.origin) == (account, LOCAL_DOMAIN)
    assert (event.router, event.owner) == (b32(here), b32(user))
    assert (event.ism, event.salt) == (ZERO, NONE)
    assert target.received() == 2
    again = deliver(order((target, 0, handle_call())))
    assert not again.decode_logs(there.InterchainAccountCreated)
    assert target.received() == 3


def test_call_arrives_end_to_end(here, connected, deliver, target, user, project, owner):
    recipient = owner.deploy(project.TestRecipient)
    calls = [(b32(recipient), 0, recipient.fooBar.encode_input(7, "seven"))]
    (message,) = dispatched(here.callRemote(REMOTE_DOMAIN, calls, sender=user))
    deliver(message.encode())
    assert recipient.lastCaller() == here.getRemoteInterchainAccount(REMOTE_DOMAIN, user)
    assert recipient.lastCallMessage() == "seven"


def test_no_calls_only_create_the_account(there, account, order, deliver, chain):
    deliver(order())
    assert len(chain.provider.get_code(account)) == 45


def test_calls_are_made_in_order_and_with_their_value(order, deliver, account, chain, owner):
    first, second = "0x" + "71" * 20, "0x" + "72" * 20
    deliver(order((first, 3, b""), (second, WHOLE_BALANCE, b""), (first, 0, b"")), value=10)
    assert chain_balance(owner, first) == 3
    assert chain_balance(owner, second) == 7
    assert chain_balance(owner, account) == 0


def test_account_spends_what_it_was_sent_before(order, deliver, account, user, owner):
    user.transfer(account, 50)
    deliver(order((TO, WHOLE_BALANCE, b"")), value=1)
    assert chain_balance(owner, TO) == 51


def test_value_that_is_not_there_fails_the_message(order, refusal_of, account):
    assert refusal_of(order((TO, 5, b"")), value=4) == ()


def test_delegate_call_runs_as_the_account(order, deliver, account, project, owner, user):
    user.transfer(account, 9)
    code = owner.deploy(project.TestRecipient)
    data = code.fooBar.encode_input(7, "seven")
    received = deliver(order((code, DELEGATE_CALL, data)))
    topic = keccak(text="ReceivedCall(address,uint256,string)")
    logs = [each for each in received.logs if bytes(each["topics"][0]) == topic]
    assert [each["address"] for each in logs] == [account]
    assert chain_balance(owner, account) == 9  # a delegate call sends nothing
    assert code.lastCaller() == ZERO  # what it wrote, it wrote to the account


@pytest.mark.parametrize(
    ("value", "data"), [(0, b"\x01"), (1, b"\x01"), (DELEGATE_CALL, b""), (DELEGATE_CALL, b"\x01")]
)
def test_call_that_meets_no_code_fails_the_message(order, refusal_of, value, data):
    assert refusal_of(order((TO, value, data)), value=1)[0] == "TargetNotContract"


def test_failing_call_undoes_all_and_can_be_retried(
    order, deliver, refusal_of, target, owner, remote_mailbox, account, chain
):
    target.setMode(1, sender=owner)
    message = order((TO, 5, b""), (target, 0, handle_call(33)))
    assert refusal_of(message, value=5) == ("Refused", 33)
    assert chain_balance(owner, TO) == 0
    assert not chain.provider.get_code(account)
    assert not remote_mailbox.delivered(keccak(message))
    target.setMode(0, sender=owner)
    deliver(message, value=5)
    assert (chain_balance(owner, TO), target.received()) == (5, 1)
    assert refusal_of(message) == ("AlreadyDelivered", keccak(message))


# --- malformed bodies


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", ("BodyTooShort", 0, 97)),
        (CALLS + bytes(95), ("BodyTooShort", 96, 97)),
        (b"\1" + bytes(127), ("BodyTooShort", 128, 129)),
        (b"\2" + bytes(63), ("BodyTooShort", 64, 65)),
        (b"\3" + bytes(200), ("UnknownMessageType", 3)),
        (b"\xff" + bytes(200), ("UnknownMessageType", 255)),
        (CALLS + bytes(32) + ISM + bytes(32), ("Bytes32ToAddressOverflow", ISM)),
        (b"\1" + bytes(32) + ISM + bytes(64), ("Bytes32ToAddressOverflow", ISM)),
        (b"\2" + ISM + bytes(32), ("Bytes32ToAddressOverflow", ISM)),
        (CALLS + bytes(96), ()),
        (CALLS + bytes(96) + (32).to_bytes(32) + (1).to_bytes(32), ()),
        (CALLS + bytes(96) + (32).to_bytes(32) + (2**255).to_bytes(32), ()),
        (CALLS + bytes(96) + (2**255).to_bytes(32) + bytes(64), ()),
        (CALLS + bytes(96) + encoded([(b32(TO), 0, b"data")])[:-32], ()),
        (
            CALLS + bytes(96) + encoded([(ISM, 0, b"")]),
            ("Bytes32ToAddressOverflow", ISM),
        ),
    ],
)
def test_malformed_body_is_refused(incoming, refusal_of, body, reason):
    assert refusal_of(incoming(body)) == reason


# --- the module


def test_router_is_its_own_module_for_good(there, owner, stranger, noop_ism, revert_of):
    assert there.interchainSecurityModule() == there
    assert there.moduleType() == 1
    refused = revert_of(there.setInterchainSecurityModule, noop_ism, sender=owner)
    assert refused == ("IsmIsFixed", there.address)
    there.setInterchainSecurityModule(there, sender=owner)
    reason = revert_of(there.setInterchainSecurityModule, there, sender=stranger)
    assert reason == ("OwnableUnauthorizedAccount", stranger.address)


def test_module_of_the_account_is_asked(
    there, order, deliver, refusal_of, target, project, owner, noop_ism, remote_mailbox
):
    refusing = owner.deploy(project.CannedAnswer, b"", 32, False)
    refused = order((target, 0, handle_call()), ism=b32(refusing))
    assert refusal_of(refused)[0] == "IsmVerificationFailed"
    believed = order((target, 0, handle_call()), ism=b32(noop_ism))
    assert there.route(believed) == noop_ism
    deliver(believed)
    assert target.received() == 1
    plain = order((target, 0, handle_call()))
    remote_mailbox.setDefaultIsm(refusing, sender=owner)
    assert there.route(plain) == refusing
    assert refusal_of(plain)[0] == "IsmVerificationFailed"


def test_account_of_another_module_is_another(there, here, user, order, deliver, noop_ism, chain):
    deliver(order(ism=b32(noop_ism)))
    expected = account_at(there, LOCAL_DOMAIN, b32(user), b32(here), b32(noop_ism))
    assert chain.provider.get_code(expected)


# --- the small router


@pytest.fixture
def small(project, owner, remote_mailbox):
    return owner.deploy(project.MinimalInterchainAccountRouter, remote_mailbox, ZERO, owner)


def test_small_router_makes_calls(small, order, deliver, target):
    deliver(order((target, 0, handle_call()), router=small))
    assert target.received() == 1


def test_small_router_sends_calls(small, user):
    sent = small.callRemoteWithOverrides(LOCAL_DOMAIN, ROUTER, ISM, MADE, METADATA, sender=user)
    assert dispatched(sent)[0].body == calls_body(user, MADE, ISM)


@pytest.mark.parametrize(("kind", "size"), [(1, 129), (2, 65)])
def test_small_router_takes_nothing_else(small, incoming, refusal_of, kind, size):
    body = bytes([kind]) + bytes(size - 1)
    assert refusal_of(incoming(body, router=small)) == ("UnknownMessageType", kind)


def test_fee_of_the_recording_hook_is_quoted(here, connected, mailbox, paid_hook, owner, user):
    mailbox.setDefaultHook(paid_hook, sender=owner)
    assert pick(here.quoteGasPayment, "uint32")(REMOTE_DOMAIN) == FEE
