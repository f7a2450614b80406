// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {DomainRoutingHook} from "./DomainRoutingHook.sol";

/// @title FallbackDomainRoutingHook
/// @notice Passes each message on to the hook of its destination, or to one for all others.
contract FallbackDomainRoutingHook is DomainRoutingHook {
    /// @notice Takes messages to destinations that have no hook.
    address public immutable fallbackHook;

    bool private immutable fallbackPlans;

    constructor(
        address mailbox_,
        address owner_,
        address fallback_
    ) DomainRoutingHook(mailbox_, owner_) {
        fallbackHook = fallback_;
        fallbackPlans = _routeTo(fallback_).plans;
    }

    /// @inheritdoc DomainRoutingHook
    function hookType() external pure override returns (uint8) {
        return uint8(HookTypes.FALLBACK_ROUTING);
    }

    /// @inheritdoc DomainRoutingHook
    function _find(uint32 destination) internal view override returns (Route memory route) {
        route = routes[destination];
        if (route.hook == address(0)) return Route(fallbackHook, fallbackPlans);
    }
}
