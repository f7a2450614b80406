// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title PackageVersioned
/// @notice The reference release whose behaviour a contract has. Clients choose their ABI by it.
abstract contract PackageVersioned {
    /// @notice The version of the reference contracts.
    string public constant PACKAGE_VERSION = "12.1.0";
}
