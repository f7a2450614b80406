// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";
import {AbstractPostDispatchHook} from "./AbstractPostDispatchHook.sol";

/// @title PausableHook
/// @notice Lets every message pass, or none while it is paused. For emergencies.
contract PausableHook is AbstractPostDispatchHook, Ownable, Pausable {
    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.PAUSABLE);

    constructor() Ownable(msg.sender) {}

    /// @notice Stops all messages. Only the owner; reverts `EnforcedPause` when paused already.
    function pause() external onlyOwner {
        _pause();
    }

    /// @notice Lets messages pass again. Only the owner; reverts `ExpectedPause` unless paused.
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @inheritdoc AbstractPostDispatchHook
    /// @dev Reverts `EnforcedPause` while paused. Costs nothing, so all value goes back.
    function _postDispatch(
        bytes calldata metadata,
        bytes calldata message
    ) internal override whenNotPaused {
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
