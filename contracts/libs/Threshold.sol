// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title Threshold
/// @notice Bounds of thresholds: which "m of n" are valid.
library Threshold {
    /// @notice A threshold must be at least 1 and at most the number of values.
    error InvalidThreshold(uint256 threshold, uint256 count);

    /// @dev Reverts `InvalidThreshold`.
    function check(uint256 threshold, uint256 count) internal pure {
        if (threshold == 0 || threshold > count) revert InvalidThreshold(threshold, count);
    }
}
