// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {HookCall, HookCallLib} from "../../libs/HookCall.sol";
import {StandardHookMetadata} from "../../libs/StandardHookMetadata.sol";
import {StaticSet} from "../../libs/StaticSet.sol";
import {StaticSetFactory} from "../../libs/StaticSetFactory.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";

/// @title StaticAggregationHook
/// @notice Calls a fixed list of hooks, one after the other, and pays each its quote.
contract StaticAggregationHook is AbstractPostDispatchHook {
    using StandardHookMetadata for bytes;
    using StaticSet for uint256[];

    /// @notice What the hooks after it left of the value does not pay for this hook.
    error InsufficientValue(address hook, uint256 quote, uint256 left);

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.AGGREGATION);

    /// @notice The hooks, in the order in which they are called. The argument is ignored.
    function hooks(bytes calldata) external pure returns (address[] memory list) {
        (list,) = StaticSet.addresses();
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _postDispatch(bytes calldata metadata, bytes calldata message) internal override {
        // Each word is a hook, and above its 160 bits what it is paid: no wei total fills 96 bits.
        (uint256[] memory list,) = StaticSet.read();
        HookCall hookCall = HookCallLib.own();
        uint256 left = msg.value;
        // Nothing is asked in wei when fees are paid in a token.
        uint256 i = metadata.feeToken() == address(0) ? list.length : 0;
        // From the last on: hooks that cost something usually are, and once nothing is left to share
        // there is nothing to ask. A hook refuses what is unpaid.
        while (left != 0 && i != 0) {
            unchecked {
                --i; // just compared
            }
            address hook = address(uint160(list.get(i)));
            uint256 quote = hookCall.quoteDispatch(hook);
            if (left < quote) revert InsufficientValue(hook, quote, left);
            unchecked {
                left -= quote; // just compared
            }
            list.set(i, list.get(i) | (quote << 160));
        }
        for (i = 0; i < list.length; ++i) {
            uint256 word = list.get(i);
            hookCall.postDispatch(address(uint160(word)), word >> 160);
        }
        _refund(metadata, message, left);
    }

    /// @inheritdoc AbstractPostDispatchHook
    /// @dev In wei: nothing when fees are paid in a token.
    function _quoteDispatch(bytes calldata metadata, bytes calldata)
        internal
        view
        override
        returns (uint256 sum)
    {
        if (metadata.feeToken() != address(0)) return 0;
        (uint256[] memory list,) = StaticSet.read();
        HookCall hookCall = HookCallLib.own();
        for (uint256 i; i < list.length; ++i) {
            sum += hookCall.quoteDispatch(address(uint160(list.get(i))));
        }
    }
}

/// @title StaticAggregationHookFactory
/// @notice Deploys `StaticAggregationHook`s.
contract StaticAggregationHookFactory is StaticSetFactory {
    /// @notice Each of the hooks must be a contract already: it is not checked when it is called.
    error HookNotContract(address hook);

    constructor() StaticSetFactory(address(new StaticAggregationHook())) {}

    /// @inheritdoc StaticSetFactory
    /// @dev Reverts `HookNotContract`.
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

    /// @notice Where `deploy` puts the hook for this list.
    function getAddress(address[] calldata hooks) external view returns (address) {
        return getAddress(hooks, uint8(hooks.length));
    }
}
