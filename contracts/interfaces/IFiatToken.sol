// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IFiatToken
/// @notice Functions of a fiat-backed token, such as USDC, for minters that its issuer approved.
interface IFiatToken {
    /// @notice Mints `amount` tokens to `to`.
    /// @return True on success.
    function mint(address to, uint256 amount) external returns (bool);

    /// @notice Burns `amount` of the caller's tokens.
    function burn(uint256 amount) external;
}
