// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title TestMessageExecutor
/// @notice Makes each call once and appends who wants it. Anyone relays; a real one would want
/// proof. Source: ERC-5164.
contract TestMessageExecutor {
    error MessageIdAlreadyExecuted(bytes32 messageId);
    error MessageFailure(bytes32 messageId, bytes errorData);

    mapping(bytes32 messageId => bool) public executed;

    function executeMessage(
        address to,
        bytes calldata data,
        bytes32 messageId,
        uint256 fromChainId,
        address from
    ) external {
        if (executed[messageId]) revert MessageIdAlreadyExecuted(messageId);
        executed[messageId] = true;
        (bool success, bytes memory answer) = to.call(
            abi.encodePacked(data, messageId, fromChainId, from)
        );
        if (!success) revert MessageFailure(messageId, answer);
    }

    /// @notice A call without what the standard appends.
    function callBare(address to, bytes calldata data) external {
        (bool success, bytes memory answer) = to.call(data);
        if (!success) revert MessageFailure(bytes32(0), answer);
    }
}
