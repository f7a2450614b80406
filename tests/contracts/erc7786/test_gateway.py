"""The ERC-7786 gateway: what it sends, what it asks for it, what it delivers."""

import pytest
from eth_utils import keccak
from tests.support.gateways import CHAIN, DOMAIN, REMOTE, SENDER, ZERO, account, attribute, b20
from tests.support.words import b32

from hyperlane.protocol.hook_metadata import StandardHookMetadata
from hyperlane.protocol.message import Message

TO = account(CHAIN, SENDER)
GAS_LIMIT, REFUND, METADATA = "gasLimit(uint256)", "refundAddress(address)", "hookMetadata(bytes)"
MAGIC = keccak(text="receiveMessage(bytes32,bytes,bytes)")[:4]


@pytest.fixture(scope="module")
def priced(project, owner, mailbox):
    """A gateway whose own hook asks for a wei per gas."""
    gateway = owner.deploy(project.HyperlaneGateway, mailbox)
    hook = owner.deploy(project.GasPricedHook)
    gateway.initialize(hook, ZERO, owner, sender=owner)
    gateway.enrollRemoteGateway(CHAIN, DOMAIN, REMOTE, 200_000, sender=owner)
    return gateway


@pytest.fixture(scope="module")
def recording(project, owner, mailbox):
    """A gateway with a hook that keeps the metadata that it got."""
    gateway = owner.deploy(project.HyperlaneGateway, mailbox)
    hook = owner.deploy(project.RecordingHook, 0)
    gateway.initialize(hook, ZERO, owner, sender=owner)
    gateway.enrollRemoteGateway(CHAIN, DOMAIN, REMOTE, 200_000, sender=owner)
    return gateway, hook


def dispatched(receipt) -> Message:
    (event,) = [each for each in receipt.events if each.event_name == "Dispatch"]
    return Message.decode(bytes(event.message))


def metadata_of(receipt, hook) -> bytes:
    (event,) = receipt.decode_logs(hook.PostDispatch)
    return bytes(event.metadata)


@pytest.mark.parametrize(
    "payload", [b"", b"\x01", bytes(range(32)), bytes(range(256)) * 3], ids=len
)
@pytest.mark.parametrize(
    "attributes", [[], [attribute(GAS_LIMIT, 1), attribute(METADATA, b"x")]], ids=len
)
def test_a_message_goes_to_the_gateway_of_the_chain(
    gateway, mailbox, owner, chain, payload, attributes
):
    nonce = mailbox.call_view_method("nonce")
    receipt = gateway.sendMessage(TO, payload, attributes, sender=owner)
    message = dispatched(receipt)
    assert (message.nonce, message.destination) == (nonce, DOMAIN)
    assert (message.sender, message.recipient) == (b32(gateway.address), b32(REMOTE))
    assert message.body == nonce.to_bytes(4) + b20(owner.address) + b20(SENDER) + payload
    (sent,) = receipt.decode_logs(gateway.MessageSent)
    assert bytes(sent.sendId) == bytes(32)
    assert bytes(sent.sender) == account(chain.chain_id, owner.address)
    assert (bytes(sent.recipient), bytes(sent.payload), sent.value) == (TO, payload, 0)
    assert [bytes(each) for each in sent.attributes] == attributes


def test_send_message_returns_zero_as_nothing_remains_to_be_done(gateway, owner):
    assert gateway.sendMessage.call(TO, b"", [], sender=owner) == bytes(32)


@pytest.mark.parametrize("custom", [b"", b"a", b"c" * 32, b"d" * 100], ids=len)
def test_attributes_are_the_metadata_of_hooks(recording, owner, stranger, custom):
    gateway, hook = recording
    attributes = [
        attribute(METADATA, custom),
        attribute(REFUND, stranger.address),
        attribute(GAS_LIMIT, 123_456),
    ]
    receipt = gateway.sendMessage(TO, b"payload", attributes, sender=owner)
    found = metadata_of(receipt, hook)
    expected = StandardHookMetadata(
        msg_value=0, gas_limit=123_456, refund_address=b20(stranger.address)
    ).encode()
    assert found == expected + (bytes(20) + custom if custom else b"")


def test_without_attributes_the_gas_limit_is_the_chains_and_the_sender_is_refunded(
    recording, owner
):
    gateway, hook = recording
    receipt = gateway.sendMessage(TO, b"payload", [], sender=owner)
    expected = StandardHookMetadata(
        msg_value=0, gas_limit=200_000, refund_address=b20(owner.address)
    )
    assert metadata_of(receipt, hook) == expected.encode()


@pytest.mark.parametrize("key", [GAS_LIMIT, REFUND, METADATA])
def test_supports_its_attributes(gateway, key):
    assert gateway.supportsAttribute(keccak(text=key)[:4])


def test_supports_no_other_attribute(gateway):
    assert not gateway.supportsAttribute(bytes(4))
    assert not gateway.supportsAttribute(keccak(text="minGasLimit(uint256)")[:4])


@pytest.mark.parametrize("attributes", [[], [attribute(GAS_LIMIT, 50_000)]], ids=len)
def test_a_quote_is_what_a_message_costs(priced, owner, attributes):
    fee = priced.quote(TO, b"payload", attributes)
    assert fee == (50_000 if attributes else 200_000)
    before = owner.balance
    receipt = priced.sendMessage(TO, b"payload", attributes, value=fee + 9, sender=owner)
    assert before - owner.balance == fee + receipt.total_fees_paid, "surplus comes back"


def test_surplus_goes_to_the_refund_address(priced, owner, stranger):
    before = stranger.balance
    priced.sendMessage(TO, b"", [attribute(REFUND, stranger.address)], value=200_009, sender=owner)
    assert stranger.balance == before + 9


def test_a_deposit_pays_for_messages_without_value(priced, owner, stranger):
    priced.deposit(owner, value=300_000, sender=stranger)
    priced.sendMessage(TO, b"payload", [], sender=owner)
    assert priced.deposits(owner) == 100_000 == priced.balance


def test_a_message_with_value_leaves_the_deposit(priced, owner):
    priced.deposit(owner, value=300_000, sender=owner)
    priced.sendMessage(TO, b"payload", [], value=200_000, sender=owner)
    assert priced.deposits(owner) == 300_000


def test_a_deposit_that_is_too_low_is_told(priced, owner, revert_of):
    priced.deposit(owner, value=199_999, sender=owner)
    refusal = revert_of(priced.sendMessage, TO, b"", [], sender=owner)
    assert refusal == ("DepositTooLow", owner, 199_999, 200_000)


def test_a_sender_takes_its_deposit_back(priced, owner, stranger, revert_of):
    priced.deposit(owner, value=10, sender=stranger)
    before = stranger.balance
    receipt = priced.withdraw(stranger, 4, sender=owner)
    assert receipt.events == [priced.Withdrawn(owner, stranger, 4)]
    assert (stranger.balance, priced.deposits(owner)) == (before + 4, 6)
    refusal = revert_of(priced.withdraw, stranger.address, 7, sender=owner)
    assert refusal == ("DepositTooLow", owner, 6, 7)


def test_a_new_hook_serves_chains_that_were_enrolled_before(gateway, project, owner):
    hook = owner.deploy(project.GasPricedHook)
    assert gateway.quote(TO, b"", []) == 0
    gateway.setHook(hook, sender=owner)
    assert gateway.quote(TO, b"", []) == 200_000
    gateway.setHook(ZERO, sender=owner)
    assert gateway.quote(TO, b"", []) == 0


# Receiving


@pytest.mark.parametrize("payload", [b"", b"\x01", bytes(range(256))], ids=len)
def test_a_message_is_handed_to_its_recipient(gateway, mailbox, recipient, arrival, owner, payload):
    message = arrival.message(recipient, payload)
    mailbox.process(b"", message.encode(), sender=owner)
    assert bytes(recipient.lastId()) == message.id, "the id is the message's"
    assert bytes(recipient.lastSender()) == account(CHAIN, SENDER)
    assert bytes(recipient.lastPayload()) == payload
    assert recipient.lastGateway() == gateway


def test_what_one_gateway_sends_another_receives(project, gateway, mailbox, owner, recipient):
    """The Mailbox there is one for the remote domain on the same chain."""
    there = owner.deploy(project.Mailbox, DOMAIN)
    ism, hook = owner.deploy(project.NoopIsm), owner.deploy(project.BareHook)
    there.initialize(owner, ism, hook, hook, sender=owner)
    remote = owner.deploy(project.HyperlaneGateway, there)
    remote.initialize(ZERO, ZERO, owner, sender=owner)
    remote.enrollRemoteGateway(CHAIN + 1, mailbox.localDomain(), gateway, 1, sender=owner)
    gateway.enrollRemoteGateway(CHAIN, DOMAIN, remote, 1, sender=owner)
    to = account(CHAIN, recipient.address)
    message = dispatched(gateway.sendMessage(to, b"hello", [], sender=owner))
    there.process(b"", message.encode(), sender=owner)
    assert bytes(recipient.lastId()) == message.id
    assert bytes(recipient.lastSender()) == account(CHAIN + 1, owner.address)
    assert bytes(recipient.lastPayload()) == b"hello"


def test_a_module_of_the_gateways_own_guards_it(gateway, mailbox, owner, noop_ism):
    gateway.setInterchainSecurityModule(noop_ism, sender=owner)
    assert mailbox.recipientIsm(gateway) == noop_ism


# Enrolling


def test_enrolling_is_told_and_shown(gateway, owner):
    receipt = gateway.enrollRemoteGateway(1, 2, REMOTE, 3, sender=owner)
    assert receipt.events == [gateway.RemoteGatewaySet(1, 2, REMOTE, 3)]
    assert tuple(gateway.remoteGatewayOf(1)) == (2, REMOTE, 3)
    assert sorted(gateway.chainIds()) == [1, CHAIN]


def test_a_chain_can_change_its_domain(gateway, owner, recipient, mailbox, arrival, revert_of):
    gateway.enrollRemoteGateway(CHAIN, 77, REMOTE, 3, sender=owner)
    old, new = arrival.message(recipient), arrival.message(recipient, origin=77)
    mailbox.process(b"", new.encode(), sender=owner)
    refusal = revert_of(mailbox.process, b"", old.encode(), sender=owner)
    assert refusal == ("SenderNotGateway", DOMAIN, b32(REMOTE), ZERO)


def test_a_removed_gateway_is_neither_sent_to_nor_believed(
    gateway, owner, recipient, mailbox, arrival, revert_of
):
    receipt = gateway.removeRemoteGateway(CHAIN, sender=owner)
    assert receipt.events == [gateway.RemoteGatewayRemoved(CHAIN, DOMAIN)]
    assert list(gateway.chainIds()) == []
    assert tuple(gateway.remoteGatewayOf(CHAIN)) == (0, ZERO, 0)
    assert revert_of(gateway.quote, TO, b"", []) == ("ChainNotEnrolled", CHAIN)
    refusal = revert_of(mailbox.process, b"", arrival.message(recipient).encode(), sender=owner)
    assert refusal == ("SenderNotGateway", DOMAIN, b32(REMOTE), ZERO)


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        ((0, DOMAIN, REMOTE, 1), ("NotRemoteChain", 0)),
        ((2**96, DOMAIN, REMOTE, 1), ("NotRemoteChain", 2**96)),
        ((31337, DOMAIN, REMOTE, 1), ("NotRemoteChain", 31337)),
        ((1, 0, REMOTE, 1), ("NotRemoteDomain", 0)),
        ((1, 31337, REMOTE, 1), ("NotRemoteDomain", 31337)),
        ((1, 2, ZERO, 1), ("GatewayIsZero", 1)),
        ((1, 2, REMOTE, 2**56), ("GasLimitTooLarge", 2**56)),
        ((1, DOMAIN, REMOTE, 1), ("DomainOfOtherChain", DOMAIN, CHAIN)),
    ],
)
def test_enrolling_refuses(gateway, owner, chain, revert_of, arguments, refusal):
    assert chain.chain_id == 31337
    assert revert_of(gateway.enrollRemoteGateway, *arguments, sender=owner) == refusal


def test_only_the_owner_enrolls_and_removes(gateway, stranger, revert_of):
    refusal = ("OwnableUnauthorizedAccount", stranger)
    enroll = revert_of(gateway.enrollRemoteGateway, 1, 2, REMOTE, 1, sender=stranger)
    assert enroll == refusal
    assert revert_of(gateway.removeRemoteGateway, CHAIN, sender=stranger) == refusal


def test_removing_a_chain_that_is_not_enrolled_is_refused(gateway, owner, revert_of):
    assert revert_of(gateway.removeRemoteGateway, 5, sender=owner) == ("ChainNotEnrolled", 5)


def test_the_magic_value_is_that_of_the_erc():
    assert MAGIC.hex() == "2432ef26"
