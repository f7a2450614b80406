// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ITokenFee, Quote} from "../../interfaces/ITokenFee.sol";
import {BaseFee} from "./BaseFee.sol";

/// @title CurveFee
/// @notice A fee by the amount, the same to everywhere.
abstract contract CurveFee is BaseFee {
    constructor(
        address token,
        uint256 maxFee,
        uint256 halfAmount,
        address owner
    ) BaseFee(token, maxFee, halfAmount, owner) {}

    /// @inheritdoc ITokenFee
    function quoteTransferRemote(
        uint32,
        bytes32,
        uint256 amount
    ) external view returns (Quote[] memory quotes) {
        quotes = new Quote[](1);
        quotes[0] = Quote(token, _fee(amount));
    }

    /// @dev The fee of an amount, rounded down.
    function _fee(uint256 amount) internal view virtual returns (uint256);
}
