// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {Forward} from "../../libs/Forward.sol";
import {StandardHookMetadata} from "../../libs/StandardHookMetadata.sol";
import {StaticSet} from "../../libs/StaticSet.sol";
import {StaticSetFactory} from "../../libs/StaticSetFactory.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";

/// @title StaticAggregationHook
/// @notice Calls a fixed list of hooks, one after the other, and pays each its quote.
contract StaticAggregationHook is AbstractPostDispatchHook {
    using Forward for address;
    using StandardHookMetadata for bytes;

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
        (address[] memory list,) = StaticSet.addresses();
        uint256[] memory quotes = new uint256[](list.length);
        uint256 left = msg.value;
        // From the last on: hooks that cost something usually are, and once nothing is left to share
        // there is nothing to ask. A hook refuses what is unpaid.
        for (uint256 i = list.length; left != 0 && i != 0;) {
            unchecked {
                --i; // just compared
            }
            uint256 quote = _quote(list[i], metadata);
            if (left < quote) revert InsufficientValue(list[i], quote, left);
            unchecked {
                left -= quote; // just compared
            }
            quotes[i] = quote;
        }
        for (uint256 i; i < list.length; ++i) {
            list[i].toCall(IPostDispatchHook.postDispatch.selector, quotes[i]);
        }
        _refund(metadata, message, left);
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(bytes calldata metadata, bytes calldata)
        internal
        view
        override
        returns (uint256 sum)
    {
        (address[] memory list,) = StaticSet.addresses();
        for (uint256 i; i < list.length; ++i) {
            sum += _quote(list[i], metadata);
        }
    }

    /// @dev In wei: nothing when fees are paid in a token.
    function _quote(address hook, bytes calldata metadata) private view returns (uint256) {
        if (metadata.feeToken() != address(0)) return 0;
        return hook.toStaticCallForWord(IPostDispatchHook.quoteDispatch.selector);
    }
}

/// @title StaticAggregationHookFactory
/// @notice Deploys `StaticAggregationHook`s.
contract StaticAggregationHookFactory is StaticSetFactory {
    constructor() StaticSetFactory(address(new StaticAggregationHook())) {}

    /// @notice Deploys the hook that calls `hooks` in this order, or returns the one that exists.
    function deploy(address[] calldata hooks) external returns (address) {
        return deploy(hooks, uint8(hooks.length));
    }

    /// @notice Where `deploy` puts the hook for this list.
    function getAddress(address[] calldata hooks) external view returns (address) {
        return getAddress(hooks, uint8(hooks.length));
    }
}
