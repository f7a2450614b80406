// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {HookCallLib} from "../../libs/HookCall.sol";

/// @title ChildHook
/// @notice For hooks that have another hook called first, such as a paymaster for whoever proves
/// the sending on the other chain.
abstract contract ChildHook {
    /// @notice A child hook must be a contract.
    error ChildHookNotContract(address childHook);

    /// @notice The hook that is called first, with its quote.
    IPostDispatchHook public immutable childHook;

    constructor(address childHook_) {
        if (childHook_.code.length == 0) revert ChildHookNotContract(childHook_);
        childHook = IPostDispatchHook(childHook_);
    }

    /// @dev For use in `postDispatch`.
    function _postChild(uint256 value) internal {
        HookCallLib.own().postDispatch(address(childHook), value);
    }

    /// @dev For use in `postDispatch` and `quoteDispatch`.
    function _quoteChild() internal view returns (uint256) {
        return HookCallLib.own().quoteDispatch(address(childHook));
    }
}
