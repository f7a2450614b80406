// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IMailboxClient} from "../interfaces/IMailboxClient.sol";
import {IRouter} from "../interfaces/IRouter.sol";
import {ITokenRouter} from "../interfaces/ITokenRouter.sol";
import {Message} from "../libs/Message.sol";
import {TokenMessage} from "../libs/TokenMessage.sol";
import {TimelockRouter} from "./TimelockRouter.sol";
import {TvlBucket} from "./TvlBucket.sol";

/// @title DelayedFlowRouterHookIsm
/// @notice A `TimelockRouter` that is hook and security module of one token router, and delays
/// incoming transfers by the net outflow. A transfer within the bucket is not delayed; one that
/// overdraws it is delayed until the bucket would have refilled, at most by `maxDelay`. Outgoing
/// transfers refill the bucket.
/// @dev Announcements carry (id, message amount). Splitting a transfer does not shorten the delay:
/// overdrafts add up in a level below zero. Each domain has one counterpart, for the router that
/// the token router has enrolled there. Transfers to other routers, such as cross-collateral ones,
/// are refused, as they would drain the bucket of the enrolled one: they need another hook.
contract DelayedFlowRouterHookIsm is TimelockRouter, TvlBucket {
    using Message for bytes;
    using TokenMessage for bytes;

    /// @notice The router sent `amount`, which refilled the bucket.
    event NetFlowCredited(bytes32 indexed messageId, uint32 nonce, uint256 amount);

    /// @notice The message was not sent by the token router.
    error WrongSender(address sender);

    /// @notice The message is not for the token router; or, if outgoing, not for the router that
    /// the token router has enrolled at the destination.
    error WrongRecipient(address recipient);

    /// @notice The longest delay, in seconds.
    uint48 public immutable maxDelay;

    /// @notice The nonce of the last outgoing message that was counted; zero before the first.
    uint32 public lastCreditedNonce;

    /// @param warpRouter_ The token router that uses this contract as hook and security module.
    /// @param thresholdBps_ The fraction of its holdings that may leave without delay, in basis
    /// points.
    /// @param maxDelay_ See `maxDelay`.
    /// @param refillWindow Seconds in which an empty bucket becomes full.
    constructor(
        ITokenRouter warpRouter_,
        uint256 thresholdBps_,
        uint48 maxDelay_,
        uint256 refillWindow
    )
        TimelockRouter(address(IMailboxClient(address(warpRouter_)).mailbox()), 0)
        TvlBucket(address(warpRouter_), thresholdBps_, BPS_DENOMINATOR, refillWindow)
    {
        _checkWait(maxDelay_);
        maxDelay = maxDelay_;
    }

    /// @inheritdoc TimelockRouter
    /// @dev Also reverts `WrongRecipient`.
    function verify(
        bytes calldata metadata,
        bytes calldata message
    ) public view override returns (bool) {
        address recipient = message.recipientAddress();
        if (recipient != warpRouter) revert WrongRecipient(recipient);
        return super.verify(metadata, message);
    }

    /// @notice The overdraft of the bucket after the last flow.
    function debt() external view returns (uint256) {
        return _positive(-_lastLevel());
    }

    /// @inheritdoc TimelockRouter
    /// @dev Counts an outgoing transfer. Each is counted once, as the announcement then is the
    /// message dispatched last. Reverts `WrongSender`, `WrongRecipient`, and with empty data when
    /// the body has no amount.
    function _beforeAnnouncement(bytes calldata message) internal override {
        address sender = message.senderAddress();
        if (sender != warpRouter) revert WrongSender(sender);
        bytes32 recipient = Message.recipient(message);
        if (recipient != IRouter(warpRouter).routers(message.destination())) {
            revert WrongRecipient(address(uint160(uint256(recipient))));
        }
        uint32 nonce = message.nonce();
        uint256 amount = _toLocal(message.body().amount());

        lastCreditedNonce = nonce;
        _enterPeriod(amount, 0);
        _credit(amount);

        emit NetFlowCredited(message.id(), nonce, amount);
    }

    /// @inheritdoc TimelockRouter
    /// @dev Counts the announced amount of an incoming transfer. `verify` accepts a message of that
    /// amount only.
    function _handle(uint32 origin, bytes32, bytes calldata body) internal override {
        (bytes32 id, uint256 messageAmount) = abi.decode(body, (bytes32, uint256));
        uint256 amount = _toLocal(messageAmount);

        _enterPeriod(0, amount);
        _queue(origin, id, body, uint48(_overdraw(amount)));
    }

    /// @inheritdoc TimelockRouter
    function _announcement(bytes calldata message) internal pure override returns (bytes memory) {
        return abi.encode(message.id(), message.body().amount());
    }

    /// @inheritdoc TimelockRouter
    function _announcementGas() internal pure override returns (uint256) {
        return 150_000;
    }

    /// @dev Drains `amount`, below zero if necessary.
    /// @return wait Seconds until the bucket is no longer overdrawn, at most `maxDelay`.
    function _overdraw(uint256 amount) private returns (uint256 wait) {
        // The level is kept within 208 bits: at that level, every transfer has the longest delay
        // anyway.
        int256 level = _level() - int256(Math.min(amount, MAX_CAPACITY));
        if (level < -int256(MAX_CAPACITY)) level = -int256(MAX_CAPACITY);
        _setLevel(level);
        emit ConsumedFilledLevel(_positive(level), block.timestamp);
        if (level >= 0) return 0;

        uint256 capacity = maxCapacity();
        if (capacity == 0) return maxDelay;
        return Math.min(Math.mulDiv(_positive(-level), DURATION, capacity), maxDelay);
    }
}
