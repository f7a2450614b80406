// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {StaticSetFactory} from "../../base/StaticSetFactory.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IMultisigIsm} from "../../interfaces/isms/IMultisigIsm.sol";
import {Multisig} from "../../libs/Multisig.sol";
import {StaticSet} from "../../libs/StaticSet.sol";
import {
    AbstractMerkleRootMultisigIsm,
    AbstractMessageIdMultisigIsm,
    AbstractMultisigIsm
} from "./AbstractMultisigIsm.sol";

/// @title AbstractStaticMultisigIsm
/// @notice The part of a multisig module that reads validators and threshold from its own code.
abstract contract AbstractStaticMultisigIsm is AbstractMultisigIsm, IMultisigIsm {
    /// @inheritdoc IMultisigIsm
    function validatorsAndThreshold(
        bytes calldata
    ) external pure returns (address[] memory validators, uint8 threshold) {
        uint256 words;
        (validators, words) = StaticSet.addresses();
        threshold = uint8(words); // The factory took it from a uint8.
    }

    /// @inheritdoc AbstractMultisigIsm
    function _requireSigned(bytes32 digest, bytes calldata signatures) internal view override {
        (address[] memory validators, uint256 threshold) = StaticSet.addresses();
        Multisig.requireThreshold(digest, signatures, validators, threshold);
    }
}

/// @title StaticMessageIdMultisigIsm
/// @notice Verifies a message whose own checkpoint is signed by enough of a fixed set of
/// validators.
contract StaticMessageIdMultisigIsm is AbstractMessageIdMultisigIsm, AbstractStaticMultisigIsm {
    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.MESSAGE_ID_MULTISIG);
}

/// @title StaticMerkleRootMultisigIsm
/// @notice Verifies a message in a tree whose root is signed by enough of a fixed set of
/// validators.
contract StaticMerkleRootMultisigIsm is AbstractMerkleRootMultisigIsm, AbstractStaticMultisigIsm {
    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.MERKLE_ROOT_MULTISIG);
}

/// @title StaticMessageIdMultisigIsmFactory
/// @notice Deploys `StaticMessageIdMultisigIsm`s.
contract StaticMessageIdMultisigIsmFactory is StaticSetFactory {
    constructor() StaticSetFactory(address(new StaticMessageIdMultisigIsm())) {}
}

/// @title StaticMerkleRootMultisigIsmFactory
/// @notice Deploys `StaticMerkleRootMultisigIsm`s.
contract StaticMerkleRootMultisigIsmFactory is StaticSetFactory {
    constructor() StaticSetFactory(address(new StaticMerkleRootMultisigIsm())) {}
}
