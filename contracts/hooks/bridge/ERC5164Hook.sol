// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IMessageDispatcher} from "../../interfaces/bridges/IMessageDispatcher.sol";
import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";
import {AbstractMessageIdAuthHook} from "./AbstractMessageIdAuthHook.sol";

/// @title ERC5164Hook
/// @notice Announces messages to another chain over an ERC-5164 dispatcher, by the chain id that
/// equals the destination domain. Sends no value along.
contract ERC5164Hook is AbstractMessageIdAuthHook {
    /// @notice ERC-5164 transfers no wei.
    error NoValueAllowed(uint256 value);

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.ID_AUTH_ISM);

    /// @notice The dispatcher on this chain.
    IMessageDispatcher public immutable dispatcher;

    constructor(
        address mailbox_,
        uint32 destinationDomain_,
        bytes32 ism_,
        address dispatcher_
    ) AbstractMessageIdAuthHook(mailbox_, destinationDomain_, ism_) {
        _requireContract(dispatcher_);
        dispatcher = IMessageDispatcher(dispatcher_);
    }

    /// @inheritdoc AbstractMessageIdAuthHook
    /// @dev Reverts `NoValueAllowed` for value sent and for value named in the metadata, which
    /// ERC-5164 cannot transfer.
    function _send(address target, bytes memory data, uint256 msgValue, uint256) internal override {
        if (msg.value != 0) revert NoValueAllowed(msg.value);
        if (msgValue != 0) revert NoValueAllowed(msgValue);
        dispatcher.dispatchMessage(destinationDomain, target, data);
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(
        bytes calldata,
        bytes calldata
    ) internal pure override returns (uint256) {
        return 0;
    }
}
