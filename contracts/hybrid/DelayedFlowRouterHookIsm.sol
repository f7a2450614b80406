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
/// @notice A `TimelockRouter` of one token router, as its hook and its security module, where a
/// transfer waits the longer the more has left the router lately. Transfers within the bucket do
/// not wait; one that overdraws it waits until the bucket would have refilled, but never longer
/// than `maxDelay`. Sending refills the bucket.
/// @dev Announcements carry (id, message amount). Transfers that are split wait as long as in one:
/// what they overdraw adds up, in a level below zero. A domain has one counterpart, of one router:
/// the one that the token router has enrolled there. Transfers to others, as cross-collateral ones,
/// are refused, since they would use up a bucket that is not theirs: they need another hook.
contract DelayedFlowRouterHookIsm is TimelockRouter, TvlBucket {
    using Message for bytes;
    using TokenMessage for bytes;

    /// @notice `amount` was sent away by the router, which counts for it.
    event NetFlowCredited(bytes32 indexed messageId, uint32 nonce, uint256 amount);

    /// @notice The message was not sent by the token router.
    error WrongSender(address sender);

    /// @notice The message is not for the token router, or on its way out not for the router that
    /// the token router has enrolled at the destination.
    error WrongRecipient(address recipient);

    /// @notice The longest wait, in seconds.
    uint48 public immutable maxDelay;

    /// @notice The nonce of the message that was counted last as sent; zero before the first.
    uint32 public lastCreditedNonce;

    /// @param warpRouter_ The token router that this contract is hook and module of.
    /// @param thresholdBps_ How much of its holdings may leave without a wait, in parts of 10,000.
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
    /// @dev Reverts `WrongRecipient`, too.
    function verify(
        bytes calldata metadata,
        bytes calldata message
    ) public view override returns (bool) {
        address recipient = message.recipientAddress();
        if (recipient != warpRouter) revert WrongRecipient(recipient);
        return super.verify(metadata, message);
    }

    /// @notice How much more has left than the bucket held, after the last flow.
    function debt() external view returns (uint256) {
        return _positive(-_lastLevel());
    }

    /// @inheritdoc TimelockRouter
    /// @dev Counts what is sent, once: the announcement makes another message the latest. Reverts
    /// `WrongSender`, `WrongRecipient`, and with empty data when the body has no amount.
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
    /// @dev Counts what is said to be paid out. `verify` believes no message but one of that
    /// amount.
    function _handle(uint32 origin, bytes calldata body) internal override {
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

    /// @dev Takes `amount` out, also what is not there.
    /// @return wait Seconds until the bucket is no longer overdrawn, or the longest wait.
    function _overdraw(uint256 amount) private returns (uint256 wait) {
        // Levels never fall out of their 208 bits: by then, everything waits longest anyway.
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
