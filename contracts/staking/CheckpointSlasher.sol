// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {IMerkleTreeHook} from "../interfaces/hooks/IMerkleTreeHook.sol";
import {ICheckpointFraudProofs} from "../interfaces/staking/ICheckpointFraudProofs.sol";
import {IStakingManager} from "../interfaces/staking/IStakingManager.sol";
import {Checkpoint} from "../libs/CheckpointLib.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";
import {SignedCheckpoints} from "./SignedCheckpoints.sol";

/// @title CheckpointSlasher
/// @notice Punishes operators for signed checkpoints that the merkle tree contradicts. Source:
/// docs/concepts/staking.md.
///
/// A reporter first commits to a fault and proves it in a later block: an account that copies the
/// proof from the mempool has no commitment, so it cannot take the reward. A fault is the pair of a
/// key and a leaf index, and is punished once, whatever the key signed there. A tombstoned operator
/// is not punished again.
/// @dev Every signature that makes a module on another chain verify a message of this chain that
/// was never dispatched is a fault under one of the functions. Modules accept the tree that the
/// relayer names, so a checkpoint of this chain for any tree but the staked one is a fault by
/// itself. Other trees are never called: anybody can write their code.
contract CheckpointSlasher is SignedCheckpoints, PackageVersioned {
    using TypeCasts for address;

    /// @notice A reporter committed to a fault.
    event FaultCommitted(bytes32 indexed commitment);

    /// @notice `operator` was punished for the checkpoint of leaf `index` that `key` signed.
    event FaultProven(
        address indexed operator,
        address indexed key,
        uint32 index,
        address indexed reporter
    );

    /// @notice The checkpoint is not of the staked tree. If its origin is this chain,
    /// `slashWrongTree` punishes it.
    error WrongTree(uint32 origin, bytes32 merkleTree);

    /// @notice The tree does not contradict the checkpoint in this way.
    error NotFraudulent(bytes32 digest);

    /// @notice The two checkpoints are equal, of different indices, or not of one signer.
    error NotEquivocal(address firstSigner, address secondSigner);

    /// @notice No operator can be punished for what this key signed.
    error NoOperator(address key);

    /// @notice The fault was punished before.
    error AlreadyPunished(address key, uint32 index);

    /// @notice The reporter did not commit to the fault in an earlier block.
    error NotCommitted(address reporter, bytes32 fault);

    /// @notice The contract that holds the stake.
    IStakingManager public immutable manager;

    /// @notice The contract that decides whether a checkpoint is fraudulent.
    ICheckpointFraudProofs public immutable fraudProofs;

    /// @notice The tree that operators sign checkpoints of.
    bytes32 public immutable merkleTree;

    uint32 private immutable origin;

    /// @notice The block number of a commitment; zero if there is none.
    mapping(bytes32 commitment => uint256) public committedIn;

    /// @notice True if a fault was punished.
    mapping(bytes32 fault => bool) public punished;

    /// @dev The deployer is the staking manager.
    constructor(address merkleTreeHook, ICheckpointFraudProofs fraudProofs_) {
        manager = IStakingManager(msg.sender);
        fraudProofs = fraudProofs_;
        merkleTree = merkleTreeHook.addressToBytes32();
        origin = IMerkleTreeHook(merkleTreeHook).localDomain();
    }

    /// @notice Commits to a fault. See `commitmentOf`.
    function commit(bytes32 commitment) external {
        if (committedIn[commitment] == 0) committedIn[commitment] = block.number;

        emit FaultCommitted(commitment);
    }

    /// @notice Punishes for a checkpoint beyond the end of the tree.
    /// @dev Reverts `NotFraudulent`, `WrongTree`, `NoOperator`, `AlreadyPunished`, `NotCommitted`,
    /// `InvalidSignature`; `IStakingManager.WrongStatus` if the operator is tombstoned.
    function slashPremature(
        Checkpoint calldata checkpoint,
        bytes calldata signature,
        bytes32 salt
    ) external {
        (address key, bytes32 digest) = _signed(checkpoint, signature);
        if (!fraudProofs.isPremature(checkpoint)) revert NotFraudulent(digest);
        _punish(key, checkpoint.index, salt);
    }

    /// @notice Punishes for a checkpoint whose message is not the leaf at its index.
    /// @param proof The merkle proof of `actualMessageId` at the index, against a root stored in
    /// `fraudProofs`.
    /// @dev Reverts as `slashPremature`, and with `ICheckpointFraudProofs.NotInStoredCheckpoint`.
    function slashMessageId(
        Checkpoint calldata checkpoint,
        bytes32[32] calldata proof,
        bytes32 actualMessageId,
        bytes calldata signature,
        bytes32 salt
    ) external {
        (address key, bytes32 digest) = _signed(checkpoint, signature);
        if (!fraudProofs.isFraudulentMessageId(checkpoint, proof, actualMessageId)) {
            revert NotFraudulent(digest);
        }
        _punish(key, checkpoint.index, salt);
    }

    /// @notice Punishes for a checkpoint whose root the tree never had at its index.
    /// @param proof The merkle proof of the checkpoint's message at its index, against a root
    /// stored in `fraudProofs`.
    /// @dev Reverts as `slashPremature`, and with `ICheckpointFraudProofs.NotInStoredCheckpoint`.
    function slashRoot(
        Checkpoint calldata checkpoint,
        bytes32[32] calldata proof,
        bytes calldata signature,
        bytes32 salt
    ) external {
        (address key, bytes32 digest) = _signed(checkpoint, signature);
        if (!fraudProofs.isFraudulentRoot(checkpoint, proof)) revert NotFraudulent(digest);
        _punish(key, checkpoint.index, salt);
    }

    /// @notice Punishes for two checkpoints of one index by one key. Needs no proof against the
    /// tree.
    /// @dev Reverts `NotEquivocal`, `WrongTree`, `NoOperator`, `AlreadyPunished`, `NotCommitted`,
    /// `InvalidSignature`.
    function slashEquivocation(
        Checkpoint calldata first,
        bytes calldata firstSignature,
        Checkpoint calldata second,
        bytes calldata secondSignature,
        bytes32 salt
    ) external {
        (address key, bytes32 firstDigest) = _signed(first, firstSignature);
        (address secondKey, bytes32 secondDigest) = _signed(second, secondSignature);
        if (key != secondKey || first.index != second.index || firstDigest == secondDigest) {
            revert NotEquivocal(key, secondKey);
        }
        _punish(key, first.index, salt);
    }

    /// @notice Punishes for a checkpoint of this chain and any tree but the staked one, even if
    /// there is no contract at that address. Needs no proof: a key signs checkpoints of one tree
    /// only, see docs/protocol/checkpoints.md.
    /// @dev Reverts `NotFraudulent`, `NoOperator`, `AlreadyPunished`, `NotCommitted`,
    /// `InvalidSignature`.
    function slashWrongTree(
        Checkpoint calldata checkpoint,
        bytes calldata signature,
        bytes32 salt
    ) external {
        (address key, bytes32 digest) = _signerOf(checkpoint, signature);
        if (checkpoint.origin != origin || checkpoint.merkleTree == merkleTree) {
            revert NotFraudulent(digest);
        }
        _punish(key, checkpoint.index, salt);
    }

    /// @notice The id of the fault of a key at a leaf index.
    function faultOf(address key, uint32 index) public pure returns (bytes32) {
        return keccak256(abi.encode(key, index));
    }

    /// @notice The commitment of `reporter` to a fault.
    /// @param salt A secret value: others could guess the fault and recognise the commitment.
    function commitmentOf(
        bytes32 fault,
        address reporter,
        bytes32 salt
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(fault, reporter, salt));
    }

    /// @dev Reverts `WrongTree`, `InvalidSignature`.
    function _signed(
        Checkpoint calldata checkpoint,
        bytes calldata signature
    ) private view returns (address key, bytes32 digest) {
        if (checkpoint.merkleTree != merkleTree || !fraudProofs.isLocal(checkpoint)) {
            revert WrongTree(checkpoint.origin, checkpoint.merkleTree);
        }
        return _signerOf(checkpoint, signature);
    }

    /// @dev Reverts `NoOperator`, `AlreadyPunished`, `NotCommitted`.
    function _punish(address key, uint32 index, bytes32 salt) private {
        bytes32 fault = faultOf(key, index);
        uint256 committed = committedIn[commitmentOf(fault, msg.sender, salt)];
        if (committed == 0 || committed == block.number) revert NotCommitted(msg.sender, fault);
        if (punished[fault]) revert AlreadyPunished(key, index);
        address operator = manager.operatorOf(key);
        if (operator == address(0)) revert NoOperator(key);

        punished[fault] = true;

        emit FaultProven(operator, key, index, msg.sender);
        manager.punishFraud(operator, msg.sender);
    }
}
