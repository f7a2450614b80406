// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {AbstractMailboxHook} from "../AbstractMailboxHook.sol";
import {AbstractRoutingHook} from "./AbstractRoutingHook.sol";

/// @title DefaultHook
/// @notice Passes every message on to the Mailbox's current default hook. For settings that need
/// the address of a hook.
contract DefaultHook is AbstractRoutingHook, AbstractMailboxHook {
    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.MAILBOX_DEFAULT_HOOK);

    constructor(address mailbox_) AbstractMailboxHook(mailbox_) {}

    /// @notice The Mailbox's default hook. The reference shows it under this name.
    function _hook() public view returns (IPostDispatchHook) {
        return mailbox.defaultHook();
    }

    /// @inheritdoc AbstractRoutingHook
    function _route(bytes calldata) internal view override returns (address) {
        return address(_hook());
    }
}
