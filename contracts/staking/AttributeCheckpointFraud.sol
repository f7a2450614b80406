// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {ICheckpointFraudProofs} from "../interfaces/staking/ICheckpointFraudProofs.sol";
import {Checkpoint} from "../libs/CheckpointLib.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";
import {CheckpointFraudProofs} from "./CheckpointFraudProofs.sol";
import {SignedCheckpoints} from "./SignedCheckpoints.sol";

/// @title AttributeCheckpointFraud
/// @notice Records the signers of fraudulent checkpoints. Does not punish them; `CheckpointSlasher`
/// does.
contract AttributeCheckpointFraud is SignedCheckpoints, Ownable, PackageVersioned {
    using TypeCasts for bytes32;

    enum FraudType {
        Whitelist,
        Premature,
        MessageId,
        Root
    }

    /// @notice A recorded fraud and its time, Unix seconds; zero if none is recorded.
    struct Attribution {
        FraudType fraudType;
        uint48 timestamp;
    }

    /// @notice A fraud of this signer with this checkpoint was recorded before.
    error AlreadyAttributed(address signer, bytes32 digest);

    /// @notice The checkpoint is not fraudulent in this way.
    error NotFraudulent(bytes32 digest);

    /// @notice The contract that decides whether a checkpoint is fraudulent.
    ICheckpointFraudProofs public immutable checkpointFraudProofs = new CheckpointFraudProofs();

    /// @notice True if validators may sign checkpoints of this tree.
    mapping(address merkleTree => bool) public merkleTreeWhitelist;

    mapping(address signer => mapping(bytes32 digest => Attribution)) private attributed;

    constructor() Ownable(msg.sender) {}

    /// @notice Allows validators to sign checkpoints of a tree, for good. Only the owner.
    function whitelist(address merkleTree) external onlyOwner {
        merkleTreeWhitelist[merkleTree] = true;
    }

    /// @notice Records a signature of a checkpoint of a local tree that is not on the whitelist.
    /// @dev Reverts `NotFraudulent`, `AlreadyAttributed`, `InvalidSignature`.
    function attributeWhitelist(Checkpoint calldata checkpoint, bytes calldata signature) external {
        bool fraudulent =
            checkpointFraudProofs.isLocal(checkpoint) &&
                !merkleTreeWhitelist[checkpoint.merkleTree.bytes32ToAddress()];
        _attribute(checkpoint, signature, FraudType.Whitelist, fraudulent);
    }

    /// @notice Records a signature of a checkpoint beyond the end of its tree.
    /// @dev Reverts as `attributeWhitelist`, and as `ICheckpointFraudProofs.isPremature`.
    function attributePremature(Checkpoint calldata checkpoint, bytes calldata signature) external {
        bool fraudulent = checkpointFraudProofs.isPremature(checkpoint);
        _attribute(checkpoint, signature, FraudType.Premature, fraudulent);
    }

    /// @notice Records a signature of a checkpoint whose message is not the leaf at its index.
    /// @dev Reverts as `attributeWhitelist`, and as `ICheckpointFraudProofs.isFraudulentMessageId`.
    function attributeMessageId(
        Checkpoint calldata checkpoint,
        bytes32[32] calldata proof,
        bytes32 actualMessageId,
        bytes calldata signature
    ) external {
        bool fraudulent = checkpointFraudProofs.isFraudulentMessageId(
            checkpoint,
            proof,
            actualMessageId
        );
        _attribute(checkpoint, signature, FraudType.MessageId, fraudulent);
    }

    /// @notice Records a signature of a checkpoint whose root the tree never had at its index.
    /// @dev Reverts as `attributeWhitelist`, and as `ICheckpointFraudProofs.isFraudulentRoot`.
    function attributeRoot(
        Checkpoint calldata checkpoint,
        bytes32[32] calldata proof,
        bytes calldata signature
    ) external {
        bool fraudulent = checkpointFraudProofs.isFraudulentRoot(checkpoint, proof);
        _attribute(checkpoint, signature, FraudType.Root, fraudulent);
    }

    /// @notice The recorded fraud of the signer of a checkpoint; zeros if none is recorded.
    function attributions(
        Checkpoint calldata checkpoint,
        bytes calldata signature
    ) external view returns (Attribution memory) {
        (address signer, bytes32 digest) = _signerOf(checkpoint, signature);
        return attributed[signer][digest];
    }

    function _attribute(
        Checkpoint calldata checkpoint,
        bytes calldata signature,
        FraudType fraudType,
        bool fraudulent
    ) private {
        (address signer, bytes32 digest) = _signerOf(checkpoint, signature);
        if (!fraudulent) revert NotFraudulent(digest);
        if (attributed[signer][digest].timestamp != 0) revert AlreadyAttributed(signer, digest);

        attributed[signer][digest] = Attribution(fraudType, uint48(block.timestamp));
    }
}
