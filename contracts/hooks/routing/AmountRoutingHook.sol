// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {AmountPartition} from "../../base/AmountPartition.sol";
import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {AbstractRoutingHook} from "./AbstractRoutingHook.sol";

/// @title AmountRoutingHook
/// @notice Passes token messages on to one of two hooks, by the amount that they transfer.
contract AmountRoutingHook is AbstractRoutingHook, AmountPartition {
    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.AMOUNT_ROUTING);

    constructor(
        address lowerHook,
        address upperHook,
        uint256 threshold_
    ) AmountPartition(lowerHook, upperHook, threshold_) {}

    /// @inheritdoc AbstractRoutingHook
    function _route(bytes calldata message) internal view override returns (address) {
        return _partition(message);
    }
}
