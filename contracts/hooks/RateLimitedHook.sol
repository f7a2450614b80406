// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {RateLimited} from "../base/RateLimited.sol";
import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";
import {Message} from "../libs/Message.sol";
import {TokenMessage} from "../libs/TokenMessage.sol";
import {AbstractMailboxHook} from "./AbstractMailboxHook.sol";
import {AbstractPostDispatchHook} from "./AbstractPostDispatchHook.sol";

/// @title RateLimitedHook
/// @notice Limits the amount that one token router can send per duration.
contract RateLimitedHook is AbstractMailboxHook, RateLimited {
    using Message for bytes;
    using TokenMessage for bytes;

    /// @notice The message's sender is not `sender`.
    error InvalidSender(address messageSender, address sender);

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.RATE_LIMITED);

    /// @notice The router whose messages count; messages of others are refused.
    address public immutable sender;

    /// @param capacity The size of the bucket: the largest amount that can be sent at once, in
    /// message units.
    /// @param duration Seconds in which an empty bucket becomes full.
    constructor(
        address mailbox_,
        uint256 capacity,
        uint256 duration,
        address sender_
    ) AbstractMailboxHook(mailbox_) RateLimited(capacity, duration) Ownable(msg.sender) {
        if (sender_ == address(0)) revert InvalidSender(address(0), sender_);
        sender = sender_;
    }

    /// @inheritdoc AbstractPostDispatchHook
    /// @dev Reverts `InvalidSender`, `MessageNotDispatching`, `MessageAlreadyValidated`,
    /// `RateLimitExceeded`, and with empty data when the body has no amount. Costs nothing, so all
    /// value goes back.
    function _postDispatch(bytes calldata metadata, bytes calldata message) internal override {
        if (message.senderAddress() != sender)
            revert InvalidSender(message.senderAddress(), sender);
        bytes32 id = message.id();
        _requireDispatching(id);

        _consumeOnce(id, message.body().amount());

        _refund(metadata, message, msg.value);
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(
        bytes calldata,
        bytes calldata
    ) internal pure override returns (uint256) {
        return 0;
    }
}
