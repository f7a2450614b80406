// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IMailbox} from "../../interfaces/IMailbox.sol";
import {AbstractRoutingIsm} from "./AbstractRoutingIsm.sol";

/// @title DefaultIsm
/// @notice Calls the Mailbox's current default module for every message.
/// @dev Must not itself be the default module of that Mailbox: it would call itself endlessly.
contract DefaultIsm is AbstractRoutingIsm {
    /// @notice The Mailbox has no code.
    error MailboxNotContract(address mailbox);

    /// @notice The Mailbox whose default module is called.
    IMailbox public immutable mailbox;

    constructor(address mailbox_) {
        if (mailbox_.code.length == 0) revert MailboxNotContract(mailbox_);
        mailbox = IMailbox(mailbox_);
    }

    /// @inheritdoc AbstractRoutingIsm
    function route(bytes calldata) public view override returns (IInterchainSecurityModule) {
        return mailbox.defaultIsm();
    }
}
