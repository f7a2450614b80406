// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {StaticSetFactory} from "../../base/StaticSetFactory.sol";
import {IPlanningHook} from "../../interfaces/hooks/IPlanningHook.sol";
import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {HookCall, HookCallLib} from "../../libs/HookCall.sol";
import {HookPlan} from "../../libs/HookPlan.sol";
import {StandardHookMetadata} from "../../libs/StandardHookMetadata.sol";
import {StaticSet} from "../../libs/StaticSet.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";
import {PassingHook} from "../PassingHook.sol";

/// @title StaticAggregationHook
/// @notice Calls a fixed list of hooks in order and pays each its quote. When fees are paid in a
/// token the hooks take them themselves, and no value is passed on.
contract StaticAggregationHook is IPlanningHook, AbstractPostDispatchHook, PassingHook {
    using HookPlan for uint256[];
    using StandardHookMetadata for bytes;
    using StaticSet for uint256[];

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.AGGREGATION);

    /// @notice The hooks, in the order in which they are called. The argument is ignored.
    function hooks(bytes calldata) external pure returns (address[] memory list) {
        (list, ) = StaticSet.addresses();
    }

    /// @inheritdoc IPlanningHook
    function plansDispatch() external pure returns (bytes4) {
        return this.planDispatch.selector;
    }

    /// @inheritdoc IPlanningHook
    /// @dev Reverts `UnsupportedMetadata`.
    function planDispatch(
        bytes calldata metadata,
        bytes calldata
    ) external view returns (address[] memory list) {
        if (!supportsMetadata(metadata)) revert UnsupportedMetadata(metadata);
        (list, ) = StaticSet.addresses();
        // A plan of one hook would pass all the value on to that hook, more than its quote.
        if (list.length == 1) list[0] = address(this);
    }

    /// @inheritdoc AbstractPostDispatchHook
    /// @dev Reverts `InsufficientValue`.
    function _postDispatch(bytes calldata metadata, bytes calldata message) internal override {
        (uint256[] memory list, ) = StaticSet.read();
        bool inToken = metadata.feeToken() != address(0);
        address outer;
        if (inToken) outer = _passFor(msg.sender);
        uint256 left = list.carryOut(HookCallLib.own(), metadata, msg.value);
        if (inToken) _passFor(outer);
        _refund(metadata, message, left);
    }

    /// @inheritdoc AbstractPostDispatchHook
    /// @dev The sum of the hooks' quotes, in wei or in the fee token of the metadata.
    function _quoteDispatch(
        bytes calldata,
        bytes calldata
    ) internal view override returns (uint256 sum) {
        (uint256[] memory list, ) = StaticSet.read();
        HookCall hookCall = HookCallLib.own();
        for (uint256 i; i < list.length; ++i) {
            sum += hookCall.quoteDispatch(address(uint160(list.get(i))));
        }
    }

    /// @inheritdoc PassingHook
    function _isPart(address part) internal pure override returns (bool) {
        (uint256[] memory list, ) = StaticSet.read();
        for (uint256 i; i < list.length; ++i) {
            if (uint160(list.get(i)) == uint160(part)) return true;
        }
        return false;
    }
}

/// @title StaticAggregationHookFactory
/// @notice Deploys `StaticAggregationHook`s.
contract StaticAggregationHookFactory is StaticSetFactory {
    /// @notice Each hook must be a contract when the list is deployed: later calls do not check.
    error HookNotContract(address hook);

    constructor() StaticSetFactory(address(new StaticAggregationHook())) {}

    /// @inheritdoc StaticSetFactory
    /// @dev Reverts `HookNotContract`, and `DuplicateValue` for a hook that would be called twice.
    function deploy(address[] calldata hooks, uint8 threshold) public override returns (address) {
        for (uint256 i; i < hooks.length; ++i) {
            if (hooks[i].code.length == 0) revert HookNotContract(hooks[i]);
        }
        return super.deploy(hooks, threshold);
    }

    /// @notice Deploys the hook that calls `hooks` in this order, or returns the one that exists.
    function deploy(address[] calldata hooks) external returns (address) {
        return deploy(hooks, uint8(hooks.length));
    }

    /// @notice Address at which `deploy` puts the hook for this list.
    function getAddress(address[] calldata hooks) external view returns (address) {
        return getAddress(hooks, uint8(hooks.length));
    }
}
