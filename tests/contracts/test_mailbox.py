"""The Mailbox: who may set it up, what dispatch announces and pays, what process lets through."""

import pytest
from ape.utils import ZERO_ADDRESS
from eth_abi import encode
from eth_utils import to_checksum_address
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.contracts import LOCAL_DOMAIN, REMOTE_DOMAIN
from tests.support.signing import message
from tests.support.words import b32

from hyperlane.protocol.message import Message

DESTINATION = 2000
RECIPIENT = b"\x22" * 32
METADATA = (1).to_bytes(2) + bytes(84)
DISPATCH = "dispatch"
SETTERS = [
    ("setDefaultIsm", "defaultIsm", "DefaultIsmSet", "module", "DefaultIsmNotContract"),
    ("setDefaultHook", "defaultHook", "DefaultHookSet", "hook", "DefaultHookNotContract"),
    ("setRequiredHook", "requiredHook", "RequiredHookSet", "hook", "RequiredHookNotContract"),
]


@pytest.fixture(scope="module")
def recipient(project, owner):
    return owner.deploy(project.TestRecipient)


@pytest.fixture(scope="module")
def recording(project, owner):
    """`recording(fee)`: a hook that tells what it is called with."""
    return lambda fee=0: owner.deploy(project.RecordingHook, fee)


@pytest.fixture(scope="module")
def answer(project, owner):
    """`answer(bytes, size, reverting)`: a contract that answers every call so."""
    return lambda data=b"", size=0, reverting=False: owner.deploy(
        project.CannedAnswer, data, size, reverting
    )


def next_nonce(mailbox) -> int:
    """`mailbox.nonce` is the account's, to ape."""
    return mailbox.call_view_method("nonce")


def posts(receipt, *hooks) -> list[tuple[str, int, bytes, bytes]]:
    """What recording hooks were called with, in order: hook, value, metadata, message."""
    return [
        (event.contract_address, event.value, bytes(event.metadata), bytes(event.message))
        for event in receipt.decode_logs(hooks[0].PostDispatch)
    ]


# --- setting up


def test_initialize_sets_everything(project, owner, stranger, hook, noop_ism):
    mailbox = owner.deploy(project.Mailbox, LOCAL_DOMAIN)
    other = owner.deploy(project.BareHook)
    receipt = mailbox.initialize(stranger, noop_ism, hook, other, sender=owner)

    assert mailbox.owner() == stranger
    assert mailbox.defaultIsm() == noop_ism
    assert mailbox.defaultHook() == hook
    assert mailbox.requiredHook() == other
    assert mailbox.localDomain() == LOCAL_DOMAIN
    assert mailbox.VERSION() == 3
    assert mailbox.PACKAGE_VERSION() == "12.1.0"
    assert next_nonce(mailbox) == 0
    assert receipt.events == [
        mailbox.OwnershipTransferred(previousOwner=owner, newOwner=stranger),
        mailbox.DefaultIsmSet(module=noop_ism),
        mailbox.DefaultHookSet(hook=hook),
        mailbox.RequiredHookSet(hook=other),
        mailbox.Initialized(version=1),
    ]


def test_deployed_block_is_that_of_the_code(project, owner):
    mailbox = owner.deploy(project.Mailbox, LOCAL_DOMAIN)
    assert mailbox.deployedBlock() == mailbox.creation_metadata.block


def test_stranger_cannot_initialize_first(project, owner, stranger, hook, noop_ism, revert_of):
    mailbox = owner.deploy(project.Mailbox, LOCAL_DOMAIN)
    arguments = (stranger, noop_ism, hook, hook)
    reason = revert_of(mailbox.initialize, *arguments, sender=stranger)
    assert reason == ("NotDeployer", stranger.address, owner.address)


def test_initialize_works_once(mailbox, owner, hook, noop_ism, revert_of):
    reason = revert_of(mailbox.initialize, owner, noop_ism, hook, hook, sender=owner)
    assert reason == ("AlreadyInitialized",)


@pytest.mark.parametrize(("setter", "getter", "event", "argument", "error"), SETTERS)
def test_owner_sets(project, mailbox, owner, setter, getter, event, argument, error):
    new = owner.deploy(project.BareHook)
    receipt = getattr(mailbox, setter)(new, sender=owner)
    assert getattr(mailbox, getter)() == new
    assert receipt.events == [getattr(mailbox, event)(**{argument: new})]


@pytest.mark.parametrize(("setter", "getter", "event", "argument", "error"), SETTERS)
def test_stranger_does_not_set(
    mailbox, stranger, hook, revert_of, setter, getter, event, argument, error
):
    reason = revert_of(getattr(mailbox, setter), hook, sender=stranger)
    assert reason == ("OwnableUnauthorizedAccount", stranger.address)


@pytest.mark.parametrize(("setter", "getter", "event", "argument", "error"), SETTERS)
def test_accounts_without_code_are_not_set(
    mailbox, owner, stranger, revert_of, setter, getter, event, argument, error
):
    reason = revert_of(getattr(mailbox, setter), stranger, sender=owner)
    assert reason == (error, stranger.address)


def test_initialize_refuses_accounts_without_code(
    project, owner, stranger, hook, noop_ism, revert_of
):
    mailbox = owner.deploy(project.Mailbox, LOCAL_DOMAIN)
    for place, error in ((1, SETTERS[0][4]), (2, SETTERS[1][4]), (3, SETTERS[2][4])):
        arguments = [owner, noop_ism, hook, hook]
        arguments[place] = stranger
        assert revert_of(mailbox.initialize, *arguments, sender=owner) == (error, stranger.address)


# --- dispatching


def dispatched(nonce: int, sender, body: bytes) -> Message:
    return Message(3, nonce, LOCAL_DOMAIN, b32(sender), DESTINATION, RECIPIENT, body)


@settings(
    max_examples=15,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    body=st.binary(max_size=130),
    metadata=st.binary(max_size=130),
    value=st.integers(0, 1000),
)
def test_dispatch_announces_the_message_and_calls_both_hooks(
    mailbox, owner, recording, body, metadata, value
):
    required, default = recording(), recording()
    mailbox.setRequiredHook(required, sender=owner)
    mailbox.setDefaultHook(default, sender=owner)
    nonce = next_nonce(mailbox)
    expected = dispatched(nonce, owner, body)

    receipt = mailbox.dispatch(DESTINATION, RECIPIENT, body, metadata, sender=owner, value=value)

    assert receipt.decode_logs([mailbox.Dispatch, mailbox.DispatchId]) == [
        mailbox.Dispatch(
            sender=owner, destination=DESTINATION, recipient=RECIPIENT, message=expected.encode()
        ),
        mailbox.DispatchId(messageId=expected.id),
    ]
    assert posts(receipt, required) == [
        (required.address, 0, metadata, expected.encode()),
        (default.address, value, metadata, expected.encode()),
    ]
    assert next_nonce(mailbox) == nonce + 1
    assert mailbox.latestDispatchedId() == expected.id


def test_dispatch_without_metadata_gives_hooks_none(mailbox, owner, recording):
    default = recording()
    mailbox.setDefaultHook(default, sender=owner)
    receipt = mailbox.dispatch(DESTINATION, RECIPIENT, b"body", sender=owner, value=3)
    message = dispatched(0, owner, b"body").encode()
    assert posts(receipt, default) == [(default.address, 3, b"", message)]


def test_dispatch_returns_the_id(mailbox, owner):
    expected = dispatched(0, owner, b"body").id
    assert mailbox.dispatch.call(DESTINATION, RECIPIENT, b"body", sender=owner) == expected
    for rest in ((METADATA,), (METADATA, ZERO_ADDRESS)):
        arguments = (DESTINATION, RECIPIENT, b"body", *rest)
        assert mailbox.dispatch.call(*arguments, sender=owner) == expected


def test_hook_of_the_caller_replaces_the_default_but_not_the_required_one(
    mailbox, owner, recording
):
    required, default, own = recording(), recording(), recording()
    mailbox.setRequiredHook(required, sender=owner)
    mailbox.setDefaultHook(default, sender=owner)
    receipt = mailbox.dispatch(DESTINATION, RECIPIENT, b"", METADATA, own, sender=owner, value=5)
    assert [each[:3] for each in posts(receipt, own)] == [
        (required.address, 0, METADATA),
        (own.address, 5, METADATA),
    ]


def test_hook_zero_means_the_default(mailbox, owner, recording):
    default = recording()
    mailbox.setDefaultHook(default, sender=owner)
    receipt = mailbox.dispatch(DESTINATION, RECIPIENT, b"", METADATA, ZERO_ADDRESS, sender=owner)
    assert [each[0] for each in posts(receipt, default)] == [default.address]


def test_hook_without_code_is_refused(mailbox, owner, stranger, revert_of):
    arguments = (DESTINATION, RECIPIENT, b"", METADATA, stranger)
    assert revert_of(mailbox.dispatch, *arguments) == ("HookNotContract", stranger.address)


@pytest.mark.parametrize(
    ("value", "to_required", "to_default"), [(7, 7, 0), (12, 7, 5), (100, 7, 93)]
)
def test_required_hook_gets_its_quote_and_the_other_the_rest(
    mailbox, owner, recording, value, to_required, to_default
):
    required, default = recording(7), recording()
    mailbox.setRequiredHook(required, sender=owner)
    mailbox.setDefaultHook(default, sender=owner)
    receipt = mailbox.dispatch(DESTINATION, RECIPIENT, b"", sender=owner, value=value)
    assert [each[1] for each in posts(receipt, required)] == [to_required, to_default]
    assert (required.balance, default.balance) == (to_required, to_default)
    assert mailbox.balance == 0


@pytest.mark.parametrize("value", [0, 6])
def test_underpayment_is_for_the_required_hook_to_refuse(
    mailbox, owner, recording, revert_of, value
):
    mailbox.setRequiredHook(recording(7), sender=owner)
    arguments = (DESTINATION, RECIPIENT, b"")
    reason = revert_of(mailbox.dispatch, *arguments, sender=owner, value=value)
    assert reason == ("Underpaid", value, 7)


def test_quote_is_what_both_hooks_ask(mailbox, owner, recording):
    mailbox.setRequiredHook(recording(7), sender=owner)
    mailbox.setDefaultHook(recording(5), sender=owner)
    own = recording(30)
    start = (DESTINATION, RECIPIENT, b"body")
    assert mailbox.quoteDispatch(*start) == 12
    assert mailbox.quoteDispatch(*start, METADATA) == 12
    assert mailbox.quoteDispatch(*start, METADATA, own) == 37
    assert mailbox.quoteDispatch(*start, METADATA, ZERO_ADDRESS) == 12


def test_quote_that_is_no_number_is_refused(mailbox, owner, answer, revert_of):
    mailbox.setDefaultHook(answer(b"\0" * 31), sender=owner)
    assert revert_of(mailbox.quoteDispatch, DESTINATION, RECIPIENT, b"") == ()


def test_messages_are_numbered(mailbox, owner):
    for nonce in range(3):
        receipt = mailbox.dispatch(DESTINATION, RECIPIENT, b"", sender=owner)
        [event] = receipt.decode_logs(mailbox.Dispatch)
        assert Message.decode(bytes(event.message)).nonce == nonce
    assert next_nonce(mailbox) == 3


# --- the module of a recipient


def test_recipient_that_names_a_module_gets_it(mailbox, owner, recipient, stranger):
    recipient.setInterchainSecurityModule(stranger, sender=owner)
    assert mailbox.recipientIsm(recipient) == stranger


def test_recipient_that_names_none_gets_the_default(mailbox, recipient, noop_ism):
    assert mailbox.recipientIsm(recipient) == noop_ism


def test_account_without_code_gets_the_default(mailbox, stranger, noop_ism):
    assert mailbox.recipientIsm(stranger) == noop_ism


@pytest.mark.parametrize("data", [b"", b"no such function", bytes(32)])
def test_recipient_that_reverts_gets_the_default(mailbox, answer, noop_ism, data):
    assert mailbox.recipientIsm(answer(data, 0, True)) == noop_ism


def test_recipient_that_answers_nothing_gets_the_default(mailbox, answer, noop_ism):
    assert mailbox.recipientIsm(answer()) == noop_ism


@pytest.mark.parametrize("length", [1, 20, 31])
def test_recipient_that_answers_less_than_a_word_is_refused(mailbox, answer, revert_of, length):
    assert revert_of(mailbox.recipientIsm, answer(bytes(length))) == ()


@pytest.mark.parametrize("word", [1 << 160, (1 << 256) - 1, 1 << 255])
def test_recipient_that_answers_no_address_is_refused(mailbox, answer, revert_of, word):
    assert revert_of(mailbox.recipientIsm, answer(word.to_bytes(32))) == ()


def test_only_the_first_word_of_an_answer_counts(mailbox, answer, stranger):
    long = answer(b32(stranger), 100_000)
    assert mailbox.recipientIsm(long) == stranger


# --- delivering


def test_process_delivers_once_and_remembers_by_whom(
    mailbox, recipient, stranger, owner, revert_of
):
    incoming = message(recipient=recipient.address)
    assert not mailbox.delivered(incoming.id)
    assert mailbox.processor(incoming.id) == ZERO_ADDRESS
    assert mailbox.processedAt(incoming.id) == 0

    receipt = mailbox.process(b"", incoming.encode(), sender=stranger)

    assert receipt.decode_logs([mailbox.Process, mailbox.ProcessId]) == [
        mailbox.Process(origin=REMOTE_DOMAIN, sender=incoming.sender, recipient=recipient),
        mailbox.ProcessId(messageId=incoming.id),
    ]
    assert mailbox.delivered(incoming.id)
    assert mailbox.processor(incoming.id) == stranger
    assert mailbox.processedAt(incoming.id) == receipt.block_number
    assert recipient.lastSender() == incoming.sender
    assert recipient.lastData() == incoming.body
    reason = revert_of(mailbox.process, b"", incoming.encode())
    assert reason == ("AlreadyDelivered", incoming.id)


def test_value_goes_to_the_recipient(mailbox, recipient, owner):
    incoming = message(recipient=recipient.address)
    receipt = mailbox.process(b"", incoming.encode(), sender=owner, value=17)
    assert recipient.balance == 17
    assert mailbox.balance == 0
    assert receipt.decode_logs(recipient.ReceivedMessage) == [
        recipient.ReceivedMessage(
            origin=REMOTE_DOMAIN, sender=incoming.sender, value=17, message="hello"
        )
    ]


@pytest.mark.parametrize("body", [b"", b"x", b"y" * 31, b"z" * 32, b"w" * 333])
def test_bodies_arrive_whole(mailbox, recipient, owner, body):
    incoming = message(recipient=recipient.address, body=body)
    mailbox.process(b"metadata", incoming.encode(), sender=owner)
    assert recipient.lastData() == body


def test_other_version_is_refused(mailbox, recipient, revert_of):
    incoming = message(recipient=recipient.address, version=2)
    assert revert_of(mailbox.process, b"", incoming.encode()) == ("BadVersion", 2)


def test_message_for_another_chain_is_refused(mailbox, recipient, revert_of):
    incoming = message(recipient=recipient.address, destination=5)
    reason = revert_of(mailbox.process, b"", incoming.encode())
    assert reason == ("UnexpectedDestination", 5, LOCAL_DOMAIN)


@pytest.mark.parametrize("length", [0, 1, 40, 76])
def test_message_shorter_than_its_header_is_refused(mailbox, recipient, revert_of, length):
    data = message(recipient=recipient.address).encode()[:length]
    assert revert_of(mailbox.process, b"", data) == ()


def test_recipient_that_is_no_evm_address_is_refused(mailbox, revert_of):
    incoming = Message(3, 0, REMOTE_DOMAIN, bytes(32), LOCAL_DOMAIN, b"\x01" + bytes(31), b"")
    reason = revert_of(mailbox.process, b"", incoming.encode())
    assert reason == ("Bytes32ToAddressOverflow", incoming.recipient)


def test_recipient_without_code_is_refused(mailbox, stranger, revert_of):
    incoming = message(recipient=stranger.address)
    refusal = revert_of(mailbox.process, b"", incoming.encode())
    assert refusal == ("RecipientNotContract", stranger)


@pytest.mark.parametrize("word", [0, 2, (1 << 256) - 1])
def test_module_that_does_not_say_true_is_obeyed(
    mailbox, owner, recipient, answer, revert_of, word
):
    ism = answer(word.to_bytes(32))
    recipient.setInterchainSecurityModule(ism, sender=owner)
    incoming = message(recipient=recipient.address)
    reason = revert_of(mailbox.process, b"", incoming.encode())
    assert reason == ("IsmVerificationFailed", incoming.id, ism.address)


def test_module_that_answers_no_word_is_refused(mailbox, owner, recipient, answer, revert_of):
    recipient.setInterchainSecurityModule(answer(bytes(31)), sender=owner)
    assert revert_of(mailbox.process, b"", message(recipient=recipient.address).encode()) == ()


def test_module_without_code_is_refused(mailbox, owner, stranger, recipient, revert_of):
    recipient.setInterchainSecurityModule(stranger, sender=owner)
    assert revert_of(mailbox.process, b"", message(recipient=recipient.address).encode()) == ()


def test_reason_of_the_module_is_passed_on(mailbox, owner, recipient, answer, revert_of):
    reason = bytes.fromhex("08c379a0") + encode(["string"], ["no"])
    recipient.setInterchainSecurityModule(answer(reason, 0, True), sender=owner)
    incoming = message(recipient=recipient.address).encode()
    assert revert_of(mailbox.process, b"", incoming) == ("Error", "no")


def test_refused_message_stays_deliverable(project, mailbox, owner, recipient, answer, noop_ism):
    recipient.setInterchainSecurityModule(answer(bytes(32)), sender=owner)
    incoming = message(recipient=recipient.address)
    receipt = mailbox.process(
        b"", incoming.encode(), sender=owner, gas_limit=500_000, raise_on_revert=False
    )
    assert receipt.failed
    assert not mailbox.delivered(incoming.id)

    recipient.setInterchainSecurityModule(noop_ism, sender=owner)
    mailbox.process(b"", incoming.encode(), sender=owner)
    assert mailbox.delivered(incoming.id)


def test_recipient_cannot_have_its_message_delivered_twice(project, mailbox, owner, revert_of):
    greedy = owner.deploy(project.CallingRecipient)
    incoming = message(recipient=greedy.address)
    again = mailbox.process.encode_input(b"", incoming.encode())
    greedy.prepare(mailbox, again, sender=owner)
    reason = revert_of(mailbox.process, b"", incoming.encode())
    assert reason == ("AlreadyDelivered", incoming.id)


def test_recipient_may_dispatch_while_it_is_given_a_message(project, mailbox, owner):
    ping = owner.deploy(project.CallingRecipient)
    pong = mailbox.dispatch.encode_input(DESTINATION, RECIPIENT, b"pong")
    ping.prepare(mailbox, pong, sender=owner)
    incoming = message(recipient=ping.address)

    receipt = mailbox.process(b"", incoming.encode(), sender=owner)

    [event] = receipt.decode_logs(mailbox.Dispatch)
    assert event.sender == ping.address
    assert Message.decode(bytes(event.message)).body == b"pong"
    assert mailbox.delivered(incoming.id)


def test_long_answer_of_a_recipient_costs_the_deliverer_nothing(mailbox, owner, answer, noop_ism):
    """A hundred kilobytes instead of a module; copying them would cost a quarter million gas."""
    bomb = answer(b32(noop_ism), 100_000)
    incoming = message(recipient=bomb.address)
    receipt = mailbox.process(b"", incoming.encode(), sender=owner)
    plain = answer(b32(noop_ism))
    other = message(recipient=plain.address)
    baseline = mailbox.process(b"", other.encode(), sender=owner)
    expansion_in_the_bomb_itself = 2 * (3 * 3125 + 3125**2 // 512)
    assert receipt.gas_used - baseline.gas_used < 1.1 * expansion_in_the_bomb_itself


def test_unknown_function_reverts_without_data(mailbox, chain):
    with pytest.raises(Exception) as caught:  # noqa: PT011
        chain.provider.web3.eth.call({"to": mailbox.address, "data": "0x12345678"})
    assert not (getattr(caught.value, "data", None) or "0x")[2:]
    assert to_checksum_address(mailbox.address) == mailbox.address
