// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {StaticSetFactory} from "../../base/StaticSetFactory.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {LegacyMultisigMetadata} from "../../libs/LegacyMultisigMetadata.sol";
import {Multisig} from "../../libs/Multisig.sol";
import {AbstractStaticMultisigIsm} from "./StaticMultisigIsm.sol";

/// @title StaticLegacyMultisigIsm
/// @notice Believes a message that both stands under a merkle root and is the last leaf of the
/// checkpoint of that root that enough of a fixed set of validators have signed.
/// Reads `LegacyMultisigMetadata`.
/// @dev An addition to the reference, which names the module type and has no module of it. New
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

    /// @notice How many signatures this metadata has. Reverts `InvalidSignaturesLength`.
    function signatureCount(bytes calldata metadata) external pure returns (uint256) {
        return Multisig.count(metadata.signatures());
    }
}

/// @title StaticLegacyMultisigIsmFactory
/// @notice Deploys `StaticLegacyMultisigIsm`s.
contract StaticLegacyMultisigIsmFactory is StaticSetFactory {
    constructor() StaticSetFactory(address(new StaticLegacyMultisigIsm())) {}
}
