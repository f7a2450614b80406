// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IMessageRecipient} from "../interfaces/IMessageRecipient.sol";

/// @title CallingRecipient
/// @notice While it is being given a message it makes a call, and reverts as that call reverts.
contract CallingRecipient is IMessageRecipient {
    address private target;
    bytes private data;

    /// @notice Sets the call to make.
    function prepare(address target_, bytes calldata data_) external {
        target = target_;
        data = data_;
    }

    /// @inheritdoc IMessageRecipient
    function handle(uint32, bytes32, bytes calldata) external payable {
        (bool success, bytes memory answer) = target.call(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}
