// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IInterchainSecurityModule} from "../IInterchainSecurityModule.sol";

/// @title IAggregationIsm
/// @notice Believes a message when exactly a given number of its modules do.
///
/// Metadata for n modules, in their order:
///
/// | offset | size | content                                                      |
/// |--------|------|--------------------------------------------------------------|
/// | 8 i    | 4    | where the metadata of module i starts; 0: module i is unused |
/// | 8 i + 4| 4    | where the metadata of module i ends                          |
/// | 8 n    | rest | the metadata of the used modules                             |
interface IAggregationIsm is IInterchainSecurityModule {
    /// @notice A used module's metadata does not lie within the whole.
    error MetadataOutOfBounds(uint256 module, uint256 start, uint256 end, uint256 length);

    /// @notice The module said no, or is no module.
    error ModuleRejected(address module);

    /// @notice The metadata uses more or fewer modules than the threshold.
    error ThresholdNotMet(uint256 used, uint256 threshold);

    /// @notice The modules in their order, and how many of them must believe the message.
    function modulesAndThreshold(
        bytes calldata message
    ) external view returns (address[] memory modules, uint8 threshold);
}
