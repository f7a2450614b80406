// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IMailbox} from "../interfaces/IMailbox.sol";

/// @title Delivery
/// @notice Lets modules that count messages check whether a message is being delivered.
library Delivery {
    /// @notice Tells whether `mailbox` is calling the message's module right now. If the Mailbox
    /// lacks `delivering`, as the reference's: whether it delivered the message in this block.
    function isDelivering(IMailbox mailbox, bytes32 id) internal view returns (bool) {
        (bool success, bytes memory answer) = address(mailbox).staticcall(
            abi.encodeCall(IMailbox.delivering, (id))
        );
        if (success && answer.length == 32) return abi.decode(answer, (bool));
        return mailbox.processedAt(id) == block.number;
    }
}
