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
/// this checkpoint has enough signatures; this subtree is part of such a checkpoint's tree. Facts
/// are about this contract's own validators; a reverted call takes its facts with it. Why a
/// subtree's leaves need no comparison with the signed index: leaves after it are zero, and no id
/// is.
abstract contract AbstractMerkleRootMultisigIsm is AbstractMultisigIsm, IRememberingIsm {
    using MerkleRootMultisigMetadata for bytes;
    using Message for bytes;
    using TransientSlot for bytes32;
    using TransientSlot for TransientSlot.BooleanSlot;

    /// @notice The short form needs the whole proof of one of the same 16 leaves before it in the
    /// transaction, by `remember` or by `verify` in a delivery that succeeds.
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

    /// @notice How many signatures this metadata has. Reverts `InvalidSignaturesLength`.
    function signatureCount(bytes calldata metadata) external pure returns (uint256) {
        return Multisig.count(metadata.signatures());
    }

    /// @dev Reverts unless enough validators have signed a tree that has the message in it.
    function _prove(bytes calldata metadata, uint32 origin, bytes32 messageId) private {
        (bytes32 digest, bytes32 subtree) = metadata.prove(origin, messageId);
        TransientSlot.BooleanSlot signed = _key(digest).asBoolean();
        if (!signed.tload()) {
            _requireSigned(digest, metadata.signatures());
            signed.tstore(true);
        }
        _key(subtree).asBoolean().tstore(true);
    }

    /// @dev Where a fact is kept. Differs whenever the validators differ.
    function _key(bytes32 fact) internal view virtual returns (bytes32) {
        return fact;
    }
}
