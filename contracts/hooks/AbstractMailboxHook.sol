// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IMailbox} from "../interfaces/IMailbox.sol";
import {IMailboxHook} from "../interfaces/hooks/IMailboxHook.sol";
import {AbstractPostDispatchHook} from "./AbstractPostDispatchHook.sol";

/// @title AbstractMailboxHook
/// @notice The base of hooks that serve one Mailbox.
abstract contract AbstractMailboxHook is IMailboxHook, AbstractPostDispatchHook {
    /// @inheritdoc IMailboxHook
    IMailbox public immutable mailbox;

    /// @inheritdoc IMailboxHook
    uint32 public immutable localDomain;

    constructor(address mailbox_) {
        if (mailbox_.code.length == 0) revert MailboxNotContract(mailbox_);
        mailbox = IMailbox(mailbox_);
        localDomain = IMailbox(mailbox_).localDomain();
    }

    /// @dev Reverts `MessageNotDispatching` unless the message is the one dispatched last: anyone
    /// may call a hook.
    function _requireDispatching(bytes32 messageId) internal view {
        bytes32 latest = mailbox.latestDispatchedId();
        if (messageId != latest) revert MessageNotDispatching(messageId, latest);
    }
}
