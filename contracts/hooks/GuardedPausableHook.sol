// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {GuardedPausable} from "../base/GuardedPausable.sol";
import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";
import {AbstractPostDispatchHook} from "./AbstractPostDispatchHook.sol";

/// @title GuardedPausableHook
/// @notice Lets every message pass, or none while the owner or a guardian has paused it.
contract GuardedPausableHook is AbstractPostDispatchHook, GuardedPausable {
    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.PAUSABLE);

    /// @param owner_ Unpauses, and names guardians.
    /// @param guardians_ Accounts that can pause.
    /// @param duration For how many seconds a guardian pauses.
    constructor(
        address owner_,
        address[] memory guardians_,
        uint256 duration
    ) GuardedPausable(owner_, guardians_, duration) {}

    /// @inheritdoc AbstractPostDispatchHook
    /// @dev Reverts `EnforcedPause` while paused. Costs nothing, so all value goes back.
    function _postDispatch(bytes calldata metadata, bytes calldata message) internal override {
        if (paused()) revert EnforcedPause();
        _refund(metadata, message, msg.value);
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(
        bytes calldata,
        bytes calldata
    ) internal pure override returns (uint256) {
        return 0;
    }
}
