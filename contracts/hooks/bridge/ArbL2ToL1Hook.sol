// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IArbSys} from "../../interfaces/bridges/IArbSys.sol";
import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {StandardHookMetadata} from "../../libs/StandardHookMetadata.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";
import {AbstractMessageIdAuthHook} from "./AbstractMessageIdAuthHook.sol";
import {ChildHook} from "./ChildHook.sol";

/// @title ArbL2ToL1Hook
/// @notice Announces messages from an Arbitrum chain to its parent chain, over the chain's own
/// bridge. Each L2-to-L1 message must be executed on the parent chain after the challenge period.
contract ArbL2ToL1Hook is AbstractMessageIdAuthHook, ChildHook {
    using StandardHookMetadata for bytes;

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.ARB_L2_TO_L1);

    /// @notice The `ArbSys` precompile.
    IArbSys public immutable arbSys;

    constructor(
        address mailbox_,
        uint32 destinationDomain_,
        bytes32 ism_,
        address arbSys_,
        address childHook_
    ) AbstractMessageIdAuthHook(mailbox_, destinationDomain_, ism_) ChildHook(childHook_) {
        _requireContract(arbSys_);
        arbSys = IArbSys(arbSys_);
    }

    /// @inheritdoc AbstractMessageIdAuthHook
    function _send(
        address target,
        bytes memory data,
        uint256 msgValue,
        uint256 quote
    ) internal override {
        _postChild(quote - msgValue);
        arbSys.sendTxToL1{value: msgValue}(target, data);
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(
        bytes calldata metadata,
        bytes calldata
    ) internal view override returns (uint256) {
        return metadata.msgValue(0) + _quoteChild();
    }
}
