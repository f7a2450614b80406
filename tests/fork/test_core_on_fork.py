"""A core that is deployed on mainnet, used on a fork of it by people whose keys nobody has."""

import ape
import pytest

from ape_hyperlane.core.deploy import check_core
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32

MAINNET = 1
REMOTE = 1000
SENDER = address_to_bytes32(address_from_hex("0x" + 40 * "5"))
STRANGER = "0x000000000000000000000000000000000000dEaD"


@pytest.fixture
def recipient(project, addresses):
    return project.TestRecipient.at(addresses.test_recipient)


@pytest.fixture
def message(recipient):
    """From a remote chain to the test recipient."""
    return Message(
        version=3,
        nonce=0,
        origin=REMOTE,
        sender=SENDER,
        destination=MAINNET,
        recipient=address_to_bytes32(address_from_hex(recipient.address)),
        body=b"from far away",
    )


def test_the_fork_shows_the_core_as_it_was_deployed(chain, registry, addresses):
    assert chain.chain_id == MAINNET
    assert check_core(registry, "ethereum") == []
    assert chain.provider.get_code(addresses.mailbox)


def test_the_trusted_relayer_delivers_a_message(mailbox, relayer, recipient, message):
    receipt = mailbox.process(b"", message.encode(), sender=relayer)

    assert mailbox.delivered(message.id)
    assert mailbox.processor(message.id) == relayer.address
    assert mailbox.processedAt(message.id) == receipt.block_number
    assert recipient.lastSender() == SENDER
    assert recipient.lastData() == b"from far away"
    (event,) = receipt.decode_logs(recipient.ReceivedMessage)
    assert (event.origin, event.sender, event.value) == (REMOTE, SENDER, 0)


def test_nobody_else_delivers(mailbox, impersonate, message):
    with ape.reverts(mailbox.IsmVerificationFailed):
        mailbox.process(b"", message.encode(), sender=impersonate(STRANGER))
    assert not mailbox.delivered(message.id)


def test_a_dispatched_message_pays_its_fees_and_enters_the_tree(
    project, mailbox, addresses, impersonate
):
    sender = impersonate(STRANGER)
    tree = project.MerkleTreeHook.at(addresses.merkle_tree_hook)
    paymaster = project.InterchainGasPaymaster.at(addresses.interchain_gas_paymaster)
    fee = project.ProtocolFee.at(addresses.protocol_fee)
    leaves = tree.count()
    quote = mailbox.quoteDispatch(REMOTE, SENDER, b"hello")
    assert quote == 1000 + (100_000 + 50_000) * 10**9

    mailbox.dispatch(REMOTE, SENDER, b"hello", sender=sender, value=quote)

    assert tree.count() == leaves + 1
    expected = MerkleTree([mailbox.latestDispatchedId()]).root()
    assert leaves or tree.root() == expected
    assert fee.balance == 1000
    assert paymaster.balance == quote - 1000


def test_only_the_owner_that_was_handed_the_core_changes_it(
    project, mailbox, owner, relayer, accounts
):
    noop = accounts[0].deploy(project.NoopIsm)
    with ape.reverts(mailbox.OwnableUnauthorizedAccount):
        mailbox.setDefaultIsm(noop, sender=relayer)
    mailbox.setDefaultIsm(noop, sender=owner)
    assert mailbox.defaultIsm() == noop.address
