// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title LinearCurve
/// @notice A fee that grows with the amount until it is the highest: min(maxFee, amount × maxFee /
/// (2 × halfAmount)).
library LinearCurve {
    /// @dev Panics when `halfAmount` is 2^255 or more.
    function fee(
        uint256 amount,
        uint256 maxFee,
        uint256 halfAmount
    ) internal pure returns (uint256) {
        return amount < 2 * halfAmount ? Math.mulDiv(amount, maxFee, 2 * halfAmount) : maxFee;
    }
}
