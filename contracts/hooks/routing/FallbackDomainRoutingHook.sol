// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Message} from "../../libs/Message.sol";
import {DomainRoutingHook} from "./DomainRoutingHook.sol";

/// @title FallbackDomainRoutingHook
/// @notice Passes each message on to the hook of its destination, or to one for all others.
contract FallbackDomainRoutingHook is DomainRoutingHook {
    using Message for bytes;

    /// @notice Takes messages to destinations that have no hook.
    address public immutable fallbackHook;

    constructor(address mailbox_, address owner_, address fallback_)
        DomainRoutingHook(mailbox_, owner_)
    {
        if (fallback_.code.length == 0) revert HookNotContract(fallback_);
        fallbackHook = fallback_;
    }

    /// @inheritdoc DomainRoutingHook
    function hookType() external pure override returns (uint8) {
        return uint8(HookTypes.FALLBACK_ROUTING);
    }

    /// @inheritdoc DomainRoutingHook
    function _route(bytes calldata message) internal view override returns (address hook) {
        hook = hooks[message.destination()];
        if (hook == address(0)) hook = fallbackHook;
    }
}
