"""The tree of message ids: leaves, roots and state as in the model, and no leaf but the latest."""

import json
from pathlib import Path

import pytest
from eth_utils import keccak

from hyperlane.protocol.merkle import EMPTY_ROOT, IncrementalMerkle

from .dispatching import message_from, metadata

VECTORS = json.loads(
    (Path(__file__).parents[2] / "vectors" / "merkle_incremental.json").read_text()
)
LATEST_DISPATCHED_ID = 2
"""Where a Mailbox stores it."""


@pytest.fixture(scope="module")
def tree_hook(project, owner, mailbox):
    return owner.deploy(project.MerkleTreeHook, mailbox)


@pytest.fixture(scope="module")
def insert(chain, owner, mailbox, tree_hook):
    """Inserts the hash of any bytes, as the id of the message dispatched last."""

    def insert(preimage: bytes):
        word = "0x" + keccak(preimage).hex()
        slot = "0x" + LATEST_DISPATCHED_ID.to_bytes(32).hex()
        chain.provider.make_request("anvil_setStorageAt", [mailbox.address, slot, word])
        return tree_hook.postDispatch(b"", preimage, sender=owner)

    return insert


def test_is_bound_to_its_mailbox(tree_hook, mailbox):
    assert tree_hook.mailbox() == mailbox
    assert tree_hook.localDomain() == mailbox.localDomain()
    assert tree_hook.deployedBlock() == tree_hook.creation_metadata.block


def test_creation_refuses_a_mailbox_that_is_no_contract(project, stranger, creation_revert_of):
    refusal = creation_revert_of(project.MerkleTreeHook, stranger.address)
    assert refusal == ("MailboxNotContract", stranger)


def test_empty_tree(tree_hook, revert_of):
    assert tree_hook.count() == 0
    assert bytes(tree_hook.root()) == EMPTY_ROOT
    assert revert_of(tree_hook.latestCheckpoint) == ("Panic", 0x11)


def test_dispatches_become_leaves_in_order(tree_hook, mailbox, owner, dispatch):
    model = IncrementalMerkle()
    for nonce in range(9):
        message = message_from(owner, nonce=nonce, body=bytes(nonce))
        receipt = dispatch(tree_hook, message.body)
        model.insert(message.id)

        assert receipt.decode_logs(tree_hook.InsertedIntoTree) == [
            tree_hook.InsertedIntoTree(messageId=message.id, index=nonce)
        ]
        assert tree_hook.count() == nonce + 1
        assert bytes(tree_hook.root()) == model.root()
        assert tuple(tree_hook.latestCheckpoint()) == (model.root(), nonce)
    branch, count = tree_hook.tree()
    assert ([bytes(each) for each in branch], count) == (model.branch, 9)


def test_roots_and_branches_equal_the_vectors(tree_hook, insert):
    roots = {case["leaf_count"]: case["root"] for case in VECTORS["cases"]}
    steps = next(case["steps"] for case in VECTORS["cases"] if case["leaf_count"] == 9)
    for count in range(1, max(roots) + 1):
        insert(f"leaf-{count - 1}".encode())
        if count in roots:
            assert "0x" + tree_hook.root().hex().removeprefix("0x") == roots[count]
        if count <= len(steps):
            used = [bytes.fromhex(each[2:]) for each in steps[count - 1]["branch_used"]]
            branch, stored = tree_hook.tree()
            assert ([bytes(each) for each in branch[: len(used)]], stored) == (used, count)


def test_anyone_may_insert_the_latest_message_again(tree_hook, stranger, owner, dispatch):
    message = message_from(owner)
    dispatch(tree_hook)
    tree_hook.postDispatch(b"", message.encode(), sender=stranger)
    model = IncrementalMerkle()
    model.insert(message.id)
    model.insert(message.id)
    assert (tree_hook.count(), bytes(tree_hook.root())) == (2, model.root())


def test_any_other_message_is_refused(tree_hook, mailbox, owner, dispatch, revert_of):
    older, latest = message_from(owner), message_from(owner, nonce=1)
    dispatch(tree_hook)
    dispatch(tree_hook)
    for message in (older, message_from(owner, nonce=2)):
        refusal = revert_of(tree_hook.postDispatch, b"", message.encode())
        assert refusal == ("MessageNotDispatching", message.id, latest.id)


def test_value_is_refused(tree_hook, owner, mailbox, revert_of):
    encoded = message_from(owner).encode()
    refusal = revert_of(tree_hook.postDispatch, b"", encoded, sender=owner, value=1)
    assert refusal == ("NoValueExpected", 1)


def test_quote_is_zero(tree_hook, owner):
    assert tree_hook.quoteDispatch(metadata(), message_from(owner).encode()) == 0


def test_full_tree_refuses(tree_hook, chain, owner, dispatch, mailbox, revert_of):
    # The count follows the 32 words of the branch.
    slot, full = "0x" + (32).to_bytes(32).hex(), "0x" + (2**32 - 1).to_bytes(32).hex()
    chain.provider.make_request("anvil_setStorageAt", [tree_hook.address, slot, full])
    assert tree_hook.count() == 2**32 - 1
    dispatch("0x" + "00" * 20)
    refusal = revert_of(tree_hook.postDispatch, b"", message_from(owner).encode())
    assert refusal == ("MerkleTreeFull",)
