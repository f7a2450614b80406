// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {Checkpoint} from "../../libs/CheckpointLib.sol";

/// @title ICheckpointFraudProofs
/// @notice Checks whether a checkpoint contradicts the merkle tree that it names. Source:
/// docs/protocol/checkpoints.md, "Fraud proofs".
/// @dev Proofs are verified against a root of the tree that was stored here before, since the
/// tree's current root changes with every message.
interface ICheckpointFraudProofs {
    /// @notice The checkpoint is not of a tree on this chain.
    error NotLocal(uint32 origin, bytes32 merkleTree);

    /// @notice The proof does not lead to a stored root with at least `index + 1` leaves.
    error NotInStoredCheckpoint(bytes32 messageId, uint32 index);

    /// @notice Stores the root that a tree has now, and the index of its last leaf.
    function storeLatestCheckpoint(
        address merkleTree
    ) external returns (bytes32 root, uint32 index);

    /// @notice The index of the last leaf of a tree when it had a stored root.
    function storedCheckpoints(
        address merkleTree,
        bytes32 root
    ) external view returns (uint32 index, bool exists);

    /// @notice Tells whether `messageId` is the leaf at `index`, by a proof against a stored root.
    function storedCheckpointContainsMessage(
        address merkleTree,
        uint32 index,
        bytes32 messageId,
        bytes32[32] calldata proof
    ) external view returns (bool);

    /// @notice Tells whether the checkpoint's tree is a contract on this chain whose `localDomain`
    /// is the checkpoint's origin.
    function isLocal(Checkpoint calldata checkpoint) external view returns (bool);

    /// @notice Tells whether the tree has no leaf at the checkpoint's index yet. Reverts
    /// `NotLocal`.
    function isPremature(Checkpoint calldata checkpoint) external view returns (bool);

    /// @notice Tells whether the leaf at the checkpoint's index is another message.
    /// @param proof Of `actualMessageId` at the checkpoint's index, against a stored root.
    /// @dev Reverts `NotLocal`, `NotInStoredCheckpoint`.
    function isFraudulentMessageId(
        Checkpoint calldata checkpoint,
        bytes32[32] calldata proof,
        bytes32 actualMessageId
    ) external view returns (bool);

    /// @notice Tells whether the tree had another root when the checkpoint's message was its last
    /// leaf.
    /// @param proof Of the checkpoint's message at its index, against a stored root.
    /// @dev Reverts `NotLocal`, `NotInStoredCheckpoint`.
    function isFraudulentRoot(
        Checkpoint calldata checkpoint,
        bytes32[32] calldata proof
    ) external view returns (bool);
}
