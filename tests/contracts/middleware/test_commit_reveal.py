"""Calls that an account is committed to first and that are revealed on the destination."""

import pytest
from eth_abi import decode, encode
from eth_utils import keccak
from tests.support.bridge_chains import lookup_of
from tests.support.contracts import LOCAL_DOMAIN, REMOTE_DOMAIN, at
from tests.support.interchain_accounts import (
    CALL_LIST,
    COMMIT_GAS,
    COMMITMENT,
    FEE,
    ISM,
    METADATA,
    NONE,
    REVEAL,
    ROUTER,
    SALT,
    VECTORS,
    ZERO,
    commitment_of,
    dispatched,
    encoded,
    in_token,
    pick,
)
from tests.support.words import b32, raw

from hyperlane.protocol.ccip_read import OffchainLookup
from hyperlane.protocol.hook_metadata import StandardHookMetadata

SECRET = b"\x09" * 32
HASH = b"\x06" * 32
FIRST_TEXT, SECOND_TEXT = "0x" + "71" * 20, "0x" + "72" * 20


def commitment_body(owner, ism, salt, commitment) -> bytes:
    return COMMITMENT + b32(owner) + ism + salt + commitment


@pytest.fixture
def calls(target):
    selector = keccak(text="handle(uint32,bytes32,bytes)")[:4]
    data = selector + bytes(31) + b"\1" + bytes(32) + (96).to_bytes(32) + bytes(32)
    return [(b32(target), 0, data), (b32(FIRST_TEXT), 4, b"")]


@pytest.fixture
def commitment(calls):
    return commitment_of(calls, SECRET)


@pytest.fixture
def metadata(account, calls):
    return raw(account) + SECRET + encoded(calls)


@pytest.fixture
def commit(incoming, deliver, user):
    def commit(commitment, owner=user, **options):
        return deliver(incoming(commitment_body(owner, NONE, NONE, commitment), **options))

    return commit


@pytest.fixture
def reveal(incoming):
    def reveal(commitment, ism=NONE):
        return incoming(REVEAL + ism + commitment)

    return reveal


@pytest.fixture
def code_of(project, account):
    """The account, once it exists."""
    return lambda: at(project.OwnableMulticall, account)


# --- sending


@pytest.mark.parametrize("vector", VECTORS["messages"][2:], ids=lambda each: each["kind"])
def test_bodies_are_those_of_the_vectors(here, accounts, vector):
    body = bytes.fromhex(vector["body"][2:])
    hashed = body[-32:]
    sender, ism, salt = (
        (body[1:33], body[33:65], body[65:97]) if body[0] == 1 else (NONE, NONE, NONE)
    )
    user = accounts["0x" + sender[12:].hex()] if any(sender) else accounts[3]
    user.balance = 10**18
    reading = body[1:33] if body[0] == 2 else NONE
    types = "uint32,bytes32,bytes32,bytes32,bytes,address,bytes32,bytes32"
    sent = pick(here.callRemoteCommitReveal, types)(
        REMOTE_DOMAIN, ROUTER, ism, reading, b"", ZERO, salt, hashed, sender=user
    )
    assert body in [each.body for each in dispatched(sent)]


def test_commitment_of_the_vectors_is_the_models():
    (vector,) = [each for each in VECTORS["messages"] if "commitment_rule" in each]
    (calls,) = decode([CALL_LIST], bytes.fromhex(vector["calls_abi"][2:]))
    salt = bytes.fromhex(vector["salt"][2:])
    assert "0x" + commitment_of(calls, salt).hex() == vector["commitment"]


WAYS = {
    "defaults": ("uint32,bytes32,uint256", lambda hook: (HASH, 777), None),
    "overrides": (
        "uint32,bytes32,bytes32,bytes,address,bytes32,bytes32",
        lambda hook: (ROUTER, ISM, METADATA, hook, SALT, HASH),
        NONE,
    ),
    "module": (
        "uint32,bytes32,bytes32,bytes32,bytes,address,bytes32,bytes32",
        lambda hook: (ROUTER, ISM, b"\x08" * 32, METADATA, hook, SALT, HASH),
        b"\x08" * 32,
    ),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_two_messages_are_sent(deploy_router, mailbox, project, owner, user, way):
    types, rest, reading = way
    hook = owner.deploy(project.RecordingHook, FEE)
    router = deploy_router(mailbox, hook)
    router.enrollRemoteRouterAndIsm(REMOTE_DOMAIN, ROUTER, ISM, sender=owner)
    call = pick(router.callRemoteCommitReveal, types)
    sent = call(REMOTE_DOMAIN, *rest(hook), sender=user, value=3 * FEE)
    salt = NONE if reading is None else SALT
    first, second = dispatched(sent)
    assert first.body == commitment_body(user, ISM, salt, HASH)
    assert second.body == REVEAL + (reading or NONE) + HASH
    assert first.recipient == second.recipient == ROUTER

    (event,) = sent.decode_logs(router.CommitRevealDispatched)
    assert event.commitment == HASH
    (event,) = sent.decode_logs(router.RemoteCallDispatched)
    assert (event.destination, event.owner) == (REMOTE_DOMAIN, user)
    assert (event.router, event.ism, event.salt) == (ROUTER, ISM, salt)

    def gas(limit):
        return StandardHookMetadata(0, limit, raw(user)).encode()

    one, two = sent.decode_logs(hook.PostDispatch)
    assert (one.value, one.metadata[:86]) == (FEE, gas(COMMIT_GAS))
    assert (two.value, two.metadata) == (2 * FEE, gas(777) if reading is None else METADATA)


def test_quote_is_what_both_cost(here, connected, mailbox, paymaster, owner, user, revert_of):
    mailbox.setDefaultHook(paymaster, sender=owner)
    quotes = here.quoteGasForCommitReveal
    fee = pick(quotes, "uint32,uint256")(REMOTE_DOMAIN, 7)
    assert fee == 1_000 + COMMIT_GAS + 1_007
    assert pick(quotes, "address,uint32,uint256")(ZERO, REMOTE_DOMAIN, 7) == fee
    send = pick(here.callRemoteCommitReveal, "uint32,bytes32,uint256")
    arguments = REMOTE_DOMAIN, HASH, 7
    assert revert_of(send, *arguments, sender=user, value=1_000) == (
        "CommitmentUnderpaid",
        1_000,
        1_000 + COMMIT_GAS,
    )
    assert revert_of(send, *arguments, sender=user, value=fee - 1)[0] == (
        "InsufficientInterchainGasPayment"
    )
    before = user.balance
    sent = send(*arguments, sender=user, value=fee + 10**9)
    assert before - user.balance == fee + sent.total_fees_paid
    assert here.balance == 0


def test_both_are_paid_in_a_token(here, connected, paymaster, fee_token, owner, user):
    here.approveFeeTokenForHook(fee_token, paymaster, sender=owner)
    here.setHook(paymaster, sender=owner)
    quote = pick(here.quoteGasForCommitReveal, "address,uint32,uint256")
    fee = quote(fee_token, REMOTE_DOMAIN, 7)
    assert fee == 3 * (2_007 + COMMIT_GAS)
    fee_token.approve(here, fee, sender=user)
    here.callRemoteCommitReveal(
        REMOTE_DOMAIN,
        ROUTER,
        ISM,
        in_token(fee_token, 7),
        paymaster,
        SALT,
        HASH,
        sender=user,
    )
    assert fee_token.balanceOf(paymaster) == fee
    assert fee_token.balanceOf(here) == fee_token.allowance(user, here) == 0


def test_nothing_is_sent_to_no_router(here, user, revert_of):
    send = pick(here.callRemoteCommitReveal, "uint32,bytes32,uint256")
    assert revert_of(send, 77, HASH, 7, sender=user) == ("RouterNotEnrolled", 77)
    send = pick(here.callRemoteCommitReveal, "uint32,bytes32,bytes32,bytes,address,bytes32,bytes32")
    assert revert_of(send, 77, NONE, ISM, b"", ZERO, SALT, HASH, sender=user) == (
        "RouterNotEnrolled",
        77,
    )


# --- receiving


def test_reveal_makes_the_calls(
    commit, commitment, reveal, metadata, deliver, target, account, user, code_of
):
    user.transfer(account, 4)
    received = commit(commitment)
    (event,) = received.decode_logs(code_of().CommitmentSet)
    assert (event.commitmentHash, code_of().commitments(commitment)) == (commitment, True)
    received = deliver(reveal(commitment), metadata)
    (event,) = received.decode_logs(code_of().CommitmentExecuted)
    assert (event.commitmentHash, code_of().commitments(commitment)) == (commitment, False)
    assert target.received() == 1
    assert user.provider.get_balance(FIRST_TEXT) == 4


def test_reveal_waits_for_the_commitment(
    commit, commitment, reveal, metadata, refusal_of, deliver, there, here, account, user, stranger
):
    message = reveal(commitment)
    fields = LOCAL_DOMAIN, b32(user), b32(here), ZERO, NONE
    there.getDeployedInterchainAccount(*fields, sender=stranger)
    assert refusal_of(message, metadata) == ("InvalidReveal", commitment)
    commit(commitment)
    user.transfer(account, 4)
    deliver(message, metadata)


def test_failing_call_leaves_the_commitment(
    commit, commitment, reveal, metadata, refusal_of, target, owner, account, user, deliver, code_of
):
    commit(commitment)
    user.transfer(account, 4)
    target.setMode(1, sender=owner)
    message = reveal(commitment)
    assert refusal_of(message, metadata) == ("Refused", 1)
    assert code_of().commitments(commitment)
    target.setMode(0, sender=owner)
    deliver(message, metadata)
    assert target.received() == 1


@pytest.mark.parametrize("part", ["salt", "calls"])
def test_other_metadata_reveal_nothing(
    commit, commitment, reveal, calls, refusal_of, account, part
):
    commit(commitment)
    salt, made = (SALT, calls) if part == "salt" else (SECRET, calls[:1])
    reason = refusal_of(reveal(commitment), raw(account) + salt + encoded(made))
    assert reason == ("WrongReveal", commitment_of(made, salt), commitment)


@pytest.mark.parametrize("length", [0, 19, 51])
def test_short_metadata_are_refused(commit, commitment, reveal, metadata, refusal_of, length):
    commit(commitment)
    assert refusal_of(reveal(commitment), metadata[:length]) in [
        (),
        ("WrongReveal", keccak(metadata[20:length]), commitment),
    ]


def test_module_reads_reveals_only(there, incoming, user, revert_of, project):
    module = at(project.CommitmentReadIsm, there.CCIP_READ_ISM())
    message = incoming(commitment_body(user, NONE, NONE, HASH))
    assert revert_of(module.verify, b"", message) == ("NotReveal", 1)


def test_module_that_the_message_names_reveals(
    commit, commitment, reveal, metadata, deliver, project, owner, there, account, user, target
):
    other = owner.deploy(project.CommitmentReadIsm, owner, ["http://127.0.0.1:2"])
    user.transfer(account, 4)
    commit(commitment)
    message = reveal(commitment, b32(other))
    assert there.route(message) == other
    deliver(message, metadata)
    assert target.received() == 1


def test_server_is_asked_for_the_calls(there, reveal, project, owner):
    module = at(project.CommitmentReadIsm, there.CCIP_READ_ISM())
    assert (module.owner(), module.urls(), module.moduleType()) == (
        owner,
        ["http://127.0.0.1:1"],
        7,
    )
    message = reveal(HASH)
    assert there.route(message) == module
    request = keccak(text="getCallsFromRevealMessage(bytes)")[:4] + encode(["bytes"], [message])
    verify = keccak(text="verify(bytes,bytes)")[:4]
    assert lookup_of(module, message) == OffchainLookup(
        raw(module), ("http://127.0.0.1:1",), request, verify, message
    )
    assert request[:4].hex() == "2b4b00ee"


def test_value_cannot_come_without_calls(
    incoming, refusal_of, user, commitment, commit, reveal, metadata, account
):
    body = commitment_body(user, NONE, NONE, commitment)
    assert refusal_of(incoming(body), value=1) == ("UnexpectedValue", 1)
    commit(commitment)
    user.transfer(account, 4)
    assert refusal_of(reveal(commitment), metadata, value=1) == ("UnexpectedValue", 1)


# --- more than once


def test_commitment_is_set_once_until_its_calls_are_made(
    commit, commitment, incoming, refusal_of, user, account, calls, code_of, stranger, target
):
    commit(commitment)
    again = incoming(commitment_body(user, NONE, NONE, commitment))
    assert refusal_of(again) == ("CommitmentPending", commitment)
    user.transfer(account, 8)
    code_of().revealAndExecute(calls, SECRET, sender=stranger)
    commit(commitment)
    code_of().revealAndExecute(calls, SECRET, sender=stranger)
    assert target.received() == 2


def test_calls_are_made_once(
    commit,
    commitment,
    calls,
    code_of,
    user,
    account,
    stranger,
    revert_of,
    reveal,
    metadata,
    deliver,
    target,
):
    commit(commitment)
    user.transfer(account, 8)
    code_of().revealAndExecute(calls, SECRET, sender=stranger)
    execute = code_of().revealAndExecute
    assert revert_of(execute, calls, SECRET, sender=stranger) == ("InvalidReveal", commitment)
    assert code_of().made(commitment)
    deliver(reveal(commitment), metadata)  # has nothing left to do
    assert target.received() == 1
