// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {DomainRoutingHook} from "./DomainRoutingHook.sol";

/// @title FallbackDomainRoutingHook
/// @notice Passes each message on to the hook of its destination, or to the fallback hook if it has
/// none.
contract FallbackDomainRoutingHook is DomainRoutingHook {
    /// @notice The hook of destinations that have none of their own.
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
