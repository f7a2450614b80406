// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {Forward} from "../../libs/Forward.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";

/// @title AbstractRoutingHook
/// @notice Passes each message on to another hook, with all the value and the same metadata.
abstract contract AbstractRoutingHook is AbstractPostDispatchHook {
    using Forward for address;

    /// @dev The hook that this message is passed on to.
    function _route(bytes calldata message) internal view virtual returns (address);

    /// @inheritdoc AbstractPostDispatchHook
    function _postDispatch(bytes calldata, bytes calldata message) internal virtual override {
        _route(message).toCall(IPostDispatchHook.postDispatch.selector, msg.value);
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(bytes calldata, bytes calldata message)
        internal
        view
        override
        returns (uint256)
    {
        return _route(message).toStaticCallForWord(IPostDispatchHook.quoteDispatch.selector);
    }
}
