// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title ILpCollateralRouter
/// @notice Lets people lend collateral to a router, so that transfers to it find something to pay
/// out. What they lent is an ERC-4626 vault, whose shares the router itself is. Source:
/// docs/protocol, "Warp routes".
///
/// Assets are what was lent and donated, whatever the router holds besides for its transfers:
/// shares earn by donations only. Withdrawing takes what the router holds at that moment, so it can
/// be too little; it is not lost, and comes back with the collateral. A thousand virtual shares and
/// as many virtual assets take their part of every donation: whoever inflates the price of the
/// first shares loses more than that makes rounding take from a thousand lenders. A lender can name
/// the fewest shares it accepts.
interface ILpCollateralRouter {
    /// @notice Somebody lent assets.
    event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares);

    /// @notice Somebody took back what was lent.
    event Withdraw(
        address indexed sender,
        address indexed receiver,
        address indexed owner,
        uint256 assets,
        uint256 shares
    );

    /// @notice Somebody gave the lenders assets.
    event Donation(address sender, uint256 amount);

    /// @notice More was asked for than the owner's shares and the router's collateral allow.
    error WithdrawalTooLarge(address owner, uint256 assets, uint256 available);

    /// @notice A share is worth more than these assets.
    error AssetsWithoutShares(uint256 assets);

    /// @notice Fewer shares than the lender wanted at least: somebody made them dearer meanwhile.
    error TooFewShares(uint256 shares, uint256 minShares);

    /// @notice What is lent: the route's token, zero for the native one.
    function asset() external view returns (address);

    /// @notice What was lent and donated.
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

    /// @notice As `deposit`, for a minimum of shares. Reverts `TooFewShares`.
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
