// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IXERC20
/// @notice Functions of an xERC20 that bridges call. Source: ERC-7281.
interface IXERC20 {
    /// @notice Makes `amount` tokens, of what the caller may make.
    function mint(address user, uint256 amount) external;

    /// @notice Burns `amount` tokens of `user`, of what the caller may burn. Takes an allowance of
    /// the user's unless the caller is the user.
    function burn(address user, uint256 amount) external;
}
