// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title ICrossDomainMessenger
/// @notice The messenger between an OP Stack chain and its parent chain, on either side.
interface ICrossDomainMessenger {
    /// @notice Has `target` called on the other side with the value sent.
    /// @param minGasLimit Gas that the call gets there at least.
    function sendMessage(address target, bytes calldata message, uint32 minGasLimit)
        external
        payable;

    /// @notice During a call: who sent it on the other side.
    function xDomainMessageSender() external view returns (address);
}
