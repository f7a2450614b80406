// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {SafeTransferLib} from "solady/src/utils/SafeTransferLib.sol";

/// @title Refund
/// @notice Returns surplus payment.
library Refund {
    /// @notice There is surplus payment, but the refund address is zero.
    error NoRefundAddress(uint256 surplus);

    /// @notice The receiver of wei refused them. Raised by `SafeTransferLib`; declared for the ABI.
    error ETHTransferFailed();

    /// @notice Sends surplus wei, if any.
    /// @dev Reverts `NoRefundAddress`, or `ETHTransferFailed` when the receiver refuses.
    function send(address receiver, uint256 surplus) internal {
        if (surplus == 0) return;
        if (receiver == address(0)) revert NoRefundAddress(surplus);
        SafeTransferLib.safeTransferETH(receiver, surplus);
    }
}
