// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Router} from "@ape-hyperlane/client/Router.sol";

/// @title Counter
/// @notice A number on each chain, which anybody on any other chain may raise.
contract Counter is Router {
    /// @notice One message raises the number by `most` at most.
    error StepTooLarge(uint256 step, uint256 most);

    uint256 public constant MOST = 10;

    uint256 public count;

    constructor(address mailbox_) Router(mailbox_) {}

    /// @notice Raises the number on another chain. `msg.value` pays for the delivery.
    function increment(uint32 domain, uint256 step) external payable returns (bytes32) {
        return _Router_dispatch(domain, msg.value, abi.encode(step));
    }

    /// @notice What `increment` costs.
    function quote(uint32 domain, uint256 step) external view returns (uint256) {
        return _Router_quoteDispatch(domain, abi.encode(step));
    }

    /// @inheritdoc Router
    function _handle(uint32, bytes32, bytes calldata body) internal override {
        uint256 step = abi.decode(body, (uint256));
        if (step > MOST) revert StepTooLarge(step, MOST);

        count += step;
    }
}
