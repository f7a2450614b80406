// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IPlanningHook} from "../interfaces/hooks/IPlanningHook.sol";
import {HookCall} from "./HookCall.sol";
import {StandardHookMetadata} from "./StandardHookMetadata.sol";
import {StaticSet} from "./StaticSet.sol";

/// @title HookPlan
/// @notice Asks hooks for plans, see `IPlanningHook`, and carries them out.
library HookPlan {
    using StandardHookMetadata for bytes;
    using StaticSet for uint256[];

    /// @notice What the hooks before it left of the value does not pay for this hook.
    error InsufficientValue(address hook, uint256 quote, uint256 left);

    /// @dev What a hook may burn on the question whether it plans.
    uint256 private constant QUESTION_GAS = 20_000;

    /// @notice Whether the hook follows `IPlanningHook`. Not for each message: the answer does not
    /// change, so the contract that knows the hook keeps it.
    function plans(address hook) internal view returns (bool answer) {
        bytes4 question = IPlanningHook.plansDispatch.selector;
        bytes4 yes = IPlanningHook.planDispatch.selector;
        assembly ("memory-safe") {
            mstore(0, question)
            answer := staticcall(QUESTION_GAS, hook, 0, 4, 0, 32)
            answer := and(and(answer, gt(returndatasize(), 31)), eq(mload(0), yes))
        }
    }

    /// @notice The plan that passes everything on to one hook.
    function only(address hook) internal pure returns (address[] memory hooks) {
        hooks = new address[](1);
        hooks[0] = hook;
    }

    /// @notice Calls hooks in order, each with its quote in wei. When metadata name a fee token,
    /// quotes are in that and hooks are called without value.
    /// @param hooks In each word a hook: a contract, which is not checked here.
    /// @dev Reverts `InsufficientValue`: hooks need not check what they are paid.
    /// @return left What nobody asked for.
    function carryOut(
        uint256[] memory hooks,
        HookCall hookCall,
        bytes calldata metadata,
        uint256 value
    ) internal returns (uint256 left) {
        left = value;
        bool inWei = metadata.feeToken() == address(0);
        for (uint256 i; i < hooks.length; ++i) {
            address hook = address(uint160(hooks.get(i)));
            uint256 quote;
            if (inWei) {
                quote = hookCall.quoteDispatch(hook);
                if (left < quote) revert InsufficientValue(hook, quote, left);
                unchecked {
                    left -= quote; // just compared
                }
            }
            hookCall.postDispatch(hook, quote);
        }
    }
}
