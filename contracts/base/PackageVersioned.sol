// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title PackageVersioned
/// @notice Which reference release a contract behaves like; other people's clients choose by it.
abstract contract PackageVersioned {
    /// @notice The reference contracts' version whose behaviour this is.
    string public constant PACKAGE_VERSION = "12.1.0";
}
