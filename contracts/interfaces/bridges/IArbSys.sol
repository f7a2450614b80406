// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IArbSys
/// @notice The precompile of Arbitrum chains that sends to the parent chain.
interface IArbSys {
    /// @notice Lets anybody call `destination` on the parent chain, with the value sent, once the
    /// sending is final there.
    /// @return A number that identifies the sending.
    function sendTxToL1(
        address destination,
        bytes calldata data
    ) external payable returns (uint256);
}
