// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";

import {PackageVersioned} from "../../PackageVersioned.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {Multisig} from "../../libs/Multisig.sol";
import {MerkleRootMultisigMetadata, MessageIdMultisigMetadata} from "../../libs/MultisigMetadata.sol";

/// @title AbstractMultisigIsm
/// @notice The part of a multisig module that knows the validators, as the other part sees it.
abstract contract AbstractMultisigIsm is IInterchainSecurityModule, PackageVersioned {
    /// @dev Reverts unless enough validators have signed.
    function _requireSigned(bytes32 digest, bytes calldata signatures) internal view virtual;
}

/// @title AbstractMessageIdMultisigIsm
/// @notice Reads `MessageIdMultisigMetadata`.
abstract contract AbstractMessageIdMultisigIsm is AbstractMultisigIsm {
    using MessageIdMultisigMetadata for bytes;

    /// @inheritdoc IInterchainSecurityModule
    function verify(bytes calldata metadata, bytes calldata message) external view returns (bool) {
        _requireSigned(metadata.digest(message), metadata.signatures());
        return true;
    }

    /// @notice How many signatures this metadata has. Reverts `InvalidSignaturesLength`.
    function signatureCount(bytes calldata metadata) external pure returns (uint256) {
        return Multisig.count(metadata.signatures());
    }
}

/// @title AbstractMerkleRootMultisigIsm
/// @notice Reads `MerkleRootMultisigMetadata`. Remembers what it has verified until the transaction
/// ends, so that many messages under one checkpoint pay for its signatures once.
/// @dev Two kinds of facts are kept in transient storage, by keys that are hashes of all they say:
/// this checkpoint has enough signatures; this subtree is part of such a checkpoint's tree. Facts are
/// about this contract's own validators; a reverted call takes its facts with it. Why a subtree's
/// leaves need no comparison with the signed index: leaves after it are zero, and no id is.
abstract contract AbstractMerkleRootMultisigIsm is AbstractMultisigIsm {
    using MerkleRootMultisigMetadata for bytes;
    using TransientSlot for bytes32;
    using TransientSlot for TransientSlot.BooleanSlot;

    /// @notice The short form needs a message of the same 16 leaves before it in the transaction.
    error SubtreeNotVerified(bytes32 subtree);

    /// @inheritdoc IInterchainSecurityModule
    function verify(bytes calldata metadata, bytes calldata message) external returns (bool) {
        if (metadata.isShort()) {
            bytes32 known = metadata.shortSubtree(message);
            if (!_key(known).asBoolean().tload()) revert SubtreeNotVerified(known);
            return true;
        }
        (bytes32 digest, bytes32 subtree) = metadata.prove(message);
        TransientSlot.BooleanSlot signed = _key(digest).asBoolean();
        if (!signed.tload()) {
            _requireSigned(digest, metadata.signatures());
            signed.tstore(true);
        }
        _key(subtree).asBoolean().tstore(true);
        return true;
    }

    /// @notice How many signatures this metadata has. Reverts `InvalidSignaturesLength`.
    function signatureCount(bytes calldata metadata) external pure returns (uint256) {
        return Multisig.count(metadata.signatures());
    }

    /// @dev Where a fact is kept. Differs whenever the validators differ.
    function _key(bytes32 fact) internal view virtual returns (bytes32) {
        return fact;
    }
}
