// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {Router} from "@ape-hyperlane/client/Router.sol";

/// @title BridgedToken
/// @notice An ERC-20 that is burnt on one chain and minted on another. To bridge a token that exists
/// already, use a warp route instead.
contract BridgedToken is Router, ERC20 {
    /// @notice Tokens left for another chain.
    event Sent(uint32 indexed domain, address indexed to, uint256 amount);

    constructor(
        address mailbox_,
        uint256 supply
    ) Router(mailbox_) ERC20("Bridged", "BRD") {
        if (supply != 0) _mint(msg.sender, supply);
    }

    /// @notice Sends tokens to an account of another chain. `msg.value` pays for the delivery.
    function transferRemote(
        uint32 domain,
        address to,
        uint256 amount
    ) external payable returns (bytes32) {
        _burn(msg.sender, amount);

        emit Sent(domain, to, amount);
        return _Router_dispatch(domain, msg.value, abi.encode(to, amount));
    }

    /// @notice What `transferRemote` costs.
    function quote(uint32 domain) external view returns (uint256) {
        return _Router_quoteDispatch(domain, abi.encode(address(0), uint256(0)));
    }

    /// @inheritdoc Router
    function _handle(uint32, bytes32, bytes calldata body) internal override {
        (address to, uint256 amount) = abi.decode(body, (address, uint256));
        _mint(to, amount);
    }
}
