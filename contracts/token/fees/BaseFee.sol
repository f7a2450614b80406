// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {PackageVersioned} from "../../base/PackageVersioned.sol";
import {ITokenFee} from "../../interfaces/ITokenFee.sol";

/// @dev Numbers that clients know the kinds of fees by.
enum FeeType {
    ZERO,
    LINEAR,
    REGRESSIVE,
    PROGRESSIVE,
    ROUTING,
    CROSS_COLLATERAL_ROUTING,
    OFFCHAIN_QUOTED_LINEAR
}

/// @title BaseFee
/// @notice Sets the fee of a route's transfers and keeps it until the owner takes it.
abstract contract BaseFee is ITokenFee, Ownable, PackageVersioned {
    using SafeERC20 for IERC20;

    /// @notice Neither may be zero.
    error InvalidCurve(uint256 maxFee, uint256 halfAmount);

    /// @notice The route's token; zero for the native one.
    address public immutable token;

    /// @notice Upper bound of every fee.
    uint256 public immutable maxFee;

    /// @notice The amount whose fee is half of that.
    uint256 public immutable halfAmount;

    constructor(
        address token_,
        uint256 maxFee_,
        uint256 halfAmount_,
        address owner
    ) Ownable(owner) {
        if (maxFee_ == 0 || halfAmount_ == 0) revert InvalidCurve(maxFee_, halfAmount_);

        token = token_;
        maxFee = maxFee_;
        halfAmount = halfAmount_;
    }

    /// @notice Takes native fees.
    receive() external payable {}

    /// @notice Pays out all fees there are. Only the owner.
    function claim(address beneficiary) external onlyOwner {
        if (token == address(0)) {
            Address.sendValue(payable(beneficiary), address(this).balance);
        } else {
            IERC20(token).safeTransfer(beneficiary, IERC20(token).balanceOf(address(this)));
        }
    }

    /// @notice The kind of this fee.
    function feeType() external view virtual returns (FeeType);
}
