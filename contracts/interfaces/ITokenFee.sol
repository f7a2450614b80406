// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @notice An amount of a token that somebody has to pay; `token` zero is the native token.
struct Quote {
    address token;
    uint256 amount;
}

/// @title ITokenFee
/// @notice Says what a transfer costs.
interface ITokenFee {
    /// @notice What has to be paid to send `amount` to `recipient` on `destination`.
    function quoteTransferRemote(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) external view returns (Quote[] memory quotes);
}
