// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {StaticSetFactory} from "../../base/StaticSetFactory.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {LegacyMultisigMetadata} from "../../libs/LegacyMultisigMetadata.sol";
import {Multisig} from "../../libs/Multisig.sol";
import {AbstractStaticMultisigIsm} from "./StaticMultisigIsm.sol";

/// @title StaticLegacyMultisigIsm
/// @notice Verifies a message that is both proven under a merkle root and the last leaf of a
/// checkpoint with that root, signed by enough of a fixed set of validators. Reads
/// `LegacyMultisigMetadata`.
/// @dev An addition to the reference, which defines the module type but has no such module. New
/// deployments have no reason to prefer it: the other multisigs prove as much for less.
contract StaticLegacyMultisigIsm is AbstractStaticMultisigIsm {
    using LegacyMultisigMetadata for bytes;

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.LEGACY_MULTISIG);

    /// @inheritdoc IInterchainSecurityModule
    function verify(bytes calldata metadata, bytes calldata message) external view returns (bool) {
        _requireSigned(metadata.digest(message), metadata.signatures());
        return true;
    }

    /// @notice The number of signatures in this metadata. Reverts `InvalidSignaturesLength`.
    function signatureCount(bytes calldata metadata) external pure returns (uint256) {
        return Multisig.count(metadata.signatures());
    }
}

/// @title StaticLegacyMultisigIsmFactory
/// @notice Deploys `StaticLegacyMultisigIsm`s.
contract StaticLegacyMultisigIsmFactory is StaticSetFactory {
    constructor() StaticSetFactory(address(new StaticLegacyMultisigIsm())) {}
}
