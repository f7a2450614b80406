// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IPassingHook
/// @notice A hook that passes messages on to other hooks and, while it does, states its own caller.
/// A hook that spends a sender's approval follows these statements up to the Mailbox: see
/// `DispatchBinding`.
/// @dev An addition to the protocol. An answer counts only from a hook that is trusted otherwise.
interface IPassingHook {
    /// @notice The caller of this hook, while it passes the caller's message and metadata on to
    /// `part`; zero while it passes nothing on to `part`. Zero for messages without a fee token.
    function passesOn(address part) external view returns (address caller);
}
