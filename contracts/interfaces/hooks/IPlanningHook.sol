// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title IPlanningHook
/// @notice A hook that only passes messages and value on to other hooks. Whoever would call it may
/// ask which these are and call them itself: value then moves once, not once a level.
/// @dev An addition to the protocol. A hook with effects of its own, or one that lets only its own
/// calls through to the others, must not say that it plans.
interface IPlanningHook {
    /// @notice The selector of `planDispatch`, from hooks that follow this interface.
    function plansDispatch() external view returns (bytes4);

    /// @notice What `postDispatch` would call: a single hook with all the value, or several in
    /// order, each with what it quotes, while the rest is refunded.
    function planDispatch(
        bytes calldata metadata,
        bytes calldata message
    ) external view returns (address[] memory hooks);
}
