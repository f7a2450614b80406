// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {PackageVersioned} from "../../base/PackageVersioned.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IAggregationIsm} from "../../interfaces/isms/IAggregationIsm.sol";
import {VerifyCall, VerifyCallLib} from "../../libs/VerifyCall.sol";

/// @title AbstractAggregationIsm
/// @notice Calls several modules, which a subclass provides.
abstract contract AbstractAggregationIsm is IAggregationIsm, PackageVersioned {
    /// @dev Bytes of metadata that locate the part of one module.
    uint256 private constant RANGE_SIZE = 8;

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.AGGREGATION);

    /// @inheritdoc IInterchainSecurityModule
    function verify(bytes calldata metadata, bytes calldata message) external returns (bool) {
        (address[] memory modules, uint256 threshold) = _modulesAndThreshold();
        bytes calldata ranges = metadata[:modules.length * RANGE_SIZE];
        VerifyCall verifyCall = VerifyCallLib.encode(message, metadata.length);

        uint256 used;
        for (uint256 i; i < modules.length; ++i) {
            uint64 range = uint64(bytes8(ranges[i * RANGE_SIZE:]));
            uint256 start = range >> 32;
            if (start == 0) continue;
            uint256 end = uint32(range);
            if (start > end || end > metadata.length) {
                revert MetadataOutOfBounds(i, start, end, metadata.length);
            }
            if (!verifyCall.ask(modules[i], metadata[start:end])) revert ModuleRejected(modules[i]);
            ++used;
        }
        if (used != threshold) revert ThresholdNotMet(used, threshold);
        return true;
    }

    /// @dev The modules in order, and the number of them that must verify a message: at least one.
    function _modulesAndThreshold()
        internal
        view
        virtual
        returns (address[] memory modules, uint256 threshold);
}
