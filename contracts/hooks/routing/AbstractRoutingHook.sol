// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {HookCallLib} from "../../libs/HookCall.sol";
import {StandardHookMetadata} from "../../libs/StandardHookMetadata.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";
import {PassingHook} from "../PassingHook.sol";

/// @title AbstractRoutingHook
/// @notice Passes each message on to another hook, with all the value and the same metadata.
abstract contract AbstractRoutingHook is AbstractPostDispatchHook, PassingHook {
    using StandardHookMetadata for bytes;

    /// @dev The hook that is being called with a message whose fees are paid in a token.
    address private transient next;

    /// @dev The hook for a message. Must return a contract: callers do not check.
    function _route(bytes calldata message) internal view virtual returns (address);

    /// @inheritdoc AbstractPostDispatchHook
    function _postDispatch(
        bytes calldata metadata,
        bytes calldata message
    ) internal virtual override {
        _passOn(metadata, _route(message));
    }

    /// @dev Passes the call data of this `postDispatch` on to `hook`.
    function _passOn(bytes calldata metadata, address hook) internal {
        if (metadata.feeToken() == address(0)) {
            return HookCallLib.own().postDispatch(hook, msg.value);
        }
        (address outerCaller, address outerNext) = (_passFor(msg.sender), next);
        next = hook;
        HookCallLib.own().postDispatch(hook, msg.value);
        next = outerNext;
        _passFor(outerCaller);
    }

    /// @inheritdoc PassingHook
    function _isPart(address part) internal view override returns (bool) {
        return part == next;
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(
        bytes calldata,
        bytes calldata message
    ) internal view override returns (uint256) {
        return HookCallLib.own().quoteDispatch(_route(message));
    }
}
