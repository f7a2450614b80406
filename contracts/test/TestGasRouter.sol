// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {GasRouter} from "../client/GasRouter.sol";

/// @title TestGasRouter
/// @notice A router that shows what it was handed.
contract TestGasRouter is GasRouter {
    /// @notice A message came in, with `value` wei.
    event Handled(uint32 origin, bytes body, uint256 value);

    constructor(address mailbox) GasRouter(mailbox) {}

    /// @notice Sets everything up, once; for who may call see `Initializable`.
    function initialize(address hook, address ism, address owner) external initializer {
        _MailboxClient_initialize(hook, ism, owner);
    }

    function _handle(uint32 origin, bytes32, bytes calldata body) internal override {
        emit Handled(origin, body, msg.value);
    }
}
