// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IThresholdAddressFactory
/// @notice Deploys contracts that are configured by some addresses, of which a number is needed.
interface IThresholdAddressFactory {
    /// @notice Deploys the contract for this configuration.
    /// @param values Validators or modules, kept in this order; reverts `DuplicateValue` for one
    /// that is listed twice and would count twice.
    /// @param threshold How many of them are needed: 1 to `values.length`, else reverts
    /// `InvalidThreshold`.
    function deploy(address[] calldata values, uint8 threshold) external returns (address);
}
