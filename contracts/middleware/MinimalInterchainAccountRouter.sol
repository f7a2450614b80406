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
    function _handleOther(uint256 kind, uint32, bytes32, bytes calldata) internal pure override {
        revert UnknownMessageType(uint8(kind));
    }

    /// @inheritdoc AbstractInterchainAccountRouter
    function _revealing(bytes calldata) internal pure override returns (address) {
        revert UnknownMessageType(InterchainAccountMessage.REVEAL);
    }
}
