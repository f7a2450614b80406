// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {
    ICctpHandlerV1,
    ICctpMessengerV1,
    ICctpTransmitterV1
} from "../../interfaces/bridges/ICctp.sol";
import {TokenBridgeCctpBase} from "./TokenBridgeCctpBase.sol";

/// @title TokenBridgeCctpV1
/// @notice Over CCTP v1, which charges nothing and waits for finality.
/// @dev Burns of v1 do not carry the id of their message. So a made-up message with the sender,
/// amount and recipient of the burn can be delivered instead: the tokens arrive, and the message
/// that was dispatched stays undelivered.
contract TokenBridgeCctpV1 is TokenBridgeCctpBase, ICctpHandlerV1 {
    constructor(
        address erc20,
        address mailbox,
        address messageTransmitter,
        address tokenMessenger
    ) TokenBridgeCctpBase(erc20, mailbox, messageTransmitter, tokenMessenger, 0) {}

    /// @inheritdoc ICctpHandlerV1
    function handleReceiveMessage(
        uint32 sourceDomain,
        bytes32 sender,
        bytes calldata body
    ) external returns (bool) {
        return _receiveMessageId(sourceDomain, sender, body);
    }

    /// @inheritdoc TokenBridgeCctpBase
    function _depositForBurn(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        uint256,
        bytes32 router
    ) internal override {
        ICctpMessengerV1(address(tokenMessenger)).depositForBurnWithCaller(
            amount,
            hyperlaneDomainToCircleDomain(destination),
            recipient,
            address(wrappedToken),
            router
        );
    }

    /// @inheritdoc TokenBridgeCctpBase
    function _sendId(uint32 circleDomain, bytes32 router, bytes32 id) internal override {
        ICctpTransmitterV1(address(messageTransmitter)).sendMessage(
            circleDomain,
            router,
            abi.encode(id)
        );
    }

    /// @inheritdoc TokenBridgeCctpBase
    function _layout() internal pure override returns (uint256 recipientAt, uint256 bodyAt) {
        return (52, 116);
    }
}
