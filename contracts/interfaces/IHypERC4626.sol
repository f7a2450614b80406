// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IHypERC4626
/// @notice The shares under the balances of a synthetic token that rebases.
interface IHypERC4626 {
    /// @notice The shares of an account.
    function shareBalanceOf(address account) external view returns (uint256);

    /// @notice The shares of all accounts.
    function totalShares() external view returns (uint256);

    /// @notice The shares that `assets` are worth, rounded down.
    function assetsToShares(uint256 assets) external view returns (uint256);

    /// @notice The assets that `shares` are worth, rounded down.
    function sharesToAssets(uint256 shares) external view returns (uint256);
}
