// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {PackageVersioned} from "../../base/PackageVersioned.sol";
import {AllowanceERC20} from "../AllowanceERC20.sol";
import {HypERC4626} from "./HypERC4626.sol";

/// @title WHypERC4626
/// @notice Wraps a `HypERC4626` into a token whose balances do not rebase: one wrapped unit is one
/// share.
contract WHypERC4626 is AllowanceERC20, PackageVersioned {
    /// @notice The amount to wrap or unwrap is zero, or is worth zero.
    error NothingToWrap();

    /// @notice The wrapped token.
    HypERC4626 public immutable underlying;

    constructor(address underlying_, string memory name, string memory symbol) ERC20(name, symbol) {
        underlying = HypERC4626(underlying_);
    }

    /// @notice Takes `assets` from the caller and mints a unit for each share received. Reverts
    /// `NothingToWrap`.
    /// @return wrapped The number of units minted.
    function wrap(uint256 assets) external returns (uint256 wrapped) {
        uint256 before = underlying.shareBalanceOf(address(this));
        underlying.transferFrom(msg.sender, address(this), assets);
        wrapped = underlying.shareBalanceOf(address(this)) - before;
        if (wrapped == 0) revert NothingToWrap();
        _mint(msg.sender, wrapped);
    }

    /// @notice Burns units of the caller and pays the assets they are worth. Reverts
    /// `NothingToWrap`.
    /// @return assets The assets paid.
    function unwrap(uint256 wrapped) external returns (uint256 assets) {
        assets = getUnderlyingAmount(wrapped);
        if (assets == 0) revert NothingToWrap();
        _burn(msg.sender, wrapped);
        underlying.transfer(msg.sender, assets);
    }

    /// @notice The wrapped units for one whole underlying token.
    function wrappedPerUnderlying() external view returns (uint256) {
        return getWrappedAmount(10 ** decimals());
    }

    /// @notice The underlying amount for one whole wrapped token.
    function underlyingPerWrapped() external view returns (uint256) {
        return getUnderlyingAmount(10 ** decimals());
    }

    /// @notice The wrapped units for an amount of the underlying token, rounded down.
    function getWrappedAmount(uint256 assets) public view returns (uint256) {
        return underlying.assetsToShares(assets);
    }

    /// @notice The amount of the underlying token for wrapped units, rounded down.
    function getUnderlyingAmount(uint256 wrapped) public view returns (uint256) {
        return underlying.sharesToAssets(wrapped);
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return underlying.decimals();
    }
}
