// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title IPassingHook
/// @notice A hook that passes messages on to other hooks, and says for whom while it does. A hook
/// that takes money in a sender's name follows the answers up to the Mailbox: see
/// `DispatchBinding`.
/// @dev An addition to the protocol. An answer counts only from a hook that is trusted otherwise.
interface IPassingHook {
    /// @notice Who called this hook with the message that it is passing on to `part` in this
    /// moment, with the same metadata; zero if it is passing on nothing, or nothing to `part`. Only
    /// of messages whose metadata name a fee token.
    function passesOn(address part) external view returns (address caller);
}
