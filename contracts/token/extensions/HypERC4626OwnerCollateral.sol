// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {TokenRouter} from "../TokenRouter.sol";
import {HypERC4626Collateral} from "./HypERC4626Collateral.sol";

/// @title HypERC4626OwnerCollateral
/// @notice Deposits transferred tokens into a vault and pays out the same amount: the yield belongs
/// to the owner. Messages carry assets; other domains have an ordinary synthetic token.
contract HypERC4626OwnerCollateral is HypERC4626Collateral {
    /// @notice The yield was paid to the owner.
    event ExcessSharesSwept(uint256 amount, uint256 assetsRedeemed);

    /// @notice The assets owed to holders on other domains.
    uint256 public assetDeposited;

    constructor(
        address vault,
        uint256 numerator,
        uint256 denominator,
        address mailbox
    ) HypERC4626Collateral(vault, numerator, denominator, mailbox) {}

    /// @notice Pays the owner the assets in the vault above `assetDeposited`. Only the owner.
    function sweep() external onlyOwner {
        // Rounded up: the remaining shares must be worth `assetDeposited`.
        uint256 owed = vault.previewWithdraw(assetDeposited);
        uint256 shares = vault.maxRedeem(address(this));
        uint256 excess = shares > owed ? shares - owed : 0;
        uint256 assets = excess == 0 ? 0 : vault.redeem(excess, owner(), address(this));
        emit ExcessSharesSwept(excess, assets);
    }

    /// @inheritdoc HypERC4626Collateral
    function _deposit(uint256 assets) internal override returns (uint256) {
        assetDeposited += assets;
        _depositBacked(assets);
        return assets;
    }

    /// @inheritdoc HypERC4626Collateral
    /// @dev No check: messages are in assets, and the rate in them is not read.
    function _requireRate() internal pure override {}

    /// @inheritdoc TokenRouter
    function _transferTo(address recipient, uint256 assets) internal override {
        assetDeposited -= assets;
        vault.withdraw(assets, recipient, address(this));
    }

    /// @inheritdoc TokenRouter
    function _messageAmount(uint256 amount) internal view override returns (uint256) {
        return _outbound(amount);
    }
}
