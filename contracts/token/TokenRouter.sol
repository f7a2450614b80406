// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {GasRouter} from "../client/GasRouter.sol";
import {MailboxClient} from "../client/MailboxClient.sol";
import {Router} from "../client/Router.sol";
import {ITokenBridge} from "../interfaces/ITokenBridge.sol";
import {ITokenFee, Quote} from "../interfaces/ITokenFee.sol";
import {ITokenRouter} from "../interfaces/ITokenRouter.sol";
import {DispatchCall} from "../libs/DispatchCall.sol";
import {StandardHookMetadata} from "../libs/StandardHookMetadata.sol";
import {TokenMessage} from "../libs/TokenMessage.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";
import {Allowance} from "./libs/Allowance.sol";
import {TransferCall} from "./libs/TransferCall.sol";

/// @title TokenRouter
/// @notice The base of all warp route contracts: sends and receives transfers. Subclasses take,
/// lock and pay out their kind of token.
abstract contract TokenRouter is GasRouter, ITokenRouter {
    using DispatchCall for bytes;
    using SafeERC20 for IERC20;
    using TokenMessage for bytes;
    using TypeCasts for bytes32;

    /// @dev A transfer to another domain.
    struct RemoteTransfer {
        uint32 destination;
        bytes32 recipient;
        /// @dev In local units.
        uint256 amount;
        /// @dev The router on the destination that pays out.
        bytes32 router;
        /// @dev The gas limit of the delivery.
        uint256 gas;
    }

    /// @dev Bits of `_hookFlags`: a transfer without fees learns from that slot that there
    /// are none, and reads no other.
    uint96 private constant HAS_FEE_RECIPIENT = 1;
    uint96 private constant HAS_FEE_HOOK = 2;
    uint96 internal constant HAS_BRIDGE_FEE = 4;

    /// @inheritdoc ITokenRouter
    uint256 public immutable scaleNumerator;

    /// @inheritdoc ITokenRouter
    uint256 public immutable scaleDenominator;

    /// @inheritdoc ITokenRouter
    address public feeRecipient;

    /// @inheritdoc ITokenRouter
    address public feeHook;

    constructor(uint256 numerator, uint256 denominator, address mailbox) GasRouter(mailbox) {
        if (numerator == 0 || denominator == 0) revert ScaleIsZero(numerator, denominator);

        scaleNumerator = numerator;
        scaleDenominator = denominator;
    }

    /// @inheritdoc ITokenRouter
    function setFeeRecipient(address recipient) external onlyOwner {
        if (recipient == address(this)) revert FeeRecipientIsSelf();

        feeRecipient = recipient;
        _setFlag(HAS_FEE_RECIPIENT, recipient != address(0));

        emit FeeRecipientSet(recipient);
    }

    /// @inheritdoc ITokenRouter
    function setFeeHook(address hook_) external onlyOwner {
        if (hook_ != address(0) && token() == address(0)) revert FeeHookNeedsToken();

        feeHook = hook_;
        _setFlag(HAS_FEE_HOOK, hook_ != address(0));

        emit FeeHookSet(hook_);
    }

    /// @inheritdoc ITokenBridge
    function transferRemote(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) external payable returns (bytes32 messageId) {
        return _transferRemote(destination, recipient, amount);
    }

    /// @inheritdoc ITokenFee
    function quoteTransferRemote(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) external view returns (Quote[] memory quotes) {
        (bytes32 router, uint256 gas, ) = _requireRemote(destination);
        return _quoteSendTo(RemoteTransfer(destination, recipient, amount, router, gas));
    }

    /// @inheritdoc ITokenRouter
    function token() public view virtual returns (address);

    /// @inheritdoc ITokenRouter
    function feeToken() public view returns (address) {
        return feeHook == address(0) ? address(0) : token();
    }

    function _transferRemote(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) internal returns (bytes32 messageId) {
        (bytes32 router, uint256 gas, bool plain) = _requireRemote(destination);
        return _sendTo(RemoteTransfer(destination, recipient, amount, router, gas), plain);
    }

    /// @dev Sends a transfer to a trusted router.
    /// @param plain As in `EnrolledRouter`.
    function _sendTo(
        RemoteTransfer memory outgoing,
        bool plain
    ) internal virtual returns (bytes32 messageId) {
        address hook_;
        uint96 flags;
        // In one expression, so that the slot is read once.
        if (!plain) (hook_, flags) = (address(hook), _hookFlags);
        address payIn;
        uint256 value;
        if (flags == 0) {
            value = _takeFromSender(outgoing.amount, 0);
        } else {
            payIn = feeToken();
            value = _takeWithFees(outgoing);
        }
        uint256 messageAmount = _lock(outgoing.destination, outgoing.recipient, outgoing.amount);

        emit SentTransferRemote(outgoing.destination, outgoing.recipient, messageAmount);

        messageId = _mailboxCall(DispatchCall.DISPATCH, hook_, outgoing, messageAmount, payIn).send(
            address(mailbox),
            value
        );
        // A hook that took less than its quote must not take the rest later.
        if (payIn != address(0)) Allowance.revoke(payIn, feeHook);
    }

    /// @inheritdoc Router
    function _handle(uint32 origin, bytes32, bytes calldata body) internal virtual override {
        if (msg.value != 0) revert UnexpectedValue(msg.value);
        bytes32 recipient = body.recipient();
        uint256 amount = body.amount();

        emit ReceivedTransferRemote(origin, recipient, amount);

        _transferTo(recipient.bytes32ToAddress(), _inbound(amount));
    }

    /// @dev Takes `amount`, the transfer with its fee, from the sender; and `dispatchFee` into this
    /// router's balance. Reverts unless the sender paid both in full.
    /// @return value The part of `msg.value` for the dispatch.
    function _takeFromSender(
        uint256 amount,
        uint256 dispatchFee
    ) internal virtual returns (uint256 value);

    /// @dev Locks, burns or deposits the transferred tokens after fees are paid.
    /// @return The amount for the message.
    function _lock(uint32, bytes32, uint256 amount) internal virtual returns (uint256) {
        return _messageAmount(amount);
    }

    /// @dev Pays `amount` to `recipient`: the receiving half of a transfer.
    /// @param amount In local units.
    function _transferTo(address recipient, uint256 amount) internal virtual;

    /// @dev Pays the fee of a transfer, in `token`.
    function _payFee(address recipient, uint256 fee) internal virtual {
        _transferTo(recipient, fee);
    }

    function _setFlag(uint96 flag, bool set) internal virtual {
        (address hook_, uint96 flags) = (address(hook), _hookFlags);
        _setHookAndFlags(hook_, set ? flags | flag : flags & ~flag);
    }

    /// @inheritdoc MailboxClient
    /// @dev Copies to each enrolled domain whether the route has no hook and no fees (`plain`);
    /// transfers to a plain domain skip reading that slot.
    function _setHookAndFlags(address hook_, uint96 flags) internal override {
        super._setHookAndFlags(hook_, flags);
        uint32[] memory enrolled = domains();
        for (uint256 i; i < enrolled.length; ++i) {
            _enrolledRouters[enrolled[i]].plain = hook_ == address(0) && flags == 0;
        }
    }

    /// @inheritdoc Router
    function _enrollRemoteRouter(uint32 domain, bytes32 router) internal override {
        super._enrollRemoteRouter(domain, router);
        _enrolledRouters[domain].plain = address(hook) == address(0) && _hookFlags == 0;
    }

    /// @inheritdoc Router
    function _unenrollRemoteRouter(uint32 domain) internal virtual override {
        super._unenrollRemoteRouter(domain);
        _enrolledRouters[domain].plain = false;
    }

    /// @dev Takes the amount and all fees from the sender, and pays the fee recipient.
    /// @return value The part of `msg.value` for the dispatch.
    function _takeWithFees(RemoteTransfer memory outgoing) internal returns (uint256 value) {
        uint256 fee = _transferFee(outgoing);
        uint256 dispatchFee;
        if (feeHook != address(0)) {
            dispatchFee = _quoteDispatch(outgoing);
            if (dispatchFee != 0) IERC20(token()).forceApprove(feeHook, dispatchFee);
        }
        uint256 amount = outgoing.amount;
        value = _takeFromSender(amount + fee + _bridgeFee(amount), dispatchFee);
        if (fee != 0) _payFee(feeRecipient, fee);
    }

    /// @dev The quotes of `quoteTransferRemote` for a transfer.
    function _quoteSendTo(
        RemoteTransfer memory outgoing
    ) internal view returns (Quote[] memory quotes) {
        uint256 amount = outgoing.amount;
        quotes = new Quote[](3);
        quotes[0] = Quote(feeToken(), _quoteDispatch(outgoing));
        quotes[1] = Quote(token(), amount + _transferFee(outgoing));
        quotes[2] = Quote(token(), _bridgeFee(amount));
    }

    /// @dev The quotes of the fee recipient for a transfer.
    function _askFee(
        RemoteTransfer memory outgoing
    ) internal view virtual returns (Quote[] memory) {
        return
            ITokenFee(feeRecipient).quoteTransferRemote(
                outgoing.destination,
                outgoing.recipient,
                outgoing.amount
            );
    }

    /// @dev The quote of the hooks for a transfer, in `feeToken`.
    function _quoteDispatch(
        RemoteTransfer memory outgoing
    ) internal view virtual returns (uint256) {
        return
            _mailboxCall(
                DispatchCall.QUOTE_DISPATCH,
                address(hook),
                outgoing,
                _messageAmount(outgoing.amount),
                feeToken()
            ).ask(address(mailbox));
    }

    /// @dev The fee of a third party that carries a transfer of `amount`, on top of it and in
    /// `token`. Charged while `HAS_BRIDGE_FEE` is set.
    function _bridgeFee(uint256 amount) internal view virtual returns (uint256) {}

    /// @dev The amount that `_lock` is going to return.
    function _messageAmount(uint256 amount) internal view virtual returns (uint256) {
        return _outbound(amount);
    }

    /// @dev The bytes that follow the amount in a message; empty for most tokens.
    function _metadata(uint256 messageAmount) internal view virtual returns (bytes memory) {}

    /// @dev A local amount in message units, rounded down. The rest stays with this router.
    function _outbound(uint256 amount) internal view returns (uint256) {
        return _scale(amount, scaleNumerator, scaleDenominator);
    }

    /// @dev The fee recipient's fee for a transfer, in `token`; zero without a fee recipient.
    /// Reverts `TooManyFees`, `FeeNotInToken`.
    function _transferFee(RemoteTransfer memory outgoing) private view returns (uint256) {
        if (feeRecipient == address(0)) return 0;
        Quote[] memory fees = _askFee(outgoing);
        if (fees.length == 0) return 0;
        if (fees.length != 1) revert TooManyFees(feeRecipient, fees.length);
        if (fees[0].token != token()) revert FeeNotInToken(fees[0].token, token());
        return fees[0].amount;
    }

    /// @dev The call data for the Mailbox's `dispatch` or `quoteDispatch`, whichever `selector`
    /// names.
    function _mailboxCall(
        bytes4 selector,
        address hook_,
        RemoteTransfer memory outgoing,
        uint256 messageAmount,
        address payIn
    ) private view returns (bytes memory) {
        bytes memory metadata = _metadata(messageAmount);
        if (metadata.length == 0) {
            return
                TransferCall.encode(
                    selector,
                    outgoing.destination,
                    outgoing.router,
                    hook_,
                    outgoing.recipient,
                    messageAmount,
                    outgoing.gas,
                    msg.sender,
                    payIn
                );
        }
        return
            abi.encodeWithSelector(
                selector,
                outgoing.destination,
                outgoing.router,
                abi.encodePacked(outgoing.recipient, messageAmount, metadata),
                StandardHookMetadata.format(0, outgoing.gas, msg.sender, payIn),
                hook_
            );
    }

    /// @dev A message amount in local units, rounded down. The rest stays with this router.
    function _inbound(uint256 messageAmount) private view returns (uint256) {
        return _scale(messageAmount, scaleDenominator, scaleNumerator);
    }

    function _scale(uint256 amount, uint256 by, uint256 over) private pure returns (uint256) {
        return by == over ? amount : Math.mulDiv(amount, by, over);
    }
}
