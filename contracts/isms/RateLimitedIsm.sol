// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {RateLimited} from "../base/RateLimited.sol";
import {IInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";
import {IMailbox} from "../interfaces/IMailbox.sol";
import {Delivery} from "../libs/Delivery.sol";
import {Message} from "../libs/Message.sol";
import {TokenMessage} from "../libs/TokenMessage.sol";

/// @title RateLimitedIsm
/// @notice Limits the amount that one token router can receive per duration. For aggregations.
/// @dev Accepts a message only while the Mailbox delivers it. With a Mailbox that has no
/// `delivering`, also a message that was delivered in this block without calling this module:
/// `block.number` then decides how long that is.
contract RateLimitedIsm is IInterchainSecurityModule, RateLimited, PackageVersioned {
    using Delivery for IMailbox;
    using Message for bytes;
    using TokenMessage for bytes;

    /// @notice The Mailbox has no code.
    error MailboxNotContract(address mailbox);

    /// @notice The message's recipient is not `recipient`.
    error InvalidRecipient(address messageRecipient, address recipient);

    /// @notice The Mailbox is not delivering the message.
    error InvalidDeliveredMessage(bytes32 messageId);

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    /// @notice The Mailbox that delivers the messages.
    IMailbox public immutable mailbox;

    /// @notice That Mailbox's domain.
    uint32 public immutable localDomain;

    /// @notice The router whose messages count; messages to others are refused.
    address public immutable recipient;

    /// @param capacity The size of the bucket: the largest amount that can be received at once, in
    /// message units.
    /// @param duration Seconds in which an empty bucket becomes full.
    constructor(
        address mailbox_,
        uint256 capacity,
        uint256 duration,
        address recipient_
    ) RateLimited(capacity, duration) Ownable(msg.sender) {
        if (mailbox_.code.length == 0) revert MailboxNotContract(mailbox_);
        if (recipient_ == address(0)) revert InvalidRecipient(address(0), recipient_);
        mailbox = IMailbox(mailbox_);
        localDomain = IMailbox(mailbox_).localDomain();
        recipient = recipient_;
    }

    /// @inheritdoc IInterchainSecurityModule
    /// @dev Reverts `InvalidRecipient`, `InvalidDeliveredMessage`, `MessageAlreadyValidated`,
    /// `RateLimitExceeded`, and with empty data when the body has no amount.
    function verify(bytes calldata, bytes calldata message) external returns (bool) {
        address messageRecipient = message.recipientAddress();
        if (messageRecipient != recipient) revert InvalidRecipient(messageRecipient, recipient);
        bytes32 id = message.id();
        if (!mailbox.isDelivering(id)) revert InvalidDeliveredMessage(id);

        _consumeOnce(id, message.body().amount());
        return true;
    }
}
