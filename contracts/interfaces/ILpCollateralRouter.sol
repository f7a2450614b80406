// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title ILpCollateralRouter
/// @notice Accepts loans of collateral, from which a router pays out incoming transfers. The router
/// is the ERC-4626 vault of the lent assets, and the token of its shares. Source:
/// docs/warp-routes.md, "More about transfers and fees".
///
/// The vault's assets are the lent and donated amounts, not the router's balance: shares gain value
/// by donations only. A withdrawal is paid from the router's balance, which can be too small at the
/// time; the claim remains, and can be paid once transfers bring collateral back.
///
/// A thousand virtual shares and as many virtual assets take their part of every donation: an
/// attacker who inflates the price of the first shares loses more than a thousand lenders lose by
/// the rounding that this causes. A lender can name the fewest shares it accepts.
interface ILpCollateralRouter {
    /// @notice `sender` lent assets, and `owner` got the shares.
    event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares);

    /// @notice Shares of `owner` were redeemed, and `receiver` got the assets.
    event Withdraw(
        address indexed sender,
        address indexed receiver,
        address indexed owner,
        uint256 assets,
        uint256 shares
    );

    /// @notice `sender` donated assets to the lenders.
    event Donation(address sender, uint256 amount);

    /// @notice More was asked for than the owner's shares and the router's collateral allow.
    error WithdrawalTooLarge(address owner, uint256 assets, uint256 available);

    /// @notice A share is worth more than these assets.
    error AssetsWithoutShares(uint256 assets);

    /// @notice The deposit would get fewer than `minShares`: the price of shares has risen.
    error TooFewShares(uint256 shares, uint256 minShares);

    /// @notice Asset of the vault: the route's token, zero for the native one.
    function asset() external view returns (address);

    /// @notice Assets of the vault: deposits and donations.
    function totalAssets() external view returns (uint256);

    /// @notice The shares for assets, rounded down.
    function convertToShares(uint256 assets) external view returns (uint256);

    /// @notice The assets for shares, rounded down.
    function convertToAssets(uint256 shares) external view returns (uint256);

    /// @notice The most that can be lent: anything.
    function maxDeposit(address receiver) external view returns (uint256);

    /// @notice The most shares that can be had.
    function maxMint(address receiver) external view returns (uint256);

    /// @notice The most assets that an owner can take back now.
    function maxWithdraw(address owner) external view returns (uint256);

    /// @notice The most shares that an owner can give back now.
    function maxRedeem(address owner) external view returns (uint256);

    /// @notice The shares that `deposit` would mint.
    function previewDeposit(uint256 assets) external view returns (uint256);

    /// @notice The assets that `mint` would take.
    function previewMint(uint256 shares) external view returns (uint256);

    /// @notice The shares that `withdraw` would burn.
    function previewWithdraw(uint256 assets) external view returns (uint256);

    /// @notice The assets that `redeem` would pay.
    function previewRedeem(uint256 shares) external view returns (uint256);

    /// @notice Lends `assets` of the caller's, and mints shares for them. Reverts
    /// `AssetsWithoutShares` rather than none.
    function deposit(uint256 assets, address receiver) external returns (uint256 shares);

    /// @notice Deposits as `deposit` does, for a minimum of shares. Reverts `TooFewShares`.
    /// @param minShares The fewest shares to accept, of what `previewDeposit` said a little less.
    function depositAtLeast(
        uint256 assets,
        address receiver,
        uint256 minShares
    ) external returns (uint256 shares);

    /// @notice Lends what `shares` cost, and mints them.
    function mint(uint256 shares, address receiver) external returns (uint256 assets);

    /// @notice Pays back `assets` for shares of the owner's. Takes an allowance unless the caller
    /// is the owner. Reverts `WithdrawalTooLarge`.
    function withdraw(
        uint256 assets,
        address receiver,
        address owner
    ) external returns (uint256 shares);

    /// @notice Burns `shares` of the owner's and pays what they are worth. Takes an allowance
    /// unless the caller is the owner. Reverts `WithdrawalTooLarge`.
    function redeem(
        uint256 shares,
        address receiver,
        address owner
    ) external returns (uint256 assets);

    /// @notice Gives `amount` of the caller's to the lenders; in a native route it comes with the
    /// call.
    function donate(uint256 amount) external payable;
}
