// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {DomainSet} from "../../libs/DomainSet.sol";
import {Message} from "../../libs/Message.sol";
import {AbstractMailboxHook} from "../AbstractMailboxHook.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";
import {AbstractRoutingHook} from "./AbstractRoutingHook.sol";

/// @title DomainRoutingHook
/// @notice Passes each message on to the hook of its destination.
contract DomainRoutingHook is AbstractRoutingHook, AbstractMailboxHook, Ownable {
    using DomainSet for EnumerableSet.UintSet;
    using EnumerableSet for EnumerableSet.UintSet;
    using Message for bytes;

    /// @notice The hook of one destination.
    struct HookConfig {
        uint32 destination;
        address hook;
    }

    /// @notice Messages to `destination` go to this hook from now on; zero means there is none.
    event DomainHookSet(uint32 indexed destination, address hook);

    /// @notice A hook must be a contract, or zero.
    error HookNotContract(address hook);

    /// @notice There is no hook for messages to this destination.
    error NoHookForDestination(uint32 destination);

    /// @notice The hook of a destination; zero if it has none.
    mapping(uint32 destination => address) public hooks;

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

    /// @notice The destinations that have a hook.
    function domains() external view returns (uint32[] memory) {
        return routed.list();
    }

    /// @inheritdoc IPostDispatchHook
    function hookType() external pure virtual returns (uint8) {
        return uint8(HookTypes.ROUTING);
    }

    /// @inheritdoc IPostDispatchHook
    /// @dev Always: the hook that a message is passed on to says what it supports.
    function supportsMetadata(bytes calldata) public pure override returns (bool) {
        return true;
    }

    /// @inheritdoc AbstractRoutingHook
    /// @dev Reverts `NoHookForDestination`.
    function _route(bytes calldata message) internal view virtual override returns (address hook) {
        uint32 destination = message.destination();
        hook = hooks[destination];
        if (hook == address(0)) revert NoHookForDestination(destination);
    }

    function _setHook(uint32 destination, address hook) private {
        if (hook == address(0)) routed.remove(destination);
        else if (hook.code.length == 0) revert HookNotContract(hook);
        else routed.add(destination);

        hooks[destination] = hook;

        emit DomainHookSet(destination, hook);
    }
}
