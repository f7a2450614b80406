// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {Quote} from "./ITokenFee.sol";

/// @title ICrossCollateralFee
/// @notice Quotes the cost of a transfer to one of several routers of a domain.
interface ICrossCollateralFee {
    /// @notice The amounts to pay for sending `amount` to `recipient` by way of `targetRouter` on
    /// `destination`.
    function quoteTransferRemoteTo(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        bytes32 targetRouter
    ) external view returns (Quote[] memory quotes);
}
