// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {StaticSetDeployer} from "../../base/StaticSetFactory.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IStaticWeightedMultisigIsm} from "../../interfaces/isms/IWeightedMultisigIsm.sol";
import {Distinct} from "../../libs/Distinct.sol";
import {Multisig} from "../../libs/Multisig.sol";
import {StaticSet} from "../../libs/StaticSet.sol";
import {
    AbstractMerkleRootMultisigIsm,
    AbstractMessageIdMultisigIsm,
    AbstractMultisigIsm
} from "./AbstractMultisigIsm.sol";

/// @title AbstractStaticWeightedMultisigIsm
/// @notice The part of a weighted multisig module that reads validators, weights and threshold from
/// its own code.
abstract contract AbstractStaticWeightedMultisigIsm is
    AbstractMultisigIsm,
    IStaticWeightedMultisigIsm
{
    /// @notice The threshold is 0 or above the total weight: such a module verifies nothing.
    error InvalidThresholdWeight(uint256 thresholdWeight);

    /// @notice The intended sum of all weights.
    uint96 public constant TOTAL_WEIGHT = 1e10;

    /// @inheritdoc IStaticWeightedMultisigIsm
    function validatorsAndThresholdWeight(
        bytes calldata
    ) external pure returns (ValidatorInfo[] memory validators, uint96 thresholdWeight) {
        (uint256[] memory words, uint256 threshold) = StaticSet.read();
        validators = new ValidatorInfo[](words.length);
        for (uint256 i; i < words.length; ++i) {
            validators[i] = ValidatorInfo(address(uint160(words[i])), uint96(words[i] >> 160));
        }
        thresholdWeight = uint96(threshold); // The set has no more bits for it.
    }

    /// @inheritdoc AbstractMultisigIsm
    function _requireSigned(bytes32 digest, bytes calldata signatures) internal view override {
        (uint256[] memory validators, uint256 threshold) = StaticSet.read();
        if (threshold == 0 || threshold > TOTAL_WEIGHT) revert InvalidThresholdWeight(threshold);
        Multisig.requireWeight(digest, signatures, validators, threshold);
    }
}

/// @title StaticMessageIdWeightedMultisigIsm
/// @notice Verifies a message whose own checkpoint is signed by validators of enough weight.
contract StaticMessageIdWeightedMultisigIsm is
    AbstractMessageIdMultisigIsm,
    AbstractStaticWeightedMultisigIsm
{
    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.WEIGHTED_MESSAGE_ID_MULTISIG);
}

/// @title StaticMerkleRootWeightedMultisigIsm
/// @notice Verifies a message in a tree whose root is signed by validators of enough weight.
contract StaticMerkleRootWeightedMultisigIsm is
    AbstractMerkleRootMultisigIsm,
    AbstractStaticWeightedMultisigIsm
{
    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.WEIGHTED_MERKLE_ROOT_MULTISIG);
}

/// @title StaticWeightedValidatorSetFactory
/// @notice Deploys modules whose `StaticSet` is a list of validators with weights.
abstract contract StaticWeightedValidatorSetFactory is StaticSetDeployer {
    constructor(address implementation_) StaticSetDeployer(implementation_) {}

    /// @notice Deploys the module for this configuration, or returns the existing one.
    /// @dev Weights and threshold are not checked: a module with a wrong threshold verifies
    /// nothing. Reverts `DuplicateValue` for a validator that is listed twice, whatever its
    /// weights, and `FailedDeployment` when code and validators exceed 24,576 bytes.
    function deploy(
        IStaticWeightedMultisigIsm.ValidatorInfo[] calldata validators,
        uint96 thresholdWeight
    ) external returns (address) {
        address[] memory signers = new address[](validators.length);
        for (uint256 i; i < signers.length; ++i) {
            signers[i] = validators[i].signingAddress;
        }
        Distinct.check(signers);
        return _deploy(_salt(validators, thresholdWeight), _arguments(validators, thresholdWeight));
    }

    /// @notice The address at which `deploy` creates the module for this configuration.
    function getAddress(
        IStaticWeightedMultisigIsm.ValidatorInfo[] calldata validators,
        uint96 thresholdWeight
    ) external view returns (address) {
        return
            _addressOf(_salt(validators, thresholdWeight), _arguments(validators, thresholdWeight));
    }

    function _salt(
        IStaticWeightedMultisigIsm.ValidatorInfo[] calldata validators,
        uint96 thresholdWeight
    ) private pure returns (bytes32) {
        return keccak256(abi.encode(validators, thresholdWeight));
    }

    function _arguments(
        IStaticWeightedMultisigIsm.ValidatorInfo[] calldata validators,
        uint96 thresholdWeight
    ) private pure returns (bytes memory) {
        uint256[] memory words = new uint256[](validators.length);
        for (uint256 i; i < words.length; ++i) {
            words[i] =
                (uint256(validators[i].weight) << 160) | uint160(validators[i].signingAddress);
        }
        return StaticSet.encode(abi.encodePacked(words), thresholdWeight);
    }
}

/// @title StaticMessageIdWeightedMultisigIsmFactory
/// @notice Deploys `StaticMessageIdWeightedMultisigIsm`s.
contract StaticMessageIdWeightedMultisigIsmFactory is StaticWeightedValidatorSetFactory {
    constructor()
        StaticWeightedValidatorSetFactory(address(new StaticMessageIdWeightedMultisigIsm()))
    {}
}

/// @title StaticMerkleRootWeightedMultisigIsmFactory
/// @notice Deploys `StaticMerkleRootWeightedMultisigIsm`s.
contract StaticMerkleRootWeightedMultisigIsmFactory is StaticWeightedValidatorSetFactory {
    constructor()
        StaticWeightedValidatorSetFactory(address(new StaticMerkleRootWeightedMultisigIsm()))
    {}
}
