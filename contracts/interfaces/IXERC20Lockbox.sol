// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IXERC20Lockbox
/// @notice Holds an ERC-20 on its home chain against xERC20s, one for one. Source: ERC-7281.
interface IXERC20Lockbox {
    /// @notice The xERC20.
    function XERC20() external view returns (address);

    /// @notice The token that is held.
    function ERC20() external view returns (address);

    /// @notice Takes `amount` tokens from the caller, and mints it as many xERC20s.
    function deposit(uint256 amount) external;

    /// @notice Burns `amount` of the caller's xERC20s, and pays `to` as many tokens.
    function withdrawTo(address to, uint256 amount) external;
}
