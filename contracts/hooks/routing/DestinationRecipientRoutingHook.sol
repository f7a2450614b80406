// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {HookPlan} from "../../libs/HookPlan.sol";
import {Message} from "../../libs/Message.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";
import {AbstractRoutingHook} from "./AbstractRoutingHook.sol";
import {DomainRoutingHook} from "./DomainRoutingHook.sol";

/// @title DestinationRecipientRoutingHook
/// @notice Passes each message on to the hook of its recipient, or else of its destination.
/// @dev A quote is always that of the destination's hook, as in the reference. A recipient's hook
/// is paid all the value of the dispatch and refunds its surplus.
contract DestinationRecipientRoutingHook is DomainRoutingHook {
    using Message for bytes;

    /// @notice The hook for `recipient` on `destination` changed; zero if the hook of the
    /// destination applies.
    event CustomHookSet(uint32 indexed destination, bytes32 indexed recipient, address hook);

    /// @notice The hook for a recipient; zero if it has none of its own.
    mapping(uint32 destination => mapping(bytes32 recipient => address)) public customHooks;

    constructor(address mailbox_, address owner_) DomainRoutingHook(mailbox_, owner_) {}

    /// @notice Sets the hook for a recipient; zero removes it. Only the owner; reverts
    /// `HookNotContract`.
    function configCustomHook(
        uint32 destination,
        bytes32 recipient,
        address hook
    ) external onlyOwner {
        if (hook != address(0) && hook.code.length == 0) revert HookNotContract(hook);

        customHooks[destination][recipient] = hook;

        emit CustomHookSet(destination, recipient, hook);
    }

    /// @inheritdoc DomainRoutingHook
    function planDispatch(
        bytes calldata metadata,
        bytes calldata message
    ) public view override returns (address[] memory) {
        address custom = customHooks[message.destination()][message.recipient()];
        return custom == address(0) ? super.planDispatch(metadata, message) : HookPlan.only(custom);
    }

    /// @inheritdoc AbstractRoutingHook
    function _postDispatch(
        bytes calldata metadata,
        bytes calldata message
    ) internal override(AbstractPostDispatchHook, AbstractRoutingHook) {
        address custom = customHooks[message.destination()][message.recipient()];
        if (custom == address(0)) return super._postDispatch(metadata, message);
        _passOn(metadata, custom);
    }
}
