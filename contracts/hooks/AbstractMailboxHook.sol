// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IMailbox} from "../interfaces/IMailbox.sol";
import {IMailboxHook} from "../interfaces/hooks/IMailboxHook.sol";
import {AbstractPostDispatchHook} from "./AbstractPostDispatchHook.sol";

/// @title AbstractMailboxHook
/// @notice What hooks of one Mailbox share.
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

    /// @dev Anyone may call a hook, but then about nothing but the message dispatched last. Reverts
    /// `MessageNotDispatching`.
    function _requireDispatching(bytes32 messageId) internal view {
        bytes32 latest = mailbox.latestDispatchedId();
        if (messageId != latest) revert MessageNotDispatching(messageId, latest);
    }
}
