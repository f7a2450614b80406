// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @notice An amount of a token that the sender of a transfer has to pay; `token` zero is the
/// native token.
struct Quote {
    address token;
    uint256 amount;
}

/// @title ITokenFee
/// @notice Quotes the cost of a transfer.
interface ITokenFee {
    /// @notice The amounts to pay for sending `amount` to `recipient` on `destination`.
    function quoteTransferRemote(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) external view returns (Quote[] memory quotes);
}
