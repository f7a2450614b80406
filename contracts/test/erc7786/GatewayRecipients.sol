// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC7786Recipient} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";

/// @title TestGatewayRecipient
/// @notice Takes messages of any gateway, keeps the last, and does on the way what it was told.
contract TestGatewayRecipient is IERC7786Recipient {
    /// @notice The recipient was told to refuse.
    error Refused();

    /// @notice The id of the last message.
    bytes32 public lastId;

    /// @notice The sender of the last message.
    bytes public lastSender;

    /// @notice The payload of the last message.
    bytes public lastPayload;

    /// @notice The gateway of the last message.
    address public lastGateway;

    /// @notice Number of messages that it took.
    uint256 public received;

    /// @notice Revert data of the call on the way; empty if that succeeded.
    bytes public reason;

    bytes4 private answer = IERC7786Recipient.receiveMessage.selector;

    bool private refuses;

    address private target;

    bytes private data;

    /// @notice Has it answer so from now on.
    function setAnswer(bytes4 answer_) external {
        answer = answer_;
    }

    /// @notice Has it revert from now on, or no more.
    function setRefuses(bool refuses_) external {
        refuses = refuses_;
    }

    /// @notice Has it call `target` while it receives.
    function setCall(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    /// @inheritdoc IERC7786Recipient
    function receiveMessage(
        bytes32 receiveId,
        bytes calldata sender,
        bytes calldata payload
    ) external payable returns (bytes4) {
        if (refuses) revert Refused();
        ++received;
        (lastId, lastSender, lastPayload) = (receiveId, sender, payload);
        lastGateway = msg.sender;
        if (target != address(0)) {
            (bool success, bytes memory returned) = target.call(data);
            reason = success ? bytes("") : returned;
        }
        return answer;
    }
}

/// @title LightGatewayRecipient
/// @notice Receives and forgets. For measurements.
contract LightGatewayRecipient is IERC7786Recipient {
    /// @inheritdoc IERC7786Recipient
    function receiveMessage(
        bytes32,
        bytes calldata,
        bytes calldata
    ) external payable returns (bytes4) {
        return IERC7786Recipient.receiveMessage.selector;
    }
}
