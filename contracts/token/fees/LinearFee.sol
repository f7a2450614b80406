// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {BaseFee, FeeType} from "./BaseFee.sol";
import {CurveFee} from "./CurveFee.sol";
import {LinearCurve} from "./LinearCurve.sol";

/// @title LinearFee
/// @notice A fee in proportion to the amount, up to the highest: see `LinearCurve`.
contract LinearFee is CurveFee {
    /// @inheritdoc BaseFee
    FeeType public constant override feeType = FeeType.LINEAR;

    constructor(
        address token,
        uint256 maxFee,
        uint256 halfAmount,
        address owner
    ) CurveFee(token, maxFee, halfAmount, owner) {}

    /// @inheritdoc CurveFee
    function _fee(uint256 amount) internal view override returns (uint256) {
        return LinearCurve.fee(amount, maxFee, halfAmount);
    }
}
