// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Checkpoint, CheckpointLib} from "../../contracts/libs/CheckpointLib.sol";
import {MerkleTree} from "../../contracts/libs/MerkleTree.sol";
import {CheckpointFraudProofs} from "../../contracts/staking/CheckpointFraudProofs.sol";
import {CheckpointSlasher} from "../../contracts/staking/CheckpointSlasher.sol";

/// @notice What halmos offers at this address.
interface Vm {
    function assume(bool condition) external;

    function roll(uint256 blockNumber) external;
}

/// @notice A tree of which only the root and the number of leaves are known.
contract Tree {
    uint32 public constant localDomain = 1;
    bytes32 public root;
    uint32 public count;

    function set(bytes32 root_, uint32 count_) external {
        root = root_;
        count = count_;
    }

    function latestCheckpoint() external view returns (bytes32, uint32) {
        return (root, count - 1);
    }
}

/// @notice Nothing makes the slasher punish for a checkpoint that is true, and of false ones there
/// is none that it does not punish for, let alone one that has a module believe a forged message.
/// @dev Every parameter of a `check_` function is any value at all. A tree with a leaf at `index`
/// has, whatever else it holds, some siblings that lead from the leaf to its root. The true
/// checkpoint of the index is the leaf, and the root with nothing to the right of it. The harness
/// is the manager. For the solver's sake the sources are compiled for trees of fewer levels than
/// 32, see `forge`. See docs/security-model.md for what is proven, and what is assumed.
contract HonestValidator {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @notice A leaf of a tree of so many leaves.
    struct Place {
        uint32 index;
        bytes32 leaf;
        bytes32[32] siblings;
        uint32 count;
    }

    /// @notice What a reporter shows besides the checkpoint.
    struct Evidence {
        address key;
        bytes32 salt;
        bytes32 r;
        bytes32 s;
        uint8 v;
    }

    Tree private tree;
    CheckpointFraudProofs private proofs;
    CheckpointSlasher private slasher;
    bool private punished;

    function setUp() public {
        tree = new Tree();
        proofs = new CheckpointFraudProofs();
        slasher = new CheckpointSlasher(address(tree), proofs);
    }

    function operatorOf(address) external pure returns (address) {
        return address(1);
    }

    function punishFraud(address, address) external {
        punished = true;
    }

    function check_it_is_not_premature(Place calldata place, Evidence calldata evidence) external {
        Checkpoint memory truth = _truth(place);
        bytes memory signature = _signature(truth.index, evidence);
        try slasher.slashPremature(truth, signature, evidence.salt) {} catch {}
        assert(!punished);
    }

    function check_it_is_not_of_another_tree(
        Place calldata place,
        Evidence calldata evidence
    ) external {
        Checkpoint memory truth = _truth(place);
        bytes memory signature = _signature(truth.index, evidence);
        try slasher.slashWrongTree(truth, signature, evidence.salt) {} catch {}
        assert(!punished);
    }

    function check_its_message_is_not_another(
        Place calldata place,
        Evidence calldata evidence,
        bytes32[32] calldata proof,
        bytes32 actual
    ) external {
        Checkpoint memory truth = _truth(place);
        bytes memory signature = _signature(truth.index, evidence);
        try slasher.slashMessageId(truth, proof, actual, signature, evidence.salt) {} catch {}
        assert(!punished);
    }

    function check_its_root_is_not_another(
        Place calldata place,
        Evidence calldata evidence,
        bytes32[32] calldata proof
    ) external {
        Checkpoint memory truth = _truth(place);
        bytes memory signature = _signature(truth.index, evidence);
        try slasher.slashRoot(truth, proof, signature, evidence.salt) {} catch {}
        assert(!punished);
    }

    /// @dev Whoever is punished for it and another checkpoint signed that other one, too, for the
    /// same leaf: no honest validator did.
    function check_it_contradicts_only_what_its_signer_signed_besides(
        Place calldata place,
        Evidence calldata evidence,
        Checkpoint calldata other,
        bytes32 r,
        bytes32 s,
        uint8 v
    ) external {
        vm.assume(_canonical(s, v) && _canonical(evidence.s, evidence.v));
        Checkpoint memory truth = _truth(place);
        bytes memory signature = _signature(truth.index, evidence);
        bytes memory second = abi.encodePacked(r, s, v);
        try slasher.slashEquivocation(truth, signature, other, second, evidence.salt) {} catch {}
        if (punished) {
            assert(other.index == truth.index && _digest(other) != _digest(truth));
            assert(
                ecrecover(_digest(other), v, r, s) ==
                    ecrecover(_digest(truth), evidence.v, evidence.r, evidence.s)
            );
        }
    }

    /// @dev This and the next three: a checkpoint of this chain that is not the true one of its
    /// index has its signer punished, whichever of its parts is false.
    function check_every_checkpoint_of_another_tree_is_punishable(
        Evidence calldata evidence,
        Checkpoint calldata claimed
    ) external {
        vm.assume(claimed.origin == 1);
        vm.assume(claimed.merkleTree != bytes32(uint256(uint160(address(tree)))));
        bytes memory signature = _signedBy(evidence, claimed);
        try slasher.slashWrongTree(claimed, signature, evidence.salt) {} catch {}
        assert(punished);
    }

    function check_every_checkpoint_beyond_the_tree_is_punishable(
        Place calldata place,
        Evidence calldata evidence,
        Checkpoint calldata claimed
    ) external {
        Checkpoint memory truth = _truth(place);
        vm.assume(claimed.origin == truth.origin && claimed.merkleTree == truth.merkleTree);
        vm.assume(claimed.index >= place.count);
        bytes memory signature = _signedBy(evidence, claimed);
        try slasher.slashPremature(claimed, signature, evidence.salt) {} catch {}
        assert(punished);
    }

    function check_every_checkpoint_of_another_message_is_punishable(
        Place calldata place,
        Evidence calldata evidence,
        Checkpoint calldata claimed
    ) external {
        Checkpoint memory truth = _truth(place);
        vm.assume(claimed.origin == truth.origin && claimed.merkleTree == truth.merkleTree);
        vm.assume(claimed.index == truth.index && claimed.messageId != truth.messageId);
        bytes memory signature = _signedBy(evidence, claimed);
        try
            slasher.slashMessageId(claimed, place.siblings, place.leaf, signature, evidence.salt)
        {} catch {}
        assert(punished);
    }

    function check_every_checkpoint_of_another_root_is_punishable(
        Place calldata place,
        Evidence calldata evidence,
        Checkpoint calldata claimed
    ) external {
        Checkpoint memory truth = _truth(place);
        vm.assume(claimed.origin == truth.origin && claimed.merkleTree == truth.merkleTree);
        vm.assume(claimed.index == truth.index && claimed.messageId == truth.messageId);
        vm.assume(claimed.root != truth.root);
        bytes memory signature = _signedBy(evidence, claimed);
        try slasher.slashRoot(claimed, place.siblings, signature, evidence.salt) {} catch {}
        assert(punished);
    }

    /// @dev So what is not punishable is true; and no true root has a module believe a message that
    /// is not among its leaves: of four, of which all after the signed index are empty.
    function check_a_true_root_proves_its_leaves_only(
        bytes32[4] calldata leaves,
        uint32 signedIndex,
        bytes32 forged,
        uint32 index,
        bytes32[32] calldata siblings
    ) external {
        vm.assume(MerkleTree.DEPTH == 2 && index <= signedIndex && signedIndex < 4 && forged != 0);
        bytes32[4] memory known;
        for (uint256 i; i < 4; ++i) {
            known[i] = i <= signedIndex ? leaves[i] : bytes32(0);
            vm.assume(forged != known[i]);
        }
        bytes32 left = MerkleTree.hash(known[0], known[1]);
        bytes32 root = MerkleTree.hash(left, MerkleTree.hash(known[2], known[3]));
        assert(MerkleTree.branchRoot(forged, siblings, index) != root);
    }

    /// @dev Has a counterexample, like all that follow: nothing here keeps the slasher from
    /// punishing.
    function refute_a_signature_on_what_is_not_there_goes_unpunished(
        Place calldata place,
        Evidence calldata evidence,
        uint32 beyond
    ) external {
        Checkpoint memory lie = _truth(place);
        lie.index = beyond;
        bytes memory signature = _signature(lie.index, evidence);
        try slasher.slashPremature(lie, signature, evidence.salt) {} catch {}
        assert(!punished);
    }

    function refute_a_false_root_goes_unpunished(
        Place calldata place,
        Evidence calldata evidence,
        bytes32 root
    ) external {
        Checkpoint memory lie = _truth(place);
        lie.root = root;
        bytes memory signature = _signature(lie.index, evidence);
        try slasher.slashRoot(lie, place.siblings, signature, evidence.salt) {} catch {}
        assert(!punished);
    }

    function refute_a_false_message_goes_unpunished(
        Place calldata place,
        Evidence calldata evidence,
        bytes32 messageId
    ) external {
        Checkpoint memory lie = _truth(place);
        lie.messageId = messageId;
        bytes memory signature = _signature(lie.index, evidence);
        try
            slasher.slashMessageId(lie, place.siblings, place.leaf, signature, evidence.salt)
        {} catch {}
        assert(!punished);
    }

    function refute_a_contradiction_goes_unpunished(
        Place calldata place,
        Evidence calldata evidence,
        bytes32 root,
        bytes32 r,
        bytes32 s,
        uint8 v
    ) external {
        Checkpoint memory truth = _truth(place);
        bytes memory signature = _signature(truth.index, evidence);
        Checkpoint memory lie = _truth(place);
        lie.root = root;
        bytes memory second = abi.encodePacked(r, s, v);
        try slasher.slashEquivocation(truth, signature, lie, second, evidence.salt) {} catch {}
        assert(!punished);
    }

    /// @dev The tree is at `count` leaves now, and its root is known to the fraud proofs.
    function _truth(Place calldata place) private returns (Checkpoint memory) {
        vm.assume(place.index < place.count && place.count <= 1 << MerkleTree.DEPTH);
        tree.set(MerkleTree.branchRoot(place.leaf, place.siblings, place.index), place.count);
        proofs.storeLatestCheckpoint(address(tree));
        return
            Checkpoint({
                origin: 1,
                merkleTree: bytes32(uint256(uint160(address(tree)))),
                root: MerkleTree.reconstructRoot(place.leaf, place.siblings, place.index),
                index: place.index,
                messageId: place.leaf
            });
    }

    /// @dev Committed to in time.
    function _signature(uint32 index, Evidence calldata evidence) private returns (bytes memory) {
        bytes32 fault = slasher.faultOf(evidence.key, index);
        slasher.commit(slasher.commitmentOf(fault, address(this), evidence.salt));
        vm.roll(block.number + 1);
        return abi.encodePacked(evidence.r, evidence.s, evidence.v);
    }

    /// @dev Committed to in time. Of the signature only r is unknown: the signer that the
    /// precompile finds is any function of digest and r all the same, and the solver has less to
    /// multiply.
    function _signedBy(
        Evidence calldata evidence,
        Checkpoint calldata claimed
    ) private returns (bytes memory) {
        bytes32 s = bytes32(uint256(1));
        address signer = ecrecover(_digest(claimed), 27, evidence.r, s);
        vm.assume(signer != address(0));
        bytes32 fault = slasher.faultOf(signer, claimed.index);
        slasher.commit(slasher.commitmentOf(fault, address(this), evidence.salt));
        vm.roll(block.number + 1);
        return abi.encodePacked(evidence.r, s, uint8(27));
    }

    /// @dev Of others, the precompile or the contract makes nobody the signer.
    function _canonical(bytes32 s, uint8 v) private pure returns (bool) {
        return
            (v == 27 || v == 28) &&
            uint256(s) <= 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    }

    function _digest(Checkpoint memory c) private pure returns (bytes32) {
        return CheckpointLib.digest(c.origin, c.merkleTree, c.root, c.index, c.messageId);
    }
}
