// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IPermit2
/// @notice The part of Permit2 that spends allowances: a contract, the same on every chain, that
/// accounts approve once and then give others allowances by signature.
interface IPermit2 {
    /// @notice An allowance of one token that `spender` gets.
    struct PermitSingle {
        PermitDetails details;
        address spender;
        /// @dev Seconds; the last moment at which it may be submitted.
        uint256 sigDeadline;
    }

    struct PermitDetails {
        address token;
        uint160 amount;
        /// @dev Seconds; the last moment at which it may be spent.
        uint48 expiration;
        uint48 nonce;
    }

    /// @notice Gives what `owner` signed.
    function permit(
        address owner,
        PermitSingle calldata permitSingle,
        bytes calldata signature
    ) external;

    /// @notice Moves tokens by the caller's allowance.
    function transferFrom(address from, address to, uint160 amount, address token) external;
}
