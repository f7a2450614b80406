"""A quorum signs something that a module on a destination believes and no evidence punishes.

Modules take everything about a checkpoint from whoever delivers. Here is every module, every way to
have it believe a message that was never dispatched, and the function that punishes for that.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from tests.support.contracts import LOCAL_DOMAIN, REMOTE_DOMAIN, at
from tests.support.signing import message, validator
from tests.support.staking_contracts import SALT, WRONG, possession, struct
from tests.support.words import b32
from web3.exceptions import ContractLogicError

from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.multisig_metadata import (
    LegacyMultisigMetadata,
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata,
)

OPERATOR = 2
"""The account and the key of the operator in the conftest."""
FORGED = message(origin=LOCAL_DOMAIN, destination=REMOTE_DOMAIN, body=b"pay everything to me")
MODULES = {
    "StaticMessageIdMultisigIsm": "MessageId",
    "StaticMerkleRootMultisigIsm": "MerkleRoot",
    "StaticLegacyMultisigIsm": "Legacy",
    "ClonedMessageIdMultisigIsm": "MessageId",
    "ClonedMerkleRootMultisigIsm": "MerkleRoot",
    "StorageMessageIdMultisigIsm": "MessageId",
    "StorageMerkleRootMultisigIsm": "MerkleRoot",
    "StaticMessageIdWeightedMultisigIsm": "MessageId",
    "StaticMerkleRootWeightedMultisigIsm": "MerkleRoot",
}
LIES = {
    "a made-up tree": "slashWrongTree",
    "a made-up tree and the root zero": "slashWrongTree",
    "another tree of this chain": "slashWrongTree",
    "the staked tree with other bytes before it": "slashWrongTree",
    "a leaf that is not there": "slashPremature",
    "another message than the leaf": "slashMessageId",
    "a root that the tree never had": "slashRoot",
    "a second checkpoint of the index": "slashEquivocation",
}
NOT_BELIEVED = {
    # Any 32 bytes will not do where a root has to be proven.
    "a made-up tree and the root zero": {"MerkleRoot", "Legacy"},
    # And it proves nothing to those who want the message's own checkpoint signed.
    "a root that the tree never had": {"MessageId", "Legacy"},
}


@dataclass(frozen=True)
class Lie:
    """A false checkpoint, and a tree of its own that has the forged message."""

    checkpoint: Checkpoint
    tree: MerkleTree
    place: int
    """Of the forged message."""

    def metadata(self, kind: str, signature: bytes) -> bytes:
        signed, signatures = self.checkpoint, (signature,)
        if kind == "MessageId":
            return MessageIdMultisigMetadata(
                signed.merkle_tree_hook, signed.root, signed.index, signatures
            ).encode()
        proof = self.tree.proof(self.place, len(self.tree) - 1)
        if kind == "Legacy":
            return LegacyMultisigMetadata(
                signed.root, signed.index, signed.merkle_tree_hook, proof, signatures
            ).encode()
        return MerkleRootMultisigMetadata(
            signed.merkle_tree_hook, self.place, signed.message_id, proof, signed.index, signatures
        ).encode()


@pytest.fixture(scope="module")
def other_tree(project, owner, mailbox):
    return owner.deploy(project.MerkleTreeHook, mailbox)


@pytest.fixture
def lie(leaves, other_tree) -> Callable[[str], Lie]:
    """A checkpoint that makes a module believe the forged message, mostly in place of leaf 1."""

    def lie(name: str) -> Lie:
        true, place = leaves.checkpoint(1), 1
        ids, claimed = [leaves.tree.leaf(0), FORGED.id], FORGED.id
        changes: dict[str, Any] = {}
        match name:
            case "a made-up tree":
                changes = {"merkle_tree_hook": WRONG}
            case "a made-up tree and the root zero":
                changes = {"merkle_tree_hook": WRONG, "root": bytes(32)}
            case "another tree of this chain":
                changes = {"merkle_tree_hook": b32(other_tree)}
            case "the staked tree with other bytes before it":
                changes = {"merkle_tree_hook": b"\x01" + true.merkle_tree_hook[1:]}
            case "a leaf that is not there":
                ids, place = [*map(leaves.tree.leaf, range(3)), FORGED.id], 3
            case "a root that the tree never had":
                ids, place, claimed = [FORGED.id, true.message_id], 0, true.message_id
        tree = MerkleTree(ids)
        false = Checkpoint(LOCAL_DOMAIN, true.merkle_tree_hook, tree.root(), len(ids) - 1, claimed)
        return Lie(replace(false, **changes), tree, place)

    return lie


@pytest.fixture(scope="module")
def modules(project, owner, static_ism) -> dict[str, Any]:
    """One of each, that believes the operator's key."""

    def module(name: str, key: str) -> Any:
        if "Weighted" in name:
            factory = owner.deploy(project.contracts[f"{name}Factory"])
            whole = ([(key, 10**10)], 10**10)
            factory.deploy(*whole, sender=owner)
            return at(project.contracts[name], factory.getAddress(*whole))
        if name.startswith("Storage"):
            return owner.deploy(project.contracts[name], [key], 1)
        return static_ism(name, [key], 1)

    return {name: module(name, validator(OPERATOR).address) for name in MODULES}


@pytest.fixture
def evidence(slasher, leaves, operator, proofs, tree_hook, owner) -> Callable[..., tuple[Any, ...]]:
    """The function that punishes for a lie, and what it takes before the salt."""
    proofs.storeLatestCheckpoint(tree_hook, sender=owner)

    def evidence(name: str, false: Checkpoint, key: Any = operator.key) -> tuple[Any, ...]:
        signed = struct(false), false.sign(key)
        true = leaves.checkpoint(min(false.index, 2))
        path = leaves.proof(true.index)
        arguments = {
            "slashWrongTree": signed,
            "slashPremature": signed,
            "slashMessageId": (signed[0], path, true.message_id, signed[1]),
            "slashRoot": (signed[0], path, signed[1]),
            "slashEquivocation": (*signed, struct(true), true.sign(key)),
        }[name]
        return getattr(slasher, name), *arguments

    return evidence


def believes(chain: Any, ism: Any, metadata: bytes) -> bool:
    data = ism.verify.encode_input(metadata, FORGED.encode())
    try:
        answer = chain.provider.web3.eth.call({"to": ism.address, "data": data})
    except ContractLogicError:
        return False
    return int.from_bytes(answer) == 1


@pytest.mark.parametrize("how", LIES)
def test_whatever_makes_a_module_believe_a_forged_message_costs_the_stake(
    how, lie, modules, operator, evidence, commit, reporter, manager, chain
):
    false = lie(how)
    signature = false.checkpoint.sign(operator.key)
    believing = {
        name
        for name, kind in MODULES.items()
        if believes(chain, modules[name], false.metadata(kind, signature))
    }
    unbelieving = NOT_BELIEVED.get(how, set())
    assert believing == {name for name, kind in MODULES.items() if kind not in unbelieving}

    function, *arguments = evidence(LIES[how], false.checkpoint)
    commit(operator.key, false.checkpoint.index, reporter)
    receipt = function(*arguments, SALT, sender=reporter)
    (event,) = receipt.decode_logs(manager.Slashed)
    assert (event.operator, event.staked) == (operator.address, 20_000)
    assert manager.operatorState(operator.address)[0] == 4, "tombstoned"


def test_an_old_key_is_punished_for_other_trees_while_modules_may_have_it(
    lie, operator, evidence, commit, reporter, manager, pass_time
):
    key = validator(12)
    proof = possession(manager, operator.account, key)
    manager.rotateKey(key.address, proof, sender=operator.account)
    pass_time(13 * 24 * 3600)
    false = lie("a made-up tree").checkpoint
    function, *arguments = evidence("slashWrongTree", false)
    commit(operator.key, false.index, reporter)
    function(*arguments, SALT, sender=reporter)
    assert manager.operatorState(operator.address)[0] == 4


def test_checkpoints_of_other_chains_and_of_the_staked_tree_are_no_fault_of_that_kind(
    leaves, evidence, operator, commit, reporter, revert_of
):
    true = leaves.checkpoint(1)
    commit(operator.key, 1, reporter)
    for fine in (true, replace(true, origin=REMOTE_DOMAIN, merkle_tree_hook=WRONG)):
        function, *arguments = evidence("slashWrongTree", fine)
        refusal = revert_of(function, *arguments, SALT, sender=reporter)
        assert refusal == ("NotFraudulent", fine.digest)


def test_all_modules_that_count_signatures_are_in_the_matrix(project):
    counting = {
        container.name
        for container in project.contracts.values()
        if "signatureCount" in {each.name for each in container.contract_type.view_methods}
        and not container.name.startswith(("Abstract", "Forgetful"))
    }
    assert counting == set(MODULES)


def test_digests_of_checkpoints_are_made_nowhere_else():
    """A new reader of checkpoints has to be added to the matrix."""
    contracts = Path(__file__).parents[3] / "contracts"
    found = {
        path.name
        for path in contracts.rglob("*.sol")
        if ".cache" not in path.parts and re.search(r"CheckpointLib\.digest\(", path.read_text())
    }
    assert found == {
        "MultisigMetadata.sol",
        "LegacyMultisigMetadata.sol",
        "SignedCheckpoints.sol",
        "LibraryHarness.sol",
    }


class TestAnyCheckpoint:
    """Of the staked chain: true, or punishable, and never both."""

    @pytest.fixture
    def punishable(self, evidence, operator, commit, reporter, chain, leaves):
        for index in range(5):
            commit(operator.key, index, reporter)

        def punishable(checkpoint: Checkpoint) -> set[str]:
            found = set()
            for name in ("slashWrongTree", "slashPremature", "slashMessageId", "slashRoot"):
                function, *arguments = evidence(name, checkpoint)
                call = {
                    "to": function.contract.address,
                    "from": reporter.address,
                    "data": function.encode_input(*arguments, SALT),
                }
                try:
                    chain.provider.web3.eth.call(call)
                except ContractLogicError:
                    continue
                found.add(name)
            return found

        return punishable

    def search(self, examples, leaves, punishable):
        trees = [leaves.checkpoint(0).merkle_tree_hook, WRONG, bytes(32)]
        roots = [*map(leaves.tree.root, range(3)), WRONG, bytes(32)]
        ids = [*map(leaves.tree.leaf, range(3)), FORGED.id, bytes(32)]
        seen = {True: 0, False: 0}

        @seed(0)
        @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            st.sampled_from([LOCAL_DOMAIN] * 4 + [REMOTE_DOMAIN]),
            st.sampled_from([trees[0]] * 3 + trees[1:]),
            st.integers(0, 4),
            st.integers(0, 2),
            st.sampled_from(roots),
            st.sampled_from(ids),
        )
        def check(origin, tree, index, changed, root, message_id):
            true = leaves.checkpoint(min(index, 2))
            checkpoint = Checkpoint(
                origin,
                tree,
                root if changed != 1 else true.root,
                index,
                message_id if changed != 2 else true.message_id,
            )
            harmless = origin != LOCAL_DOMAIN or checkpoint == true
            seen[harmless] += 1
            assert bool(punishable(checkpoint)) != harmless, checkpoint

        check()
        assert min(seen.values()) > examples // 20

    def test_is_true_or_punishable(self, leaves, punishable):
        self.search(60, leaves, punishable)

    @pytest.mark.long
    def test_is_true_or_punishable_in_any_of_many(self, leaves, punishable):
        self.search(3_000, leaves, punishable)
