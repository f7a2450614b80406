"""What the tree contradicts, by the reference's three predicates and its record of signers."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.contracts import REMOTE_DOMAIN, at
from tests.support.signing import SECP256K1_ORDER, validator
from tests.support.staking_contracts import WRONG, struct
from tests.support.words import b32

from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.merkle import MerkleTree

KEY = validator(1)


@pytest.fixture
def stored(proofs, tree_hook, leaves, owner):
    proofs.storeLatestCheckpoint(tree_hook, sender=owner)
    return proofs


def test_a_stored_checkpoint_is_the_latest_root_and_index(proofs, tree_hook, leaves, owner):
    root = leaves.tree.root()
    assert proofs.storedCheckpoints(tree_hook, root) == (0, False)
    assert proofs.storeLatestCheckpoint.call(tree_hook) == (root, 2)
    proofs.storeLatestCheckpoint(tree_hook, sender=owner)
    assert proofs.storedCheckpoints(tree_hook, root) == (2, True)


def test_leaves_are_proven_against_stored_roots_alone(stored, tree_hook, leaves):
    for index in range(3):
        leaf, proof = leaves.tree.leaf(index), leaves.proof(index)
        assert stored.storedCheckpointContainsMessage(tree_hook, index, leaf, proof)
        assert not stored.storedCheckpointContainsMessage(tree_hook, index, WRONG, proof)
    leaves.grow(1)
    leaf, proof = leaves.tree.leaf(3), leaves.proof(3)
    assert not stored.storedCheckpointContainsMessage(tree_hook, 3, leaf, proof)


def test_an_empty_place_is_no_leaf_of_a_stored_root(stored, tree_hook, leaves):
    """A zero at index 3 leads to the root of three leaves: only the stored index tells."""
    leaves.tree.append(bytes(32))
    proof = leaves.tree.proof(3, 3)
    assert not stored.storedCheckpointContainsMessage(tree_hook, 3, bytes(32), list(proof))


def test_local_is_a_tree_here_of_the_same_domain(proofs, leaves, stranger):
    true = leaves.checkpoint(0)
    nobody = b32(stranger)
    assert proofs.isLocal(struct(true))
    assert not proofs.isLocal(struct(replace(true, origin=REMOTE_DOMAIN)))
    assert not proofs.isLocal(struct(replace(true, merkle_tree_hook=nobody)))


def test_premature_is_an_index_beyond_the_tree(proofs, leaves):
    assert not proofs.isPremature(struct(leaves.checkpoint(2)))
    assert proofs.isPremature(struct(leaves.beyond()))
    leaves.grow(1)
    assert not proofs.isPremature(struct(leaves.checkpoint(3)))


def test_another_message_at_an_index_is_fraud(stored, leaves):
    true = leaves.checkpoint(1)
    arguments = (leaves.proof(1), leaves.tree.leaf(1))
    assert stored.isFraudulentMessageId(struct(replace(true, message_id=WRONG)), *arguments)
    assert not stored.isFraudulentMessageId(struct(true), *arguments)


def test_a_root_that_never_was_is_fraud(stored, leaves):
    for index in range(3):
        true = leaves.checkpoint(index)
        assert not stored.isFraudulentRoot(struct(true), leaves.proof(index))
        assert stored.isFraudulentRoot(struct(replace(true, root=WRONG)), leaves.proof(index))


def test_what_is_not_local_or_not_proven_is_refused(stored, leaves, revert_of):
    foreign = replace(leaves.checkpoint(1), origin=REMOTE_DOMAIN)
    hook = foreign.merkle_tree_hook
    proof = leaves.proof(1)
    assert revert_of(stored.isPremature, struct(foreign)) == ("NotLocal", REMOTE_DOMAIN, hook)
    for call in (
        (stored.isFraudulentRoot, struct(foreign), proof),
        (stored.isFraudulentMessageId, struct(foreign), proof, foreign.message_id),
    ):
        assert revert_of(*call) == ("NotLocal", REMOTE_DOMAIN, hook)
    unknown = replace(leaves.checkpoint(1), message_id=WRONG)
    refusal = ("NotInStoredCheckpoint", WRONG, 1)
    assert revert_of(stored.isFraudulentRoot, struct(unknown), proof) == refusal
    assert revert_of(stored.isFraudulentMessageId, struct(unknown), proof, WRONG) == refusal


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_an_honest_checkpoint_is_never_fraud(project, data, owner, mailbox, noop_ism, hook):
    """Whatever the tree's size, the leaf, and the root that the proof leads to."""
    tree = owner.deploy(project.MerkleTreeHook, mailbox)
    proofs = owner.deploy(project.CheckpointFraudProofs)
    mailbox.setRequiredHook(tree, sender=owner)
    ids = []
    stored_at = []
    for number in range(data.draw(st.integers(1, 6))):
        mailbox.dispatch(REMOTE_DOMAIN, b"\x22" * 32, bytes([number]), sender=owner)
        ids.append(bytes(mailbox.latestDispatchedId()))
        if data.draw(st.booleans()):
            proofs.storeLatestCheckpoint(tree, sender=owner)
            stored_at.append(number)
    model = MerkleTree(ids)
    word = b32(tree)
    for snapshot in stored_at:
        for index in range(snapshot + 1):
            honest = Checkpoint(31337, word, model.root(index), index, ids[index])
            proof = list(model.proof(index, snapshot))
            assert not proofs.isPremature(struct(honest))
            assert not proofs.isFraudulentRoot(struct(honest), proof)
            assert not proofs.isFraudulentMessageId(struct(honest), proof, ids[index])


class TestAttribution:
    @pytest.fixture(scope="class")
    def record(self, project, owner):
        return owner.deploy(project.AttributeCheckpointFraud)

    @pytest.fixture
    def its_proofs(self, project, record, tree_hook, leaves, owner):
        proofs = at(project.CheckpointFraudProofs, record.checkpointFraudProofs())
        proofs.storeLatestCheckpoint(tree_hook, sender=owner)
        return proofs

    def test_each_kind_is_recorded_with_its_time(self, record, its_proofs, leaves, stranger, chain):
        root = replace(leaves.checkpoint(0), root=WRONG)
        message = replace(leaves.checkpoint(1), message_id=WRONG)
        early, unlisted = leaves.beyond(), leaves.checkpoint(2)
        for kind, checkpoint, arguments in (
            (0, unlisted, ()),
            (1, early, ()),
            (2, message, (leaves.proof(1), leaves.tree.leaf(1))),
            (3, root, (leaves.proof(0),)),
        ):
            name = ("attributeWhitelist", "attributePremature", "attributeMessageId")
            function = getattr(record, (*name, "attributeRoot")[kind])
            signature = checkpoint.sign(KEY)
            assert record.attributions(struct(checkpoint), signature) == (0, 0)
            function(struct(checkpoint), *arguments, signature, sender=stranger)
            now = chain.blocks.head.timestamp
            assert record.attributions(struct(checkpoint), signature) == (kind, now)
            other = checkpoint.sign(validator(2))
            assert record.attributions(struct(checkpoint), other) == (0, 0)

    def test_nothing_is_recorded_twice_or_against_the_honest(
        self, record, its_proofs, tree_hook, leaves, owner, revert_of
    ):
        early = leaves.beyond()
        signature = early.sign(KEY)
        record.attributePremature(struct(early), signature, sender=owner)
        refusal = revert_of(record.attributePremature, struct(early), signature)
        assert refusal == ("AlreadyAttributed", KEY.address, early.digest)

        true = leaves.checkpoint(1)
        signature, proof = true.sign(KEY), leaves.proof(1)
        record.whitelist(tree_hook, sender=owner)
        assert record.merkleTreeWhitelist(tree_hook)
        for function, arguments in (
            (record.attributeWhitelist, ()),
            (record.attributePremature, ()),
            (record.attributeMessageId, (proof, true.message_id)),
            (record.attributeRoot, (proof,)),
        ):
            refusal = revert_of(function, struct(true), *arguments, signature)
            assert refusal == ("NotFraudulent", true.digest)

    def test_only_the_owner_extends_the_whitelist(self, record, tree_hook, stranger, revert_of):
        refusal = revert_of(record.whitelist, tree_hook, sender=stranger)
        assert refusal == ("OwnableUnauthorizedAccount", stranger)

    def test_malformed_signatures_are_refused(self, record, leaves, revert_of):
        early = leaves.beyond()
        good = early.sign(KEY)
        s = int.from_bytes(good[32:64])
        high = good[:32] + (SECP256K1_ORDER - s).to_bytes(32) + bytes([55 - good[64]])
        for bad in (b"", good[:-1], good + b"\0", good[:64] + b"\0", high, bytes(65)):
            refusal = revert_of(record.attributePremature, struct(early), bad)
            assert refusal == ("InvalidSignature", bad)
