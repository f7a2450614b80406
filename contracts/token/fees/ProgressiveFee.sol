// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {BaseFee, FeeType} from "./BaseFee.sol";
import {CurveFee} from "./CurveFee.sol";

/// @title ProgressiveFee
/// @notice A fee that spares small amounts: maxFee × amount² / (halfAmount² + amount²).
/// @dev Panics when the sum of the squares overflows.
contract ProgressiveFee is CurveFee {
    /// @inheritdoc BaseFee
    FeeType public constant override feeType = FeeType.PROGRESSIVE;

    constructor(
        address token,
        uint256 maxFee,
        uint256 halfAmount,
        address owner
    ) CurveFee(token, maxFee, halfAmount, owner) {}

    /// @inheritdoc CurveFee
    function _fee(uint256 amount) internal view override returns (uint256) {
        uint256 square = amount * amount;
        return Math.mulDiv(maxFee, square, halfAmount * halfAmount + square);
    }
}
