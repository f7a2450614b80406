// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {BaseFee, FeeType} from "./BaseFee.sol";
import {CurveFee} from "./CurveFee.sol";

/// @title RegressiveFee
/// @notice A fee that takes ever less of an amount as it grows: maxFee × amount / (halfAmount +
/// amount).
/// @dev Panics when `halfAmount + amount` overflows.
contract RegressiveFee is CurveFee {
    /// @inheritdoc BaseFee
    FeeType public constant override feeType = FeeType.REGRESSIVE;

    constructor(
        address token,
        uint256 maxFee,
        uint256 halfAmount,
        address owner
    ) CurveFee(token, maxFee, halfAmount, owner) {}

    /// @inheritdoc CurveFee
    function _fee(uint256 amount) internal view override returns (uint256) {
        return Math.mulDiv(maxFee, amount, halfAmount + amount);
    }
}
