// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title IMessageIdAuthorizedIsm
/// @notice A security module that learns over a chain's own bridge which messages were dispatched.
interface IMessageIdAuthorizedIsm {
    /// @notice Only for the bridge, on behalf of the hook on the origin: the message was dispatched.
    /// @param messageId Its id.
    /// @param msgValue Wei that came along, for the message's recipient.
    function preVerifyMessage(bytes32 messageId, uint256 msgValue) external payable;
}
