// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {TestRecipient} from "./TestRecipient.sol";

/// @title ThirstyRecipient
/// @notice Takes wei, and much gas for it.
contract ThirstyRecipient is TestRecipient {
    uint256[4] private work;

    receive() external payable {
        for (uint256 i; i < work.length; ++i) {
            work[i] = gasleft() | 1;
        }
    }
}
