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
import {StandardHookMetadata} from "../libs/StandardHookMetadata.sol";
import {TokenMessage} from "../libs/TokenMessage.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";
import {Allowance} from "./libs/Allowance.sol";
import {TransferCall} from "./libs/TransferCall.sol";

/// @title TokenRouter
/// @notice What every end of a warp route does; a subclass knows its kind of token.
abstract contract TokenRouter is GasRouter, ITokenRouter {
    using SafeERC20 for IERC20;
    using TokenMessage for bytes;
    using TransferCall for bytes;
    using TypeCasts for bytes32;

    /// @dev In `hookAndFlags`, so that a transfer without fees reads no other slot for them.
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

    constructor(uint256 numerator, uint256 denominator, address mailbox) MailboxClient(mailbox) {
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
        return _quoteSendTo(destination, recipient, amount, router, gas);
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
        return _sendTo(destination, recipient, amount, router, gas, plain);
    }

    /// @dev Sends to a router that is trusted, and pays for `gas` of the delivery.
    /// @param plain As in `remotes`.
    function _sendTo(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        bytes32 router,
        uint256 gas,
        bool plain
    ) internal virtual returns (bytes32 messageId) {
        address hook_;
        uint96 flags;
        // At once, so that the slot is read once.
        if (!plain) (hook_, flags) = (hookAndFlags.hook, hookAndFlags.flags);
        address payIn;
        uint256 value;
        if (flags == 0) {
            value = _takeFromSender(amount, 0);
        } else {
            payIn = feeToken();
            value = _takeWithFees(destination, recipient, amount, router, gas);
        }
        uint256 messageAmount = _lock(destination, recipient, amount);

        emit SentTransferRemote(destination, recipient, messageAmount);

        messageId = _mailboxCall(
            TransferCall.DISPATCH,
            hook_,
            destination,
            router,
            gas,
            recipient,
            messageAmount,
            payIn
        ).send(address(mailbox), value);
        // What a hook asks for and does not take now, it must not take later.
        if (payIn != address(0)) Allowance.revoke(payIn, feeHook);
    }

    /// @inheritdoc Router
    function _handle(uint32 origin, bytes calldata body) internal virtual override {
        if (msg.value != 0) revert UnexpectedValue(msg.value);
        bytes32 recipient = body.recipient();
        uint256 amount = body.amount();

        emit ReceivedTransferRemote(origin, recipient, amount);

        _transferTo(recipient.bytes32ToAddress(), _inbound(amount));
    }

    /// @dev Takes `amount` out of the sender's hands for a transfer and its fee, and puts
    /// `dispatchFee` into the router's. Reverts unless all of it was there.
    /// @return value What remains of `msg.value` for the dispatch.
    function _takeFromSender(
        uint256 amount,
        uint256 dispatchFee
    ) internal virtual returns (uint256 value);

    /// @dev Does what is left to do with what was taken for a transfer once its fees are paid.
    /// @return The amount for the message.
    function _lock(uint32, bytes32, uint256 amount) internal virtual returns (uint256) {
        return _messageAmount(amount);
    }

    /// @dev Hands out tokens that a transfer on another domain took out of hands.
    /// @param amount In local units of what messages move.
    function _transferTo(address recipient, uint256 amount) internal virtual;

    /// @dev Pays a fee of a transfer, in `token`.
    function _payFee(address recipient, uint256 fee) internal virtual {
        _transferTo(recipient, fee);
    }

    function _setFlag(uint96 flag, bool set) internal virtual {
        (address hook_, uint96 flags) = (hookAndFlags.hook, hookAndFlags.flags);
        _setHookAndFlags(hook_, set ? flags | flag : flags & ~flag);
    }

    /// @inheritdoc MailboxClient
    /// @dev Tells every enrolled domain whether there is anything to read here: a transfer to a
    /// `plain` one does not look.
    function _setHookAndFlags(address hook_, uint96 flags) internal override {
        super._setHookAndFlags(hook_, flags);
        uint32[] memory enrolled = domains();
        for (uint256 i; i < enrolled.length; ++i) {
            remotes[enrolled[i]].plain = hook_ == address(0) && flags == 0;
        }
    }

    /// @inheritdoc Router
    function _enroll(uint32 domain, bytes32 router) internal override {
        super._enroll(domain, router);
        remotes[domain].plain = hookAndFlags.hook == address(0) && hookAndFlags.flags == 0;
    }

    /// @inheritdoc Router
    function _unenroll(uint32 domain) internal virtual override {
        super._unenroll(domain);
        remotes[domain].plain = false;
    }

    /// @dev Takes the amount with all fees and pays them out.
    function _takeWithFees(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        bytes32 router,
        uint256 gas
    ) internal returns (uint256 value) {
        uint256 fee = _transferFee(destination, recipient, amount, router);
        uint256 dispatchFee;
        if (feeHook != address(0)) {
            dispatchFee = _quoteDispatch(destination, recipient, amount, router, gas);
            if (dispatchFee != 0) IERC20(token()).forceApprove(feeHook, dispatchFee);
        }
        value = _takeFromSender(amount + fee + _bridgeFee(amount), dispatchFee);
        if (fee != 0) _payFee(feeRecipient, fee);
    }

    /// @dev What `_sendTo` is going to cost.
    function _quoteSendTo(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        bytes32 router,
        uint256 gas
    ) internal view returns (Quote[] memory quotes) {
        quotes = new Quote[](3);
        quotes[0] = Quote(feeToken(), _quoteDispatch(destination, recipient, amount, router, gas));
        quotes[1] = Quote(token(), amount + _transferFee(destination, recipient, amount, router));
        quotes[2] = Quote(token(), _bridgeFee(amount));
    }

    /// @dev What the fee recipient asks for a transfer to a router.
    function _askFee(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        bytes32
    ) internal view virtual returns (Quote[] memory) {
        return ITokenFee(feeRecipient).quoteTransferRemote(destination, recipient, amount);
    }

    /// @dev What the hooks ask for, in `feeToken`.
    function _quoteDispatch(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        bytes32 router,
        uint256 gas
    ) internal view virtual returns (uint256) {
        return
            _mailboxCall(
                TransferCall.QUOTE_DISPATCH,
                hookAndFlags.hook,
                destination,
                router,
                gas,
                recipient,
                _messageAmount(amount),
                feeToken()
            ).ask(address(mailbox));
    }

    /// @dev What a third party takes out of a transfer of `amount`, on top of it, in `token`.
    /// Charged while `HAS_BRIDGE_FEE` is set.
    function _bridgeFee(uint256 amount) internal view virtual returns (uint256) {}

    /// @dev What `_lock` is going to return.
    function _messageAmount(uint256 amount) internal view virtual returns (uint256) {
        return _outbound(amount);
    }

    /// @dev What a message tells besides its amount.
    function _metadata(uint256 messageAmount) internal view virtual returns (bytes memory) {}

    /// @dev The message amount of a local one. The fraction stays with this router.
    function _outbound(uint256 amount) internal view returns (uint256) {
        return _scale(amount, scaleNumerator, scaleDenominator);
    }

    /// @dev What the fee recipient asks for, in the route's token.
    function _transferFee(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        bytes32 router
    ) private view returns (uint256) {
        if (feeRecipient == address(0)) return 0;
        Quote[] memory fees = _askFee(destination, recipient, amount, router);
        if (fees.length == 0) return 0;
        if (fees.length != 1) revert TooManyFees(feeRecipient, fees.length);
        if (fees[0].token != token()) revert FeeNotInToken(fees[0].token, token());
        return fees[0].amount;
    }

    /// @dev A call of the Mailbox's `dispatch` or `quoteDispatch`, by `selector`.
    function _mailboxCall(
        bytes4 selector,
        address hook_,
        uint32 destination,
        bytes32 router,
        uint256 gas,
        bytes32 recipient,
        uint256 messageAmount,
        address payIn
    ) private view returns (bytes memory) {
        bytes memory metadata = _metadata(messageAmount);
        if (metadata.length == 0) {
            return
                TransferCall.encode(
                    selector,
                    destination,
                    router,
                    hook_,
                    recipient,
                    messageAmount,
                    gas,
                    msg.sender,
                    payIn
                );
        }
        return
            abi.encodeWithSelector(
                selector,
                destination,
                router,
                abi.encodePacked(recipient, messageAmount, metadata),
                StandardHookMetadata.format(0, gas, msg.sender, payIn),
                hook_
            );
    }

    /// @dev The local amount of a message's. The fraction stays with this router.
    function _inbound(uint256 messageAmount) private view returns (uint256) {
        return _scale(messageAmount, scaleDenominator, scaleNumerator);
    }

    function _scale(uint256 amount, uint256 by, uint256 over) private pure returns (uint256) {
        return by == over ? amount : Math.mulDiv(amount, by, over);
    }
}
