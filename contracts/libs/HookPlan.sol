// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IPlanningHook} from "../interfaces/hooks/IPlanningHook.sol";
import {HookCall} from "./HookCall.sol";
import {StandardHookMetadata} from "./StandardHookMetadata.sol";
import {StaticSet} from "./StaticSet.sol";

/// @title HookPlan
/// @notice Asks hooks for their plans (see `IPlanningHook`) and executes them.
library HookPlan {
    using StandardHookMetadata for bytes;
    using StaticSet for uint256[];

    /// @notice The value left after the earlier hooks' quotes is below this hook's quote.
    error InsufficientValue(address hook, uint256 quote, uint256 left);

    /// @dev Gas limit of the call that asks a hook whether it plans.
    uint256 private constant QUESTION_GAS = 20_000;

    /// @notice Tells whether the hook follows `IPlanningHook`. The answer never changes: a contract
    /// asks once, when it is given the hook, and stores the answer.
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

    /// @notice Calls hooks in order, each with its quote in wei. When the metadata names a fee
    /// token, quotes are in that token and hooks are called without value.
    /// @param hooks One address per word. Not checked to be contracts.
    /// @dev Reverts `InsufficientValue`: hooks need not check their payment.
    /// @return left The value that no hook quoted.
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
