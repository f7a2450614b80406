// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";

import {PackageVersioned} from "../../base/PackageVersioned.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IRememberingIsm} from "../../interfaces/isms/IRememberingIsm.sol";
import {Message} from "../../libs/Message.sol";
import {Multisig} from "../../libs/Multisig.sol";
import {
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata
} from "../../libs/MultisigMetadata.sol";

/// @title AbstractMultisigIsm
/// @notice The base of multisig modules. Some subclasses know the validators, others read a
/// metadata format.
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

    /// @notice Counts the signatures in this metadata. Reverts `InvalidSignaturesLength`.
    function signatureCount(bytes calldata metadata) external pure returns (uint256) {
        return Multisig.count(metadata.signatures());
    }
}

/// @title AbstractMerkleRootMultisigIsm
/// @notice Reads `MerkleRootMultisigMetadata`. Remembers verified checkpoints until the transaction
/// ends, so that the signatures of a checkpoint are checked once for many messages.
/// @dev Keeps two kinds of facts in transient storage, keyed by the hash of their content: a
/// checkpoint has enough signatures; a subtree belongs to the tree of such a checkpoint. Facts are
/// about this contract's own validators, and a revert removes the facts of the reverted call. The
/// leaves of a subtree need no comparison with the signed index: leaves after that index are zero,
/// and no message id is zero.
abstract contract AbstractMerkleRootMultisigIsm is AbstractMultisigIsm, IRememberingIsm {
    using MerkleRootMultisigMetadata for bytes;
    using Message for bytes;
    using TransientSlot for bytes32;
    using TransientSlot for TransientSlot.BooleanSlot;

    /// @notice The short form needs a full proof of a leaf of the same 16-leaf subtree earlier in
    /// the transaction, by `remember` or by `verify` in a successful delivery.
    error SubtreeNotVerified(bytes32 subtree);

    /// @inheritdoc IInterchainSecurityModule
    function verify(bytes calldata metadata, bytes calldata message) external returns (bool) {
        if (metadata.isShort()) {
            bytes32 known = metadata.shortSubtree(message);
            if (!_key(known).asBoolean().tload()) revert SubtreeNotVerified(known);
            return true;
        }
        _prove(metadata, message.origin(), message.id());
        return true;
    }

    /// @inheritdoc IRememberingIsm
    function remember(bytes calldata metadata, uint32 origin, bytes32 messageId) external {
        _prove(metadata, origin, messageId);
    }

    /// @notice Counts the signatures in this metadata. Reverts `InvalidSignaturesLength`.
    function signatureCount(bytes calldata metadata) external pure returns (uint256) {
        return Multisig.count(metadata.signatures());
    }

    /// @dev Reverts unless enough validators have signed a tree that contains the message.
    function _prove(bytes calldata metadata, uint32 origin, bytes32 messageId) private {
        (bytes32 digest, bytes32 subtree) = metadata.prove(origin, messageId);
        TransientSlot.BooleanSlot signed = _key(digest).asBoolean();
        if (!signed.tload()) {
            _requireSigned(digest, metadata.signatures());
            signed.tstore(true);
        }
        _key(subtree).asBoolean().tstore(true);
    }

    /// @dev The slot of a fact. Differs for different validators.
    function _key(bytes32 fact) internal view virtual returns (bytes32) {
        return fact;
    }
}
