// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IMessageDispatcher
/// @notice Sends calls to other chains. Source: ERC-5164.
interface IMessageDispatcher {
    /// @notice Has `to` called on another chain.
    /// @return messageId Identifies the sending.
    function dispatchMessage(
        uint256 toChainId,
        address to,
        bytes calldata data
    ) external payable returns (bytes32 messageId);
}
