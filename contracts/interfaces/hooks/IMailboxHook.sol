// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IMailbox} from "../IMailbox.sol";

/// @title IMailboxHook
/// @notice A hook that belongs to one Mailbox.
interface IMailboxHook {
    /// @notice The Mailbox has no code.
    error MailboxNotContract(address mailbox);

    /// @notice The message is not the one that the Mailbox dispatched last.
    error MessageNotDispatching(bytes32 messageId, bytes32 latestDispatchedId);

    /// @notice The Mailbox that the hook serves.
    function mailbox() external view returns (IMailbox);

    /// @notice The Mailbox's domain.
    function localDomain() external view returns (uint32);
}
