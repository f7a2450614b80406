// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {StorageSet, StorageSetFactory} from "../../base/StorageSet.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IMultisigIsm} from "../../interfaces/isms/IMultisigIsm.sol";
import {Multisig} from "../../libs/Multisig.sol";
import {
    AbstractMerkleRootMultisigIsm,
    AbstractMessageIdMultisigIsm,
    AbstractMultisigIsm
} from "./AbstractMultisigIsm.sol";

/// @title AbstractStorageMultisigIsm
/// @notice The part of a multisig module whose owner may change validators and threshold.
abstract contract AbstractStorageMultisigIsm is AbstractMultisigIsm, IMultisigIsm, StorageSet {
    /// @notice The validators and the threshold changed.
    event ValidatorsAndThresholdSet(address[] validators, uint8 threshold);

    /// @notice Changes the validators and the threshold. Only the owner; reverts `InvalidThreshold`
    /// and `DuplicateValue`.
    function setValidatorsAndThreshold(
        address[] calldata validators_,
        uint8 threshold_
    ) external onlyOwner {
        _set(validators_, threshold_);
    }

    /// @notice The validator at an index of the list.
    function validators(uint256 index) external view returns (address) {
        return values[index];
    }

    /// @inheritdoc IMultisigIsm
    function validatorsAndThreshold(
        bytes calldata
    ) external view returns (address[] memory, uint8) {
        return (values, threshold);
    }

    /// @inheritdoc StorageSet
    function _set(address[] memory validators_, uint8 threshold_) internal virtual override {
        super._set(validators_, threshold_);
        emit ValidatorsAndThresholdSet(validators_, threshold_);
    }

    /// @inheritdoc AbstractMultisigIsm
    function _requireSigned(bytes32 digest, bytes calldata signatures) internal view override {
        Multisig.requireThreshold(digest, signatures, values, threshold);
    }
}

/// @title StorageMessageIdMultisigIsm
/// @notice Verifies a message whose own checkpoint is signed by enough validators.
contract StorageMessageIdMultisigIsm is AbstractMessageIdMultisigIsm, AbstractStorageMultisigIsm {
    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.MESSAGE_ID_MULTISIG);

    constructor(
        address[] memory validators_,
        uint8 threshold_
    ) StorageSet(validators_, threshold_) {}
}

/// @title StorageMerkleRootMultisigIsm
/// @notice Verifies a message in a tree whose root is signed by enough validators.
contract StorageMerkleRootMultisigIsm is AbstractMerkleRootMultisigIsm, AbstractStorageMultisigIsm {
    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.MERKLE_ROOT_MULTISIG);

    /// @dev The number of changes of the validators in this transaction: facts from before a change
    /// must not be found.
    uint256 private transient changes;

    constructor(
        address[] memory validators_,
        uint8 threshold_
    ) StorageSet(validators_, threshold_) {}

    /// @inheritdoc AbstractStorageMultisigIsm
    function _set(address[] memory validators_, uint8 threshold_) internal override {
        super._set(validators_, threshold_);
        ++changes;
    }

    /// @inheritdoc AbstractMerkleRootMultisigIsm
    function _key(bytes32 fact) internal view override returns (bytes32) {
        return keccak256(abi.encode(fact, changes));
    }
}

/// @title StorageMessageIdMultisigIsmFactory
/// @notice Deploys `StorageMessageIdMultisigIsm`s.
contract StorageMessageIdMultisigIsmFactory is StorageSetFactory {
    constructor() StorageSetFactory(address(new StorageMessageIdMultisigIsm(_nobody(), 1))) {}
}

/// @title StorageMerkleRootMultisigIsmFactory
/// @notice Deploys `StorageMerkleRootMultisigIsm`s.
contract StorageMerkleRootMultisigIsmFactory is StorageSetFactory {
    constructor() StorageSetFactory(address(new StorageMerkleRootMultisigIsm(_nobody(), 1))) {}
}
