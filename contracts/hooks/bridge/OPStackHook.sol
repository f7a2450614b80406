// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ICrossDomainMessenger} from "../../interfaces/bridges/ICrossDomainMessenger.sol";
import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {StandardHookMetadata} from "../../libs/StandardHookMetadata.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";
import {AbstractMessageIdAuthHook} from "./AbstractMessageIdAuthHook.sol";

/// @title OPStackHook
/// @notice Announces messages from a parent chain to an OP Stack chain, over the chain's own
/// bridge.
contract OPStackHook is AbstractMessageIdAuthHook {
    using StandardHookMetadata for bytes;

    /// @dev The gas that the bridge provides free of charge.
    uint32 private constant GAS_LIMIT = 1_920_000;

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.ID_AUTH_ISM);

    /// @notice The bridge's messenger on this chain.
    ICrossDomainMessenger public immutable l1Messenger;

    constructor(
        address mailbox_,
        uint32 destinationDomain_,
        bytes32 ism_,
        address l1Messenger_
    ) AbstractMessageIdAuthHook(mailbox_, destinationDomain_, ism_) {
        _requireContract(l1Messenger_);
        l1Messenger = ICrossDomainMessenger(l1Messenger_);
    }

    /// @inheritdoc AbstractMessageIdAuthHook
    function _send(address target, bytes memory data, uint256 msgValue, uint256) internal override {
        l1Messenger.sendMessage{value: msgValue}(target, data, GAS_LIMIT);
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(
        bytes calldata metadata,
        bytes calldata
    ) internal pure override returns (uint256) {
        return metadata.msgValue(0);
    }
}
