// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IArbitrumBridge
/// @notice Makes the calls that an Arbitrum chain sends to its parent chain.
interface IArbitrumBridge {
    /// @notice The contracts of the Arbitrum chain on its parent chain.
    function rollup() external view returns (IArbitrumRollup);

    /// @notice During a call: the Outbox that had it made.
    function activeOutbox() external view returns (IArbitrumOutbox);
}

/// @title IArbitrumRollup
/// @notice An Arbitrum chain as its parent chain sees it.
interface IArbitrumRollup {
    /// @notice Executes what the chain sends.
    function outbox() external view returns (IArbitrumOutbox);
}

/// @title IArbitrumOutbox
/// @notice Executes what an Arbitrum chain sends to its parent chain, once, against a proof.
interface IArbitrumOutbox {
    /// @notice Has the bridge call `to`.
    /// @param proof From the sending to a root that the rollup confirmed.
    /// @param index The sending's place under the root.
    /// @param l2Sender Who sent it.
    /// @param value Wei to call with.
    function executeTransaction(
        bytes32[] calldata proof,
        uint256 index,
        address l2Sender,
        address to,
        uint256 l2Block,
        uint256 l1Block,
        uint256 l2Timestamp,
        uint256 value,
        bytes calldata data
    ) external;

    /// @notice During a call: who sent it on the Arbitrum chain.
    function l2ToL1Sender() external view returns (address);
}
