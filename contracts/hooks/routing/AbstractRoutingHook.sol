// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {HookCallLib} from "../../libs/HookCall.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";

/// @title AbstractRoutingHook
/// @notice Passes each message on to another hook, with all the value and the same metadata.
abstract contract AbstractRoutingHook is AbstractPostDispatchHook {
    /// @dev The hook that this message is passed on to: a contract, which is not checked again.
    function _route(bytes calldata message) internal view virtual returns (address);

    /// @inheritdoc AbstractPostDispatchHook
    function _postDispatch(bytes calldata, bytes calldata message) internal virtual override {
        HookCallLib.own().postDispatch(_route(message), msg.value);
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(bytes calldata, bytes calldata message)
        internal
        view
        override
        returns (uint256)
    {
        return HookCallLib.own().quoteDispatch(_route(message));
    }
}
