// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IPlanningHook} from "../../interfaces/hooks/IPlanningHook.sol";
import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {DomainSet} from "../../libs/DomainSet.sol";
import {Forward} from "../../libs/Forward.sol";
import {HookPlan} from "../../libs/HookPlan.sol";
import {Message} from "../../libs/Message.sol";
import {AbstractMailboxHook} from "../AbstractMailboxHook.sol";
import {AbstractRoutingHook} from "./AbstractRoutingHook.sol";

/// @title DomainRoutingHook
/// @notice Passes each message on to the hook of its destination.
contract DomainRoutingHook is IPlanningHook, AbstractRoutingHook, AbstractMailboxHook, Ownable {
    using DomainSet for EnumerableSet.UintSet;
    using EnumerableSet for EnumerableSet.UintSet;
    using Forward for address;
    using Message for bytes;

    /// @notice The hook of one destination.
    struct HookConfig {
        uint32 destination;
        address hook;
    }

    /// @notice The hook of `destination` changed; zero if it has none.
    event DomainHookSet(uint32 indexed destination, address hook);

    /// @notice A hook must be a contract, or zero.
    error HookNotContract(address hook);

    /// @notice There is no hook for messages to this destination.
    error NoHookForDestination(uint32 destination);

    /// @dev Fits one slot.
    struct Route {
        address hook;
        /// @dev True if the hook follows `IPlanningHook`.
        bool plans;
    }

    mapping(uint32 destination => Route) internal routes;

    EnumerableSet.UintSet private routed;

    constructor(address mailbox_, address owner_) AbstractMailboxHook(mailbox_) Ownable(owner_) {}

    /// @notice Sets the hook of a destination; zero removes it. Only the owner; reverts
    /// `HookNotContract`.
    function setHook(uint32 destination, address hook) external onlyOwner {
        _setHook(destination, hook);
    }

    /// @notice Sets the hooks of several destinations. Only the owner; reverts `HookNotContract`.
    function setHooks(HookConfig[] calldata configs) external onlyOwner {
        for (uint256 i; i < configs.length; ++i) {
            _setHook(configs[i].destination, configs[i].hook);
        }
    }

    /// @notice The hook of a destination; zero if it has none.
    function hooks(uint32 destination) external view returns (address) {
        return routes[destination].hook;
    }

    /// @notice The destinations that have a hook.
    function domains() external view returns (uint32[] memory) {
        return routed.list();
    }

    /// @inheritdoc IPostDispatchHook
    function hookType() external pure virtual returns (uint8) {
        return uint8(HookTypes.ROUTING);
    }

    /// @inheritdoc IPostDispatchHook
    /// @dev True: the hook that the message is passed on to checks the metadata.
    function supportsMetadata(bytes calldata) public pure override returns (bool) {
        return true;
    }

    /// @inheritdoc IPlanningHook
    function plansDispatch() external pure returns (bytes4) {
        return this.planDispatch.selector;
    }

    /// @inheritdoc IPlanningHook
    /// @dev Reverts `NoHookForDestination`.
    function planDispatch(
        bytes calldata,
        bytes calldata message
    ) public view virtual returns (address[] memory) {
        Route memory route = _find(message.destination());
        if (route.plans) route.hook.returnAnswerOf();
        return HookPlan.only(route.hook);
    }

    /// @inheritdoc AbstractRoutingHook
    /// @dev Reverts `NoHookForDestination`.
    function _route(bytes calldata message) internal view override returns (address) {
        return _find(message.destination()).hook;
    }

    /// @dev The hook of a destination. Reverts `NoHookForDestination`.
    function _find(uint32 destination) internal view virtual returns (Route memory route) {
        route = routes[destination];
        if (route.hook == address(0)) revert NoHookForDestination(destination);
    }

    /// @dev Reverts `HookNotContract`.
    function _routeTo(address hook) internal view returns (Route memory) {
        if (hook.code.length == 0) revert HookNotContract(hook);
        return Route(hook, HookPlan.plans(hook));
    }

    function _setHook(uint32 destination, address hook) private {
        if (hook == address(0)) {
            routed.remove(destination);
            delete routes[destination];
        } else {
            routed.add(destination);
            routes[destination] = _routeTo(hook);
        }

        emit DomainHookSet(destination, hook);
    }
}
