// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IMailboxClient} from "../../interfaces/IMailboxClient.sol";
import {IPassingHook} from "../../interfaces/hooks/IPassingHook.sol";

/// @title DispatchBinding
/// @notice Tells whether a hook is called by a dispatch of a message's own sender.
///
/// A Mailbox calls hooks only while it dispatches, with the message of who dispatches and the
/// metadata of who dispatches. So its call is the sender's own. A hook between the two counts when
/// it says that it is passing on a call of the Mailbox, and when the sender trusts it to tell the
/// truth: because it is the `hook()` of the sender, or a part of that, by the word of what is above
/// it.
///
/// Source: docs/decisions, "Nobody but its own dispatch spends a sender's approval".
abstract contract DispatchBinding {
    /// @notice The dispatches of this Mailbox count from now on.
    event MailboxSet(address indexed mailbox);

    /// @notice No Mailbox was set, whose dispatches would count.
    error MailboxNotSet();

    /// @notice The Mailbox is set for ever: who could change it could speak for every sender.
    error MailboxAlreadySet(address mailbox);

    /// @notice A Mailbox must be a contract.
    error MailboxNotContract(address mailbox);

    /// @notice The call does not come from a dispatch of `sender`: the Mailbox has to call this
    /// hook itself, or through the hook that `sender` shows as its `hook()`.
    error NotDispatchedBySender(address caller, address sender);

    /// @notice The Mailbox whose dispatches count; zero while there is none.
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

        // From here upwards: who called `hook`, by its own word where it is another than this one.
        (address hook, address caller) = (address(this), msg.sender);
        while (caller != dispatcher) {
            address above = _ask(caller, abi.encodeCall(IPassingHook.passesOn, (hook)));
            if (above == address(0)) revert NotDispatchedBySender(msg.sender, sender);
            (hook, caller) = (caller, above);
        }
        // The words count from above downwards: of a hook that is trusted, then of its parts.
        if (
            hook != address(this) && hook != _ask(sender, abi.encodeCall(IMailboxClient.hook, ()))
        ) {
            revert NotDispatchedBySender(msg.sender, sender);
        }
    }

    /// @dev Zero from accounts that do not answer with an address.
    function _ask(address account, bytes memory question) private view returns (address answer) {
        (bool success, bytes memory data) = account.staticcall(question);
        if (!success || data.length < 32) return address(0);
        uint256 word = abi.decode(data, (uint256));
        return word >> 160 == 0 ? address(uint160(word)) : address(0);
    }
}
