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
/// @notice Limits what one token router can receive in a time. For aggregations.
/// @dev Only a message that is being delivered counts. Over a Mailbox that does not tell, so does
/// one that was in this block without asking this module: what `block.number` means is how long
/// "now" is then.
contract RateLimitedIsm is IInterchainSecurityModule, RateLimited, PackageVersioned {
    using Delivery for IMailbox;
    using Message for bytes;
    using TokenMessage for bytes;

    /// @notice A Mailbox must be a contract.
    error MailboxNotContract(address mailbox);

    /// @notice The message is not for the recipient that this module is for.
    error InvalidRecipient(address messageRecipient, address recipient);

    /// @notice The Mailbox is not delivering the message.
    error InvalidDeliveredMessage(bytes32 messageId);

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    /// @notice The Mailbox whose word counts on what is being delivered.
    IMailbox public immutable mailbox;

    /// @notice That Mailbox's domain.
    uint32 public immutable localDomain;

    /// @notice The router whose messages are counted; others are refused.
    address public immutable recipient;

    /// @param capacity The most that can be received at once, in message units.
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
