// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IMailbox} from "../../interfaces/IMailbox.sol";
import {DomainRoutingIsm} from "./DomainRoutingIsm.sol";

/// @title DefaultFallbackRoutingIsm
/// @notice Calls the module of a message's origin, or the Mailbox's default module if the origin
/// has none.
/// @dev Must not itself be the default module of that Mailbox: it would call itself endlessly.
contract DefaultFallbackRoutingIsm is DomainRoutingIsm {
    /// @notice The Mailbox has no code.
    error MailboxNotContract(address mailbox);

    /// @notice The Mailbox whose default module is called.
    IMailbox public immutable mailbox;

    constructor(address mailbox_) {
        if (mailbox_.code.length == 0) revert MailboxNotContract(mailbox_);
        mailbox = IMailbox(mailbox_);
    }

    /// @inheritdoc DomainRoutingIsm
    function module(uint32 origin) public view override returns (IInterchainSecurityModule) {
        (bool exists, address found) = _find(origin);
        return exists ? IInterchainSecurityModule(found) : mailbox.defaultIsm();
    }
}

/// @title AtomicInitDefaultFallbackRoutingIsm
/// @notice A `DefaultFallbackRoutingIsm` that its constructor initializes.
contract AtomicInitDefaultFallbackRoutingIsm is DefaultFallbackRoutingIsm {
    constructor(
        address mailbox_,
        address owner_,
        uint32[] memory domains_,
        IInterchainSecurityModule[] memory modules_
    ) DefaultFallbackRoutingIsm(mailbox_) initializer {
        _initialize(owner_, domains_, modules_);
    }
}
