// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {
    ICctpHandlerV2,
    ICctpMessengerV2,
    ICctpTransmitterV2
} from "../../interfaces/bridges/ICctp.sol";
import {Message} from "../../libs/Message.sol";
import {TypeCasts} from "../../libs/TypeCasts.sol";
import {TokenRouter} from "../TokenRouter.sol";
import {CctpMessage} from "../libs/CctpMessage.sol";
import {TokenBridgeCctpBase} from "./TokenBridgeCctpBase.sol";

/// @title TokenBridgeCctpV2
/// @notice Over CCTP v2, which takes a fee for not waiting for finality. Senders pay it on top, at
/// most `maxFeePpm` of what is burnt: so the recipient gets the amount, or what was not charged of
/// the fee as well. Messages carry what is burnt, and burns carry the id of their message.
contract TokenBridgeCctpV2 is TokenBridgeCctpBase, ICctpHandlerV2 {
    using CctpMessage for bytes;
    using Message for bytes;
    using TypeCasts for address;

    /// @notice The highest fee of Circle, in millionths of the burnt amount, changed.
    event MaxFeePpmSet(uint256 maxFeePpm);

    /// @notice The highest fee must be below a million millionths.
    error MaxFeeTooHigh();

    uint256 private constant MILLION = 1e6;

    /// @dev Where the hook data of a burn message's body start.
    uint256 private constant HOOK_DATA_OFFSET = 228;

    /// @dev The first value of `maxFeePpm`: immutable, so that a proxy has it too.
    uint256 private immutable firstMaxFeePpm;

    /// @notice Finality that a burn needs before it is minted: 1000 confirmed, 2000 finalised.
    uint32 public immutable minFinalityThreshold;

    /// @notice The highest fee of Circle, in millionths of the burnt amount.
    uint256 public maxFeePpm;

    constructor(
        address erc20,
        address mailbox,
        address messageTransmitter,
        address tokenMessenger,
        uint256 maxFeePpm_,
        uint32 minFinalityThreshold_
    ) TokenBridgeCctpBase(erc20, mailbox, messageTransmitter, tokenMessenger, 1) {
        if (maxFeePpm_ >= MILLION) revert MaxFeeTooHigh();
        firstMaxFeePpm = maxFeePpm_;
        minFinalityThreshold = minFinalityThreshold_;
    }

    /// @inheritdoc TokenBridgeCctpBase
    function initialize(address hook, address owner, string[] calldata urls) external override {
        _initialize(hook, owner, urls);
        _setMaxFeePpm(firstMaxFeePpm);
    }

    /// @notice Changes the highest fee of Circle. Only the owner; reverts `MaxFeeTooHigh`.
    function setMaxFeePpm(uint256 maxFeePpm_) external onlyOwner {
        if (maxFeePpm_ >= MILLION) revert MaxFeeTooHigh();
        _setMaxFeePpm(maxFeePpm_);
    }

    /// @inheritdoc ICctpHandlerV2
    function handleReceiveFinalizedMessage(
        uint32 sourceDomain,
        bytes32 sender,
        uint32,
        bytes calldata messageBody
    ) external returns (bool) {
        return _receiveMessageId(sourceDomain, sender, messageBody);
    }

    /// @inheritdoc ICctpHandlerV2
    /// @dev The attesters vouch for no less finality than the hook asked for.
    function handleReceiveUnfinalizedMessage(
        uint32 sourceDomain,
        bytes32 sender,
        uint32,
        bytes calldata messageBody
    ) external returns (bool) {
        return _receiveMessageId(sourceDomain, sender, messageBody);
    }

    /// @inheritdoc TokenBridgeCctpBase
    /// @dev The message is dispatched next, so its id is known: Circle's contracts call no contract
    /// that could dispatch another message first.
    function _depositForBurn(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        uint256 maxFee,
        bytes32 router
    ) internal override {
        bytes memory message = abi.encodePacked(
            abi.encodePacked(Message.VERSION, mailbox.nonce(), localDomain),
            address(this).addressToBytes32(),
            abi.encodePacked(destination, router, recipient, amount)
        );
        ICctpMessengerV2(address(tokenMessenger)).depositForBurnWithHook(
            amount,
            hyperlaneDomainToCircleDomain(destination),
            recipient,
            address(wrappedToken),
            router,
            maxFee,
            minFinalityThreshold,
            abi.encode(keccak256(message))
        );
    }

    /// @inheritdoc TokenBridgeCctpBase
    /// @dev Bridges of the reference burn without the id: their burns are accepted for any message
    /// with the same sender, amount and recipient.
    function _requireBound(bytes calldata burn, bytes calldata message) internal pure override {
        if (burn.length != HOOK_DATA_OFFSET + 32) return;
        bytes32 id = burn.word(HOOK_DATA_OFFSET);
        if (id != message.id()) revert InvalidMessageId();
    }

    /// @inheritdoc TokenBridgeCctpBase
    function _sendId(uint32 circleDomain, bytes32 router, bytes32 id) internal override {
        ICctpTransmitterV2(address(messageTransmitter)).sendMessage(
            circleDomain,
            router,
            router,
            minFinalityThreshold,
            abi.encode(id)
        );
    }

    /// @inheritdoc TokenRouter
    /// @dev So that `amount` remains of what is burnt; rounded up, as Circle may take all of it.
    function _bridgeFee(uint256 amount) internal view override returns (uint256) {
        uint256 ppm = maxFeePpm;
        return Math.mulDiv(amount, ppm, MILLION - ppm, Math.Rounding.Ceil);
    }

    /// @inheritdoc TokenBridgeCctpBase
    function _layout() internal pure override returns (uint256 recipientAt, uint256 bodyAt) {
        return (76, 148);
    }

    function _setMaxFeePpm(uint256 maxFeePpm_) private {
        maxFeePpm = maxFeePpm_;
        _setFlag(HAS_BRIDGE_FEE, maxFeePpm_ != 0);

        emit MaxFeePpmSet(maxFeePpm_);
    }
}
