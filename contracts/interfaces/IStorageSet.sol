// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IStorageSet
/// @notice A contract configured by some addresses, of which a number is needed, and by its owner.
interface IStorageSet {
    /// @notice Sets everything up, once; for who may call see `Initializable`.
    /// @param values Validators or modules, kept in this order; reverts `DuplicateValue` for one
    /// that is listed twice and would count twice.
    /// @param threshold How many of them are needed: 1 to `values.length`, else reverts
    /// `InvalidThreshold`.
    function initialize(address owner, address[] calldata values, uint8 threshold) external;

    /// @notice Number of values that are needed.
    function threshold() external view returns (uint8);
}
