// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {TestRecipient} from "../TestRecipient.sol";

/// @title PayableRecipient
/// @notice Takes wei outside messages too.
contract PayableRecipient is TestRecipient {
    receive() external payable {}
}
