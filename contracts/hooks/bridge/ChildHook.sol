// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {HookCallLib} from "../../libs/HookCall.sol";

/// @title ChildHook
/// @notice The part of a hook that calls another hook first, such as a paymaster for the account
/// that proves the bridge message on the other chain.
abstract contract ChildHook {
    /// @notice A child hook must be a contract.
    error ChildHookNotContract(address childHook);

    /// @notice The hook that is called first, with its quote.
    IPostDispatchHook public immutable childHook;

    constructor(address childHook_) {
        if (childHook_.code.length == 0) revert ChildHookNotContract(childHook_);
        childHook = IPostDispatchHook(childHook_);
    }

    /// @dev Calls the child hook with the call data of this `postDispatch`.
    function _postChild(uint256 value) internal {
        HookCallLib.own().postDispatch(address(childHook), value);
    }

    /// @dev The child hook's quote, for the call data of this `postDispatch` or `quoteDispatch`.
    function _quoteChild() internal view returns (uint256) {
        return HookCallLib.own().quoteDispatch(address(childHook));
    }
}
