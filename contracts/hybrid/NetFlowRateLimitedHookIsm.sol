// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Bucket} from "../base/Bucket.sol";
import {AbstractMailboxHook} from "../hooks/AbstractMailboxHook.sol";
import {AbstractPostDispatchHook} from "../hooks/AbstractPostDispatchHook.sol";
import {IInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";
import {IMailbox} from "../interfaces/IMailbox.sol";
import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";
import {Delivery} from "../libs/Delivery.sol";
import {Message} from "../libs/Message.sol";
import {TokenMessage} from "../libs/TokenMessage.sol";
import {TvlBucket} from "./TvlBucket.sol";

/// @title NetFlowRateLimitedHookIsm
/// @notice Limits how much more leaves a token router in a period than comes back, as its hook and,
/// in an aggregation, one of its security modules: at most `thresholdBps` of what belonged to the
/// router when the period began, and never more than has flowed into the bucket since it was
/// drained. Value leaves collateral when messages are delivered, and a synthetic token when they
/// are sent.
/// @dev It counts, and proves nothing: aggregate it with a module that does. It counts messages of
/// the Mailbox: what lenders withdraw was never counted, and what rebalancers move it does not see.
/// What comes back counts as far as the router has more than after the message before: a transfer
/// that a routing hook has led past this one is no credit to present when it suits, and a message
/// after a rebalancing is credited that much less.
contract NetFlowRateLimitedHookIsm is AbstractMailboxHook, TvlBucket, IInterchainSecurityModule {
    using Delivery for IMailbox;
    using Message for bytes;
    using TokenMessage for bytes;

    /// @notice What a message does to the bucket.
    enum FlowDirection {
        CREDIT,
        CONSUME
    }

    /// @notice A message was counted.
    event MessageValidated(bytes32 indexed messageId);

    /// @notice The message was not sent by the token router.
    error WrongSender(address sender);

    /// @notice The message is not for the token router.
    error WrongRecipient(address recipient);

    /// @notice The message was counted before.
    error MessageAlreadyValidated(bytes32 messageId);

    /// @notice The Mailbox is not delivering the message.
    error InvalidDeliveredMessage(bytes32 messageId);

    /// @notice The message was dispatched before this contract was there.
    error InvalidDispatchedMessage(bytes32 messageId);

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.RATE_LIMITED);

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    /// @notice The Mailbox's nonce at the creation: older messages do not count.
    uint32 public immutable minOutboundNonce;

    /// @notice The block of the creation.
    uint48 public immutable deployedAtBlock;

    /// @notice What a message that the router sends does to the bucket; received ones do the other.
    FlowDirection public immutable outboundFlow;

    /// @notice Whether a message was counted.
    mapping(bytes32 messageId => bool) public messageValidated;

    /// @dev What has left in the period of the last flow, less what came back after it.
    uint256 private gone;

    /// @param router The token router that this contract is hook and module of.
    /// @param maxFlowBps How much of its holdings may leave at once, in parts of 10,000, less than
    /// all.
    /// @param duration Seconds in which an empty bucket becomes full.
    constructor(
        address mailbox_,
        address router,
        uint256 maxFlowBps,
        uint256 duration
    )
        AbstractMailboxHook(mailbox_)
        TvlBucket(router, maxFlowBps, BPS_DENOMINATOR - 1, duration)
        Ownable(msg.sender)
    {
        minOutboundNonce = mailbox.nonce();
        deployedAtBlock = uint48(block.number);
        outboundFlow = capacityToken == router ? FlowDirection.CONSUME : FlowDirection.CREDIT;
    }

    /// @inheritdoc IInterchainSecurityModule
    /// @dev Only while the Mailbox delivers the message. Reverts `WrongRecipient`,
    /// `InvalidDeliveredMessage`, `MessageAlreadyValidated`, `RateLimitExceeded`, and with empty
    /// data when the body has no amount.
    function verify(bytes calldata, bytes calldata message) external returns (bool) {
        address recipient = message.recipientAddress();
        if (recipient != warpRouter) revert WrongRecipient(recipient);
        bytes32 id = message.id();
        if (!mailbox.isDelivering(id)) revert InvalidDeliveredMessage(id);

        _flow(id, message, outboundFlow == FlowDirection.CREDIT);
        return true;
    }

    /// @inheritdoc Bucket
    /// @dev That is what can leave now: what is in the bucket, and no more than the period still
    /// lets leave.
    function calculateCurrentLevel() public view override returns (uint256) {
        (uint256 basis_, uint256 began_) = _period(localCollateral());
        uint256 left = Math.saturatingSub(_fraction(basis_), began_ == began ? gone : 0);
        return Math.min(super.calculateCurrentLevel(), left);
    }

    /// @inheritdoc AbstractPostDispatchHook
    /// @dev Costs nothing, so all value goes back. Reverts `WrongSender`, `MessageNotDispatching`,
    /// `InvalidDispatchedMessage`, `MessageAlreadyValidated`, `RateLimitExceeded`, and with empty
    /// data when the body has no amount.
    function _postDispatch(bytes calldata metadata, bytes calldata message) internal override {
        address sender = message.senderAddress();
        if (sender != warpRouter) revert WrongSender(sender);
        bytes32 id = message.id();
        _requireDispatching(id);
        if (message.nonce() < minOutboundNonce) revert InvalidDispatchedMessage(id);

        _flow(id, message, outboundFlow == FlowDirection.CONSUME);

        _refund(metadata, message, msg.value);
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(
        bytes calldata,
        bytes calldata
    ) internal pure override returns (uint256) {
        return 0;
    }

    function _flow(bytes32 id, bytes calldata message, bool consumes) private {
        if (messageValidated[id]) revert MessageAlreadyValidated(id);
        messageValidated[id] = true;

        uint256 amount = _toLocal(message.body().amount());
        (bool entered, uint256 came) = _enterPeriod(consumes ? 0 : amount, consumes ? amount : 0);
        if (entered) gone = 0;
        if (consumes) {
            _consume(amount);
            gone += amount;
        } else {
            _credit(came);
            gone = Math.saturatingSub(gone, came);
        }

        emit MessageValidated(id);
    }
}
