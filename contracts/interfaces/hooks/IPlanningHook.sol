// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IPlanningHook
/// @notice A hook that only passes messages and value on to other hooks. Its caller may ask which
/// these are and call them itself: value then moves once, not once a level.
/// @dev An addition to the protocol. A hook with effects of its own, or one that lets only its own
/// calls through to the others, must not return the selector from `plansDispatch`.
interface IPlanningHook {
    /// @notice Returns the selector of `planDispatch`, as proof that the hook supports it.
    function plansDispatch() external view returns (bytes4);

    /// @notice The hooks that `postDispatch` would call, in order: a single hook gets all the
    /// value; each of several hooks gets the fee that it quotes, and the rest is refunded.
    function planDispatch(
        bytes calldata metadata,
        bytes calldata message
    ) external view returns (address[] memory hooks);
}
