// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ICrossDomainMessenger} from "../../interfaces/bridges/ICrossDomainMessenger.sol";
import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {StandardHookMetadata} from "../../libs/StandardHookMetadata.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";
import {AbstractMessageIdAuthHook} from "./AbstractMessageIdAuthHook.sol";
import {ChildHook} from "./ChildHook.sol";

/// @title OPL2ToL1Hook
/// @notice Announces messages from an OP Stack chain to its parent chain, over the chain's own
/// bridge. Each withdrawal must be proven on the parent chain, and finalised after the challenge
/// period.
contract OPL2ToL1Hook is AbstractMessageIdAuthHook, ChildHook {
    using StandardHookMetadata for bytes;

    /// @notice The minimum gas for the call of the security module.
    uint32 public constant MIN_GAS_LIMIT = 300_000;

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.OP_L2_TO_L1);

    /// @notice The bridge's messenger on this chain.
    ICrossDomainMessenger public immutable l2Messenger;

    constructor(
        address mailbox_,
        uint32 destinationDomain_,
        bytes32 ism_,
        address l2Messenger_,
        address childHook_
    ) AbstractMessageIdAuthHook(mailbox_, destinationDomain_, ism_) ChildHook(childHook_) {
        _requireContract(l2Messenger_);
        l2Messenger = ICrossDomainMessenger(l2Messenger_);
    }

    /// @inheritdoc AbstractMessageIdAuthHook
    function _send(
        address target,
        bytes memory data,
        uint256 msgValue,
        uint256 quote
    ) internal override {
        _postChild(quote - msgValue);
        l2Messenger.sendMessage{value: msgValue}(target, data, MIN_GAS_LIMIT);
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(
        bytes calldata metadata,
        bytes calldata
    ) internal view override returns (uint256) {
        return metadata.msgValue(0) + _quoteChild();
    }
}
