// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {
    IERC7786GatewaySource,
    IERC7786Recipient
} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";

/// @title TestGateway
/// @notice A gateway of another protocol: sends nothing, wants no fee, and delivers whatever anyone
/// says.
contract TestGateway is IERC7786GatewaySource {
    /// @notice Result of `sendMessage`.
    bytes32 public sendId;

    /// @notice The value of the last message.
    uint256 public lastValue;

    /// @notice The payload of the last message.
    bytes public lastPayload;

    constructor(bytes32 sendId_) {
        sendId = sendId_;
    }

    /// @inheritdoc IERC7786GatewaySource
    function sendMessage(
        bytes calldata,
        bytes calldata payload,
        bytes[] calldata
    ) external payable returns (bytes32) {
        (lastValue, lastPayload) = (msg.value, payload);
        return sendId;
    }

    /// @notice Calls a recipient.
    function deliver(
        IERC7786Recipient recipient,
        bytes calldata sender,
        bytes calldata payload
    ) external payable returns (bytes4) {
        return recipient.receiveMessage{value: msg.value}(bytes32(0), sender, payload);
    }

    /// @inheritdoc IERC7786GatewaySource
    function supportsAttribute(bytes4 selector) external pure returns (bool) {
        return selector == bytes4(keccak256("gasLimit(uint256)"));
    }
}

/// @title TestAnsweringGateway
/// @notice Answers calls of functions that it lacks, with nothing.
contract TestAnsweringGateway is TestGateway {
    constructor() TestGateway(bytes32(0)) {}

    fallback() external payable {}
}
