// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {InterchainAccountMessage} from "./libs/InterchainAccountMessage.sol";
import {AbstractInterchainAccountRouter} from "./AbstractInterchainAccountRouter.sol";

/// @title MinimalInterchainAccountRouter
/// @notice Takes and sends calls only: no commitments, no defaults per domain.
contract MinimalInterchainAccountRouter is AbstractInterchainAccountRouter {
    constructor(
        address mailbox,
        address hook,
        address owner
    ) AbstractInterchainAccountRouter(mailbox, hook, owner) {}

    /// @inheritdoc AbstractInterchainAccountRouter
    function _handle(uint32 origin, bytes32 sender, bytes calldata body) internal override {
        _refuse(InterchainAccountMessage.messageType(body));
        super._handle(origin, sender, body);
    }

    /// @inheritdoc AbstractInterchainAccountRouter
    function _revealing(bytes calldata) internal pure override returns (address) {
        revert UnknownMessageType(InterchainAccountMessage.REVEAL);
    }

    function _refuse(uint8 kind) private pure {
        if (kind != InterchainAccountMessage.CALLS) revert UnknownMessageType(kind);
    }
}
