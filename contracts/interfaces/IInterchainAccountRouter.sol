// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @notice A call for an interchain account to make.
struct Call {
    bytes32 to;
    uint256 value;
    bytes data;
}

/// @title IInterchainAccountRouter
/// @notice Makes calls on other domains from accounts that its callers own there.
interface IInterchainAccountRouter {
    /// @notice Makes `calls` on `destination` from the account of the caller and `userSalt`.
    function callRemoteWithOverrides(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        Call[] calldata calls,
        bytes calldata hookMetadata,
        bytes32 userSalt
    ) external payable returns (bytes32 messageId);

    /// @notice Commits the account of the caller and `salt` to calls that are revealed on
    /// `destination`.
    function callRemoteCommitReveal(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        bytes calldata hookMetadata,
        address hook,
        bytes32 salt,
        bytes32 commitment
    ) external payable returns (bytes32 commitmentMessageId, bytes32 revealMessageId);

    /// @notice Quotes the fee of `callRemoteWithOverrides` in `feeToken`; zero names the native
    /// token.
    function quoteGasPayment(
        address feeToken,
        uint32 destination,
        uint256 gasLimit
    ) external view returns (uint256);

    /// @notice Quotes the fee of `callRemoteCommitReveal`: both of its messages.
    function quoteGasForCommitReveal(
        address feeToken,
        uint32 destination,
        uint256 gasLimit
    ) external view returns (uint256);
}
