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
/// @notice Limits the net outflow of a token router per period, as its hook and, in an aggregation,
/// one of its security modules. The limit is `thresholdBps` of the router's holdings when the
/// period began, and the level of the bucket. Value leaves a collateral router when messages are
/// delivered, and a synthetic token when they are sent.
/// @dev Counts amounts but verifies nothing: aggregate it with a module that does. Counts messages
/// of the Mailbox only: withdrawals of lenders and moves of rebalancers are not counted. An inflow
/// is credited only as far as the router's holdings grew since the previous message: so a transfer
/// that a routing hook led past this hook cannot be credited later, and after a rebalancing an
/// inflow is credited that much less.
contract NetFlowRateLimitedHookIsm is AbstractMailboxHook, TvlBucket, IInterchainSecurityModule {
    using Delivery for IMailbox;
    using Message for bytes;
    using TokenMessage for bytes;

    /// @notice The effect of a message on the bucket.
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

    /// @notice The message was dispatched before this contract was deployed.
    error InvalidDispatchedMessage(bytes32 messageId);

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.RATE_LIMITED);

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    /// @notice The Mailbox's nonce at the deployment: older messages are refused.
    uint32 public immutable minOutboundNonce;

    /// @notice The block of the deployment.
    uint48 public immutable deployedAtBlock;

    /// @notice The effect of messages that the router sends on the bucket. Received messages have
    /// the opposite effect.
    FlowDirection public immutable outboundFlow;

    /// @notice True for messages whose amount this limit has already counted.
    mapping(bytes32 messageId => bool) public messageValidated;

    /// @dev The net outflow in the period of the last flow.
    uint256 private gone;

    /// @param router The token router that uses this contract as hook and security module.
    /// @param maxFlowBps The fraction of its holdings that may leave at once, in basis points,
    /// below 10,000.
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
    /// @dev Counts a message while the Mailbox delivers it. Reverts `WrongRecipient`,
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
    /// @dev The amount that can leave now: the level of the bucket, limited by the rest of the
    /// period's limit.
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
