// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {ITokenFee} from "./ITokenFee.sol";

/// @title ITokenBridge
/// @notice Moves tokens to another domain.
interface ITokenBridge is ITokenFee {
    /// @notice Sends `amount` of the sender's tokens to `recipient` on `destination`.
    /// @param recipient A 32-byte address.
    /// @param amount In the token's smallest unit, without what `quoteTransferRemote` adds.
    /// @return messageId What identifies the transfer to the bridge.
    function transferRemote(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) external payable returns (bytes32 messageId);
}
