// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title IFiatToken
/// @notice What a minter does with a token whose issuer lets it make and burn some.
interface IFiatToken {
    /// @notice Makes `amount` tokens.
    /// @return Whether it did.
    function mint(address to, uint256 amount) external returns (bool);

    /// @notice Burns `amount` of the caller's tokens.
    function burn(uint256 amount) external;
}
