// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title ICrossDomainMessenger
/// @notice The messenger between an OP Stack chain and its parent chain, on either side.
interface ICrossDomainMessenger {
    /// @notice Has `target` called on the other side with the value sent.
    /// @param minGasLimit Gas that the call gets there at least.
    function sendMessage(
        address target,
        bytes calldata message,
        uint32 minGasLimit
    ) external payable;

    /// @notice During a call: who sent it on the other side.
    function xDomainMessageSender() external view returns (address);
}

/// @title IRelayingMessenger
/// @notice Relay function, called by the bridge, and by anyone for a message that failed before.
interface IRelayingMessenger {
    /// @notice Calls `target` with what was sent on the other side. What fails, or comes during
    /// another relay, is kept, and anyone may call again.
    function relayMessage(
        uint256 nonce,
        address sender,
        address target,
        uint256 value,
        uint256 minGasLimit,
        bytes calldata message
    ) external payable;
}
