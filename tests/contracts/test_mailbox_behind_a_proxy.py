"""A Mailbox whose code can be replaced: set up at once, and all it knows survives."""

import pytest
from eth_utils import keccak, to_checksum_address
from tests.support.contracts import LOCAL_DOMAIN, REMOTE_DOMAIN, at
from tests.support.signing import message
from tests.support.words import b32

from hyperlane.protocol.message import Message

ZERO = "0x" + "00" * 20


@pytest.fixture(scope="module")
def logic(project, owner):
    return owner.deploy(project.Mailbox, LOCAL_DOMAIN)


@pytest.fixture(scope="module")
def admin(project, owner):
    return owner.deploy(project.ProxyAdmin, owner)


@pytest.fixture(scope="module")
def behind(project, owner, admin):
    """`behind(logic, data)`: the Mailbox at a fresh proxy."""

    def behind(logic, data=b""):
        proxy = owner.deploy(project.TransparentUpgradeableProxy, logic, admin, data)
        return at(project.Mailbox, proxy.address)

    return behind


@pytest.fixture(scope="module")
def mailbox(logic, behind, owner, hook, noop_ism):
    return behind(logic, logic.initialize.encode_input(owner, noop_ism, hook, hook))


@pytest.fixture(scope="module")
def recipient(project, owner):
    return owner.deploy(project.TestRecipient)


def state(mailbox, *messages: Message) -> dict:
    """All that a Mailbox remembers."""
    return {
        "owner": mailbox.owner(),
        "nonce": mailbox.call_view_method("nonce"),
        "latest": bytes(mailbox.latestDispatchedId()),
        "ism": mailbox.defaultIsm(),
        "default hook": mailbox.defaultHook(),
        "required hook": mailbox.requiredHook(),
        "deliveries": [
            (mailbox.delivered(m.id), mailbox.processor(m.id), mailbox.processedAt(m.id))
            for m in messages
        ],
    }


def test_proxy_is_set_up_in_its_creation(
    mailbox, logic, owner, stranger, hook, noop_ism, revert_of
):
    assert (mailbox.owner(), mailbox.defaultIsm()) == (owner, noop_ism)
    assert (mailbox.defaultHook(), mailbox.requiredHook()) == (hook, hook)
    assert (mailbox.localDomain(), mailbox.deployedBlock()) == (LOCAL_DOMAIN, logic.deployedBlock())
    for account in (owner, stranger):
        reason = revert_of(mailbox.initialize, account, noop_ism, hook, hook, sender=account)
        assert reason == ("AlreadyInitialized",)


@pytest.mark.parametrize("place", ["proxy", "code"])
def test_what_is_not_set_up_yet_is_for_the_deployer_of_the_code(
    behind, logic, owner, stranger, hook, noop_ism, revert_of, place
):
    mailbox = behind(logic) if place == "proxy" else logic
    arguments = (stranger, noop_ism, hook, hook)
    reason = revert_of(mailbox.initialize, *arguments, sender=stranger)
    assert reason == ("NotDeployer", stranger, owner)
    mailbox.initialize(owner, noop_ism, hook, hook, sender=owner)
    assert mailbox.owner() == owner


def test_clients_find_code_and_admin(mailbox, logic, admin, chain):
    for name, expected in (("implementation", logic), ("admin", admin)):
        slot = int.from_bytes(keccak(text=f"eip1967.proxy.{name}")) - 1
        word = bytes(chain.provider.web3.eth.get_storage_at(mailbox.address, slot))
        assert to_checksum_address(word[12:]) == expected


def test_messages_go_out_through_a_proxy(project, mailbox, owner):
    tree = owner.deploy(project.MerkleTreeHook, mailbox)
    mailbox.setRequiredHook(tree, sender=owner)
    receipt = mailbox.dispatch(REMOTE_DOMAIN, b"\x22" * 32, b"hello", sender=owner)
    [event] = receipt.decode_logs(mailbox.Dispatch)
    assert event.contract_address == mailbox.address
    sent = Message.decode(bytes(event.message))
    assert (sent.nonce, sent.origin, sent.sender) == (0, LOCAL_DOMAIN, b32(owner))
    assert (bytes(mailbox.latestDispatchedId()), tree.count()) == (sent.id, 1)


def test_messages_come_in_through_a_proxy(project, mailbox, owner, stranger, recipient, revert_of):
    """In a batch too, which calls itself; the module sees who delivers."""
    ism = owner.deploy(project.TrustedRelayerIsm, mailbox, stranger)
    recipient.setInterchainSecurityModule(ism, sender=owner)
    messages = [message(nonce=i, recipient=recipient.address) for i in range(3)]
    encoded = [each.encode() for each in messages]
    mailbox.process(b"", encoded[0], sender=stranger, value=5)
    receipt = mailbox.processBatch([b""] * 3, encoded, sender=stranger)
    assert [mailbox.processor(each.id) for each in messages] == [stranger] * 3
    assert len(receipt.decode_logs(mailbox.ProcessFailed)) == 1  # the first, again
    assert (recipient.balance, mailbox.balance) == (5, 0)
    reason = revert_of(mailbox.process, b"", encoded[0], sender=owner)
    assert reason == ("AlreadyDelivered", messages[0].id)


def test_everything_survives_an_upgrade(
    project, mailbox, admin, owner, stranger, recipient, hook, revert_of
):
    delivered, other = (message(nonce=i, recipient=recipient.address) for i in range(2))
    mailbox.process(b"", delivered.encode(), sender=stranger)
    for _ in range(2):
        mailbox.dispatch(REMOTE_DOMAIN, b"\x22" * 32, b"hello", sender=owner)
    mailbox.setRequiredHook(owner.deploy(project.BareHook), sender=owner)
    before = state(mailbox, delivered, other)
    assert before["deliveries"][0][0]
    assert before["nonce"] == 2

    later = owner.deploy(project.UpgradedMailbox, LOCAL_DOMAIN)
    data = later.setAdded.encode_input(2**256 - 1)
    admin.upgradeAndCall(mailbox, later, data, sender=owner)

    upgraded = at(project.UpgradedMailbox, mailbox.address)
    assert state(upgraded, delivered, other) == before
    assert upgraded.added() == 2**256 - 1
    assert upgraded.deployedBlock() == later.deployedBlock() > 0
    arguments = (stranger, upgraded.defaultIsm(), hook, hook)
    assert revert_of(upgraded.initialize, *arguments, sender=owner) == ("AlreadyInitialized",)
    reason = revert_of(upgraded.process, b"", delivered.encode())
    assert reason == ("AlreadyDelivered", delivered.id)
    upgraded.process(b"", other.encode(), sender=owner)
    receipt = upgraded.dispatch(REMOTE_DOMAIN, b"\x22" * 32, b"", sender=owner)
    [event] = receipt.decode_logs(upgraded.Dispatch)
    assert Message.decode(bytes(event.message)).nonce == 2


def test_only_the_owner_of_the_admin_upgrades(
    mailbox, logic, admin, stranger, owner, revert_of, revert_reason
):
    reason = revert_of(admin.upgradeAndCall, mailbox, logic, b"", sender=stranger)
    assert reason == ("OwnableUnauthorizedAccount", stranger)
    selector = keccak(text="upgradeToAndCall(address,bytes)")[:4]
    data = "0x" + (selector + b32(logic) + (64).to_bytes(32) + bytes(32)).hex()
    for account in (stranger, owner):
        call = {"from": account.address, "to": mailbox.address, "data": data}
        assert revert_reason(call) == ()  # the Mailbox has no such function
