// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

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
/// @notice Reads `MerkleRootMultisigMetadata`.
abstract contract AbstractMerkleRootMultisigIsm is AbstractMultisigIsm {
    using MerkleRootMultisigMetadata for bytes;

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
