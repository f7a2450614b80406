"""Modules that a bridge tells about messages: who is believed, about what, and where value goes."""

import ape
import pytest
from eth_abi import decode
from eth_utils import keccak
from tests.support.bridge_chains import VERIFIED, checksum, pre_verify
from tests.support.contracts import LOCAL_DOMAIN, at
from tests.support.words import b32, raw

from hyperlane.protocol.message import Message

HOOK = checksum(b"\x77" * 20)
OTHER = checksum(b"\x66" * 20)
ID = keccak(b"message")
NAMES = ["OPStackIsm", "ERC5164Ism", "ArbL2ToL1Ism"]
PAYING = ["OPStackIsm", "ArbL2ToL1Ism"]


class Messenger:
    """Has a TestMessenger call the module for a sender."""

    def __init__(self, project, owner):
        self.bridge = owner.deploy(project.TestMessenger)
        self.owner = owner

    def arguments(self, ism, call, sender, value):
        return self.bridge.relay, (sender, ism, value, call)

    def tell(self, ism, call, sender=HOOK, value=0):
        method, arguments = self.arguments(ism, call, sender, value)
        return method(*arguments, sender=self.owner, value=value)

    def refusal(self, revert_of, ism, call, sender=HOOK, value=0):
        method, arguments = self.arguments(ism, call, sender, value)
        return revert_of(method, *arguments, sender=self.owner, value=value)


class Executor(Messenger):
    """Has an ERC-5164 executor do so; it carries no value, and wraps errors."""

    def __init__(self, project, owner):
        self.bridge = owner.deploy(project.TestMessageExecutor)
        self.owner = owner
        self.sendings = 0

    def arguments(self, ism, call, sender, value):
        self.sendings += 1
        return self.bridge.executeMessage, (ism, call, self.sendings.to_bytes(32), 1, sender)


class Outbox(Messenger):
    """Has an Outbox execute a sending that is alone under its root."""

    def __init__(self, project, owner):
        self.bridge = owner.deploy(project.TestArbBridge)
        self.outbox = at(project.TestArbOutbox, self.bridge.outbox())
        self.owner = owner
        self.index = 0

    def arguments(self, ism, call, sender, value):
        item = raw(sender) + raw(ism) + bytes(32 * 3) + value.to_bytes(32) + call
        self.outbox.confirm(keccak(keccak(item)), sender=self.owner)
        if value:
            self.owner.transfer(self.bridge, value)
        self.index += 1
        return self.outbox.executeTransaction, ([], self.index, sender, ism, 0, 0, 0, value, call)

    def tell(self, ism, call, sender=HOOK, value=0):
        method, arguments = self.arguments(ism, call, sender, value)
        return method(*arguments, sender=self.owner)

    def refusal(self, revert_of, ism, call, sender=HOOK, value=0):
        method, arguments = self.arguments(ism, call, sender, value)
        return revert_of(method, *arguments, sender=self.owner)


BRIDGES = {"OPStackIsm": Messenger, "ERC5164Ism": Executor, "ArbL2ToL1Ism": Outbox}


@pytest.fixture
def bridge(project, owner):
    made = {}

    def bridge(name):
        if name not in made:
            made[name] = BRIDGES[name](project, owner)
        return made[name]

    return bridge


@pytest.fixture
def make(project, owner, bridge):
    """`make(name)`: a module that believes HOOK."""

    def make(name, hook=HOOK):
        ism = owner.deploy(project.contracts[name], bridge(name).bridge)
        if hook:
            ism.setAuthorizedHook(b32(hook), sender=owner)
        return ism

    return make


@pytest.fixture(scope="module")
def incoming():
    return lambda to: Message(3, 0, 1, b"\x11" * 32, LOCAL_DOMAIN, b32(to), b"hello")


def inner(refusal, project):
    """What the module reverted with, if an executor wrapped it."""
    if refusal[0] != "MessageFailure":
        return refusal
    data = refusal[2]
    for error in project.IMessageIdAuthorizedIsm.contract_type.errors:
        if keccak(text=error.selector)[:4] == data[:4]:
            return (error.name, *decode([i.canonical_type for i in error.inputs], data[4:]))
    raise AssertionError(data.hex())


@pytest.mark.parametrize("name", NAMES)
def test_facts(make, bridge, name):
    ism = make(name)
    assert ism.moduleType() == {"ArbL2ToL1Ism": 8}.get(name, 6)
    assert ism.VERIFIED_MASK_INDEX() == 255
    assert bytes(ism.authorizedHook()) == b32(HOOK)
    assert ism.PACKAGE_VERSION() == "12.1.0"
    if name == "ERC5164Ism":
        assert ism.executor() == bridge(name).bridge
    if name == "ArbL2ToL1Ism":
        assert ism.arbOutbox() == bridge(name).outbox


@pytest.mark.parametrize("name", NAMES)
def test_bridge_must_be_a_contract(project, owner, creation_revert_of, name):
    refusal = creation_revert_of(project.contracts[name], owner)
    assert refusal == ("BridgeNotContract", owner)


@pytest.mark.parametrize("name", NAMES)
def test_hook_is_set_once_by_the_deployer(make, owner, stranger, revert_of, name):
    ism = make(name, hook=None)
    refusal = revert_of(ism.setAuthorizedHook, b32(OTHER), sender=stranger)
    assert refusal == ("NotDeployer", stranger, owner)
    assert revert_of(ism.setAuthorizedHook, bytes(32), sender=owner) == ("InvalidAuthorizedHook",)

    receipt = ism.setAuthorizedHook(b32(HOOK), sender=owner)
    assert receipt.decode_logs(ism.Initialized) == [ism.Initialized(version=1)]
    refusal = revert_of(ism.setAuthorizedHook, b32(OTHER), sender=owner)
    assert refusal == ("AlreadyInitialized",)
    assert bytes(ism.authorizedHook()) == b32(HOOK)


@pytest.mark.parametrize("name", NAMES)
def test_bridge_tells_of_a_message(make, bridge, name):
    ism = make(name)
    receipt = bridge(name).tell(ism, pre_verify(ID, 0))
    assert receipt.decode_logs(ism.ReceivedMessage) == [
        ism.ReceivedMessage(messageId=ID, msgValue=0)
    ]
    assert ism.verifiedMessages(ID) == VERIFIED


@pytest.mark.parametrize("name", NAMES)
def test_other_senders_over_the_bridge_are_not_believed(project, make, bridge, revert_of, name):
    refusal = bridge(name).refusal(revert_of, make(name), pre_verify(ID, 0), sender=OTHER)
    assert inner(refusal, project) == ("SenderNotHook", b32(OTHER), b32(HOOK))


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_believed_before_the_hook_is_set(project, make, bridge, revert_of, name):
    ism = make(name, hook=None)
    refusal = bridge(name).refusal(revert_of, ism, pre_verify(ID, 0))
    assert inner(refusal, project) == ("SenderNotHook", b32(HOOK), bytes(32))


@pytest.mark.parametrize("name", NAMES)
def test_callers_other_than_the_bridge_are_refused(make, stranger, revert_of, name):
    refusal = revert_of(make(name).preVerifyMessage, ID, 0, sender=stranger)
    assert refusal == ("NotCrossChainCall",)


def test_executor_must_say_who_sends(project, make, bridge, owner, revert_of):
    ism = make("ERC5164Ism")
    refusal = revert_of(bridge("ERC5164Ism").bridge.callBare, ism, pre_verify(ID, 0), sender=owner)
    assert inner(refusal, project) == ("NotCrossChainCall",)


def test_sender_cannot_forge_what_the_executor_appends(project, make, bridge, revert_of):
    """Who sends longer calldata, ending as if the executor had named the hook, is not heard."""
    call = pre_verify(ID, 0) + bytes(64) + raw(HOOK)
    refusal = bridge("ERC5164Ism").refusal(revert_of, make("ERC5164Ism"), call, sender=OTHER)
    assert inner(refusal, project) == ("NotCrossChainCall",)


@pytest.mark.parametrize("name", NAMES)
def test_message_is_told_of_once(project, make, bridge, revert_of, name):
    ism = make(name)
    bridge(name).tell(ism, pre_verify(ID, 0))
    refusal = bridge(name).refusal(revert_of, ism, pre_verify(ID, 0))
    assert inner(refusal, project) == ("MessageAlreadyVerified", ID)


@pytest.mark.parametrize("name", NAMES)
def test_value_must_be_what_the_hook_sent(project, make, bridge, revert_of, name):
    refusal = bridge(name).refusal(revert_of, make(name), pre_verify(ID, 7))
    assert inner(refusal, project) == ("InvalidMsgValue", 0, 7)


@pytest.mark.parametrize("name", NAMES)
def test_value_beyond_its_bits_is_refused(project, make, bridge, revert_of, name):
    refusal = bridge(name).refusal(revert_of, make(name), pre_verify(ID, 2**255))
    assert inner(refusal, project) == ("InvalidMsgValue", 0, 2**255)


@pytest.mark.parametrize("name", PAYING)
def test_value_beside_a_message_without_any_is_refused(make, bridge, revert_of, name):
    refusal = bridge(name).refusal(revert_of, make(name), pre_verify(ID, 0), value=3)
    assert refusal == ("InvalidMsgValue", 3, 0)


@pytest.mark.parametrize("name", ["OPStackIsm", "ERC5164Ism"])
def test_unknown_messages_are_not_verified(make, incoming, recipient, name):
    message = incoming(recipient).encode()
    ism = make(name)
    assert not ism.isVerified(message)
    assert not ism.verify.call(b"", message)


@pytest.mark.parametrize("name", PAYING)
def test_value_goes_to_the_recipient_once_whoever_asks(
    make, bridge, incoming, recipient, stranger, name
):
    ism, message = make(name), incoming(recipient)
    bridge(name).tell(ism, pre_verify(message.id, 500), value=500)
    assert (ism.verifiedMessages(message.id), ism.balance) == (VERIFIED | 500, 500)
    assert ism.isVerified(message.encode())

    for _ in range(2):
        ism.verify(b"", message.encode(), sender=stranger)
        assert (recipient.balance, ism.balance) == (500, 0)
        assert ism.verifiedMessages(message.id) == VERIFIED


@pytest.mark.parametrize("name", PAYING)
def test_recipient_that_asks_again_is_paid_once(project, make, bridge, incoming, owner, name):
    ism, greedy = make(name), owner.deploy(project.ReenteringAccount)
    first, second = incoming(greedy), incoming(owner)
    bridge(name).tell(ism, pre_verify(first.id, 500), value=500)
    bridge(name).tell(ism, pre_verify(second.id, 500), value=500)
    greedy.prepare(ism, 0, ism.verify.encode_input(b"", first.encode()), sender=owner)

    receipt = ism.verify(b"", first.encode(), sender=owner)

    assert receipt.decode_logs(greedy.Reentered) == [greedy.Reentered(success=True)]
    assert (greedy.balance, ism.balance) == (500, 500)


@pytest.mark.parametrize("name", PAYING)
def test_value_waits_for_a_recipient_that_refuses_it(
    project, make, bridge, incoming, owner, stranger, revert_of, name
):
    ism, refusing = make(name), owner.deploy(project.CannedAnswer, b"", 0, True)
    message = incoming(refusing)
    bridge(name).tell(ism, pre_verify(message.id, 500), value=500)

    receipt = ism.verify(b"", message.encode(), sender=stranger, gas=10**6)

    assert receipt.decode_logs(ism.ValueRefused) == [
        ism.ValueRefused(messageId=message.id, value=500)
    ]
    assert (ism.verifiedMessages(message.id), ism.balance) == (VERIFIED | 500, 500)
    refusal = revert_of(ism.releaseValueToRecipient, message.encode())
    assert refusal == ("ETHTransferFailed",)


@pytest.mark.parametrize("name", PAYING)
def test_recipient_has_its_gas_before_it_counts_as_refusing(
    project, make, bridge, incoming, owner, stranger, name
):
    ism, refusing = make(name), owner.deploy(project.CannedAnswer, b"", 0, True)
    message = incoming(refusing)
    bridge(name).tell(ism, pre_verify(message.id, 500), value=500)
    with ape.reverts(ism.TooLittleGas):
        ism.verify(b"", message.encode(), sender=stranger, gas=300_000)


@pytest.mark.parametrize("name", PAYING)
def test_value_of_a_second_word_is_added(make, bridge, incoming, recipient, stranger, name):
    ism, message = make(name), incoming(recipient)
    for value in (0, 500, 7):
        bridge(name).tell(ism, pre_verify(message.id, value), value=value)
    assert ism.verifiedMessages(message.id) == VERIFIED | 507

    receipt = ism.releaseValueToRecipient(message.encode(), sender=stranger)

    assert receipt.decode_logs(ism.ValueReleased) == [
        ism.ValueReleased(messageId=message.id, receiver=recipient, value=507)
    ]
    assert (recipient.balance, ism.verifiedMessages(message.id)) == (507, VERIFIED)


@pytest.mark.parametrize("name", PAYING)
def test_nothing_is_released_where_nothing_waits(make, bridge, incoming, recipient, stranger, name):
    ism, message = make(name), incoming(recipient)
    other = incoming(stranger)
    bridge(name).tell(ism, pre_verify(other.id, 500), value=500)
    for known in (False, True):
        if known:
            bridge(name).tell(ism, pre_verify(message.id, 0))
        ism.releaseValueToRecipient(message.encode(), sender=stranger)
        assert (recipient.balance, ism.balance) == (0, 500)
    assert not ism.verifiedMessages(incoming(ism).id)


@pytest.mark.parametrize("name", PAYING)
def test_owner_of_a_recipient_claims_only_what_it_refuses(
    project, make, bridge, incoming, recipient, owner, accounts, name
):
    """The recipient takes it by now: so it gets it."""
    ism, message = make(name), incoming(recipient)
    bridge(name).tell(ism, pre_verify(message.id, 500), value=500)
    before = accounts[7].balance
    ism.claimValue(message.encode(), accounts[7], sender=owner)
    assert (recipient.balance, accounts[7].balance - before) == (500, 0)


def test_messenger_that_speaks_for_nobody_is_not_believed(project, make, bridge, owner, revert_of):
    """Impersonated outside a relay, as if it had other ways to call."""
    ism, messenger = make("OPStackIsm"), bridge("OPStackIsm").bridge
    refusal = revert_of(ism.preVerifyMessage, ID, 0, sender=messenger)
    assert refusal == ("NotRelaying",)
