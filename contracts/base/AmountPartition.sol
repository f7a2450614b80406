// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Message} from "../libs/Message.sol";
import {TokenMessage} from "../libs/TokenMessage.sol";

/// @title AmountPartition
/// @notice Chooses one of two contracts by the amount that a token message transfers.
abstract contract AmountPartition {
    using Message for bytes;
    using TokenMessage for bytes;

    /// @notice A choice is not a contract.
    error PartNotContract(address part);

    /// @notice The contract for amounts below the threshold.
    address public immutable lower;

    /// @notice The contract for amounts at or above the threshold.
    address public immutable upper;

    /// @notice The threshold, in message units.
    uint256 public immutable threshold;

    constructor(address lower_, address upper_, uint256 threshold_) {
        if (lower_.code.length == 0) revert PartNotContract(lower_);
        if (upper_.code.length == 0) revert PartNotContract(upper_);
        lower = lower_;
        upper = upper_;
        threshold = threshold_;
    }

    /// @dev Reverts with empty data when the body has no amount.
    function _partition(bytes calldata message) internal view returns (address) {
        return message.body().amount() < threshold ? lower : upper;
    }
}
