// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {IMerkleTreeHook} from "../interfaces/hooks/IMerkleTreeHook.sol";
import {ICheckpointFraudProofs} from "../interfaces/staking/ICheckpointFraudProofs.sol";
import {Checkpoint} from "../libs/CheckpointLib.sol";
import {MerkleTree} from "../libs/MerkleTree.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";

/// @title CheckpointFraudProofs
/// @notice Decides whether a checkpoint contradicts its merkle tree.
contract CheckpointFraudProofs is ICheckpointFraudProofs, PackageVersioned {
    using TypeCasts for bytes32;

    struct StoredCheckpoint {
        uint32 index;
        bool exists;
    }

    /// @inheritdoc ICheckpointFraudProofs
    mapping(address merkleTree => mapping(bytes32 root => StoredCheckpoint))
        public storedCheckpoints;

    /// @inheritdoc ICheckpointFraudProofs
    function storeLatestCheckpoint(
        address merkleTree
    ) external returns (bytes32 root, uint32 index) {
        (root, index) = IMerkleTreeHook(merkleTree).latestCheckpoint();
        storedCheckpoints[merkleTree][root] = StoredCheckpoint(index, true);
    }

    /// @inheritdoc ICheckpointFraudProofs
    function isPremature(Checkpoint calldata checkpoint) external view returns (bool) {
        return checkpoint.index >= IMerkleTreeHook(_localTree(checkpoint)).count();
    }

    /// @inheritdoc ICheckpointFraudProofs
    function isFraudulentMessageId(
        Checkpoint calldata checkpoint,
        bytes32[32] calldata proof,
        bytes32 actualMessageId
    ) external view returns (bool) {
        _requireLeaf(checkpoint, proof, actualMessageId);
        return actualMessageId != checkpoint.messageId;
    }

    /// @inheritdoc ICheckpointFraudProofs
    function isFraudulentRoot(
        Checkpoint calldata checkpoint,
        bytes32[32] calldata proof
    ) external view returns (bool) {
        _requireLeaf(checkpoint, proof, checkpoint.messageId);
        return
            MerkleTree.reconstructRoot(checkpoint.messageId, proof, checkpoint.index) !=
            checkpoint.root;
    }

    /// @inheritdoc ICheckpointFraudProofs
    function storedCheckpointContainsMessage(
        address merkleTree,
        uint32 index,
        bytes32 messageId,
        bytes32[32] calldata proof
    ) public view returns (bool) {
        StoredCheckpoint memory stored = storedCheckpoints[merkleTree][
            MerkleTree.branchRoot(messageId, proof, index)
        ];
        return stored.exists && stored.index >= index;
    }

    /// @inheritdoc ICheckpointFraudProofs
    function isLocal(Checkpoint calldata checkpoint) public view returns (bool) {
        address merkleTree = checkpoint.merkleTree.bytes32ToAddress();
        return
            merkleTree.code.length != 0 &&
            IMerkleTreeHook(merkleTree).localDomain() == checkpoint.origin;
    }

    function _localTree(Checkpoint calldata checkpoint) private view returns (address) {
        if (!isLocal(checkpoint)) revert NotLocal(checkpoint.origin, checkpoint.merkleTree);
        return checkpoint.merkleTree.bytes32ToAddress();
    }

    function _requireLeaf(
        Checkpoint calldata checkpoint,
        bytes32[32] calldata proof,
        bytes32 messageId
    ) private view {
        address merkleTree = _localTree(checkpoint);
        if (!storedCheckpointContainsMessage(merkleTree, checkpoint.index, messageId, proof)) {
            revert NotInStoredCheckpoint(messageId, checkpoint.index);
        }
    }
}
