// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ILpCollateralRouter} from "../interfaces/ILpCollateralRouter.sol";
import {AllowanceERC20} from "./AllowanceERC20.sol";
import {MovableCollateralRouter} from "./MovableCollateralRouter.sol";

/// @title LpCollateralRouter
/// @notice A router whose collateral liquidity providers can lend: an ERC-4626 vault.
abstract contract LpCollateralRouter is
    MovableCollateralRouter,
    AllowanceERC20,
    ILpCollateralRouter
{
    /// @dev The number V of virtual shares and of virtual assets in the price of a share, which so
    /// starts at one. Defends against inflation of the price: with S shares issued, a donation D
    /// raises the price by D / (S + V), and the virtual shares keep D V / (S + V) of it. Rounding
    /// takes less than a share from each lender, so from V lenders a donor gains no more than the
    /// one unit each that rounding takes anyway.
    uint256 private constant VIRTUAL = 1_000;

    /// @inheritdoc ILpCollateralRouter
    uint256 public totalAssets;

    constructor() ERC20("", "") {}

    /// @inheritdoc ILpCollateralRouter
    function deposit(uint256 assets, address receiver) external returns (uint256 shares) {
        shares = previewDeposit(assets);
        _lend(assets, shares, receiver);
    }

    /// @inheritdoc ILpCollateralRouter
    function depositAtLeast(
        uint256 assets,
        address receiver,
        uint256 minShares
    ) external returns (uint256 shares) {
        shares = previewDeposit(assets);
        _lendAtLeast(assets, shares, minShares, receiver);
    }

    /// @inheritdoc ILpCollateralRouter
    function mint(uint256 shares, address receiver) external returns (uint256 assets) {
        assets = previewMint(shares);
        _lend(assets, shares, receiver);
    }

    /// @inheritdoc ILpCollateralRouter
    function withdraw(
        uint256 assets,
        address receiver,
        address owner
    ) external returns (uint256 shares) {
        shares = previewWithdraw(assets);
        _payBack(assets, shares, receiver, owner);
    }

    /// @inheritdoc ILpCollateralRouter
    function redeem(
        uint256 shares,
        address receiver,
        address owner
    ) external returns (uint256 assets) {
        assets = previewRedeem(shares);
        _payBack(assets, shares, receiver, owner);
    }

    /// @inheritdoc ILpCollateralRouter
    function donate(uint256 amount) external payable {
        _receive(amount);
        totalAssets += amount;

        emit Donation(msg.sender, amount);
    }

    /// @inheritdoc ILpCollateralRouter
    function asset() external view returns (address) {
        return token();
    }

    /// @inheritdoc ILpCollateralRouter
    function maxDeposit(address) external pure returns (uint256) {
        return type(uint256).max;
    }

    /// @inheritdoc ILpCollateralRouter
    function maxMint(address) external pure returns (uint256) {
        return type(uint256).max;
    }

    /// @inheritdoc ILpCollateralRouter
    function maxRedeem(address owner) external view returns (uint256) {
        return Math.min(balanceOf(owner), convertToShares(_collateral()));
    }

    /// @inheritdoc ILpCollateralRouter
    function maxWithdraw(address owner) public view returns (uint256) {
        return Math.min(convertToAssets(balanceOf(owner)), _collateral());
    }

    /// @inheritdoc ILpCollateralRouter
    function previewDeposit(uint256 assets) public view returns (uint256) {
        return convertToShares(assets);
    }

    /// @inheritdoc ILpCollateralRouter
    function previewMint(uint256 shares) public view returns (uint256) {
        return _toAssets(shares, Math.Rounding.Ceil);
    }

    /// @inheritdoc ILpCollateralRouter
    function previewWithdraw(uint256 assets) public view returns (uint256) {
        return _toShares(assets, Math.Rounding.Ceil);
    }

    /// @inheritdoc ILpCollateralRouter
    function previewRedeem(uint256 shares) public view returns (uint256) {
        return convertToAssets(shares);
    }

    /// @inheritdoc ILpCollateralRouter
    function convertToShares(uint256 assets) public view returns (uint256) {
        return _toShares(assets, Math.Rounding.Floor);
    }

    /// @inheritdoc ILpCollateralRouter
    function convertToAssets(uint256 shares) public view returns (uint256) {
        return _toAssets(shares, Math.Rounding.Floor);
    }

    /// @inheritdoc ERC20
    function name() public pure override returns (string memory) {
        return "Warp route share";
    }

    /// @inheritdoc ERC20
    function symbol() public pure override returns (string memory) {
        return "WRS";
    }

    /// @dev Takes `assets` from the caller. Reverts if the call brings any other value.
    function _receive(uint256 assets) internal virtual;

    /// @dev The balance that the router can pay out now.
    function _collateral() internal view virtual returns (uint256);

    function _lendAtLeast(
        uint256 assets,
        uint256 shares,
        uint256 minShares,
        address receiver
    ) internal {
        if (shares < minShares) revert TooFewShares(shares, minShares);
        _lend(assets, shares, receiver);
    }

    function _lend(uint256 assets, uint256 shares, address receiver) internal {
        if (shares == 0 && assets != 0) revert AssetsWithoutShares(assets);
        _receive(assets);
        totalAssets += assets;
        _mint(receiver, shares);

        emit Deposit(msg.sender, receiver, assets, shares);
    }

    function _payBack(uint256 assets, uint256 shares, address receiver, address owner) private {
        uint256 available = maxWithdraw(owner);
        if (assets > available) revert WithdrawalTooLarge(owner, assets, available);
        if (msg.sender != owner) _spendAllowance(owner, msg.sender, shares);
        _burn(owner, shares);
        totalAssets -= assets;
        _transferTo(receiver, assets);

        emit Withdraw(msg.sender, receiver, owner, assets, shares);
    }

    function _toShares(uint256 assets, Math.Rounding rounding) private view returns (uint256) {
        return Math.mulDiv(assets, totalSupply() + VIRTUAL, totalAssets + VIRTUAL, rounding);
    }

    function _toAssets(uint256 shares, Math.Rounding rounding) private view returns (uint256) {
        return Math.mulDiv(shares, totalAssets + VIRTUAL, totalSupply() + VIRTUAL, rounding);
    }
}
