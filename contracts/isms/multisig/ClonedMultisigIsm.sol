// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ClonedSetFactory} from "../../base/StaticSetFactory.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IMultisigIsm} from "../../interfaces/isms/IMultisigIsm.sol";
import {Multisig} from "../../libs/Multisig.sol";
import {StaticSet} from "../../libs/StaticSet.sol";
import {
    AbstractMerkleRootMultisigIsm,
    AbstractMessageIdMultisigIsm,
    AbstractMultisigIsm
} from "./AbstractMultisigIsm.sol";

/// @title AbstractClonedMultisigIsm
/// @notice The part of a multisig module that reads validators and threshold from the code of the
/// proxy in front of it.
abstract contract AbstractClonedMultisigIsm is AbstractMultisigIsm, IMultisigIsm {
    /// @inheritdoc IMultisigIsm
    function validatorsAndThreshold(
        bytes calldata
    ) external view returns (address[] memory validators, uint8 threshold) {
        uint256 words;
        (validators, words) = StaticSet.ofProxy();
        threshold = uint8(words); // The factory took it from a uint8.
    }

    /// @inheritdoc AbstractMultisigIsm
    function _requireSigned(bytes32 digest, bytes calldata signatures) internal view override {
        (address[] memory validators, uint256 threshold) = StaticSet.ofProxy();
        Multisig.requireThreshold(digest, signatures, validators, threshold);
    }
}

/// @title ClonedMessageIdMultisigIsm
/// @notice A `StaticMessageIdMultisigIsm` of which each set of validators is a small proxy.
contract ClonedMessageIdMultisigIsm is AbstractMessageIdMultisigIsm, AbstractClonedMultisigIsm {
    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.MESSAGE_ID_MULTISIG);
}

/// @title ClonedMerkleRootMultisigIsm
/// @notice A `StaticMerkleRootMultisigIsm` of which each set of validators is a small proxy.
contract ClonedMerkleRootMultisigIsm is AbstractMerkleRootMultisigIsm, AbstractClonedMultisigIsm {
    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.MERKLE_ROOT_MULTISIG);
}

/// @title ClonedMessageIdMultisigIsmFactory
/// @notice Deploys `ClonedMessageIdMultisigIsm`s.
contract ClonedMessageIdMultisigIsmFactory is ClonedSetFactory {
    constructor() ClonedSetFactory(address(new ClonedMessageIdMultisigIsm())) {}
}

/// @title ClonedMerkleRootMultisigIsmFactory
/// @notice Deploys `ClonedMerkleRootMultisigIsm`s.
contract ClonedMerkleRootMultisigIsmFactory is ClonedSetFactory {
    constructor() ClonedSetFactory(address(new ClonedMerkleRootMultisigIsm())) {}
}
