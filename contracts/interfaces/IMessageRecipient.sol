// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IMessageRecipient
/// @notice A contract that receives messages.
interface IMessageRecipient {
    /// @notice Takes a verified message. Only a Mailbox that the recipient trusts may call this.
    /// @param origin Domain that the message comes from.
    /// @param sender Who dispatched it there, as a 32-byte address.
    /// @param body The message's body.
    function handle(uint32 origin, bytes32 sender, bytes calldata body) external payable;
}
