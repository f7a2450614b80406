// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IMailboxClient} from "../../interfaces/IMailboxClient.sol";
import {IPassingHook} from "../../interfaces/hooks/IPassingHook.sol";

/// @title DispatchBinding
/// @notice Checks that a hook is called by a dispatch of the message's own sender.
///
/// A Mailbox calls hooks only while it dispatches, with message and metadata of the dispatching
/// account: so a call by the Mailbox comes from the sender. A call may also pass through hooks in
/// between, if each of them states that it is passing on a call of the Mailbox and the sender
/// trusts its statement. The sender trusts the hook that it returns from `hook()`, and the hooks
/// that a trusted hook states it passes messages on to.
///
/// Source: docs/decisions/0009-whose-dispatch-pays.md.
abstract contract DispatchBinding {
    /// @notice The Mailbox whose dispatches are accepted was set.
    event MailboxSet(address indexed mailbox);

    /// @notice No Mailbox was set, so no dispatch can be recognised.
    error MailboxNotSet();

    /// @notice The Mailbox was set before. It cannot change: an owner who could change it could
    /// spend the approvals of every sender.
    error MailboxAlreadySet(address mailbox);

    /// @notice A Mailbox must be a contract.
    error MailboxNotContract(address mailbox);

    /// @notice The call does not come from a dispatch of `sender`: the Mailbox has to call this
    /// hook itself, or through the hook that `sender` shows as its `hook()`.
    error NotDispatchedBySender(address caller, address sender);

    /// @notice The Mailbox whose dispatches are accepted; zero before it is set.
    address public mailbox;

    function _setMailbox(address mailbox_) internal {
        if (mailbox != address(0)) revert MailboxAlreadySet(mailbox);
        if (mailbox_.code.length == 0) revert MailboxNotContract(mailbox_);

        mailbox = mailbox_;

        emit MailboxSet(mailbox_);
    }

    /// @dev Reverts `NotDispatchedBySender`, `MailboxNotSet`.
    function _requireDispatchBy(address sender) internal view {
        address dispatcher = mailbox;
        if (dispatcher == address(0)) revert MailboxNotSet();

        // Walks up the calls from this contract: each hook states its own caller.
        (address hook, address caller) = (address(this), msg.sender);
        while (caller != dispatcher) {
            address above = _ask(caller, abi.encodeCall(IPassingHook.passesOn, (hook)));
            if (above == address(0)) revert NotDispatchedBySender(msg.sender, sender);
            (hook, caller) = (caller, above);
        }
        // Statements are trusted from the top down: first of a trusted hook, then of the hooks it
        // passes messages on to.
        if (
            hook != address(this) && hook != _ask(sender, abi.encodeCall(IMailboxClient.hook, ()))
        ) {
            revert NotDispatchedBySender(msg.sender, sender);
        }
    }

    /// @dev The address that `account` answers; zero if it does not answer with one.
    function _ask(address account, bytes memory question) private view returns (address answer) {
        (bool success, bytes memory data) = account.staticcall(question);
        if (!success || data.length < 32) return address(0);
        uint256 word = abi.decode(data, (uint256));
        return word >> 160 == 0 ? address(uint160(word)) : address(0);
    }
}
