// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {Router} from "../client/Router.sol";
import {IMovableCollateralRouter} from "../interfaces/IMovableCollateralRouter.sol";
import {ITokenBridge} from "../interfaces/ITokenBridge.sol";
import {Quote} from "../interfaces/ITokenFee.sol";
import {Refund} from "../libs/Refund.sol";
import {TokenRouter} from "./TokenRouter.sol";
import {Allowance} from "./libs/Allowance.sol";

/// @title MovableCollateralRouter
/// @notice A router whose collateral rebalancers can move between the domains of its route.
abstract contract MovableCollateralRouter is TokenRouter, IMovableCollateralRouter {
    using EnumerableSet for EnumerableSet.AddressSet;
    using SafeERC20 for IERC20;

    /// @inheritdoc IMovableCollateralRouter
    mapping(uint32 domain => bytes32) public allowedRecipient;

    EnumerableSet.AddressSet private rebalancers;

    mapping(uint32 domain => EnumerableSet.AddressSet) private bridges;

    /// @inheritdoc IMovableCollateralRouter
    function addRebalancer(address rebalancer) external onlyOwner {
        rebalancers.add(rebalancer);
    }

    /// @inheritdoc IMovableCollateralRouter
    function removeRebalancer(address rebalancer) external onlyOwner {
        rebalancers.remove(rebalancer);
    }

    /// @inheritdoc IMovableCollateralRouter
    function addBridge(uint32 domain, ITokenBridge bridge) public virtual onlyOwner {
        _requireDomain(domain);
        bridges[domain].add(address(bridge));
    }

    /// @inheritdoc IMovableCollateralRouter
    function removeBridge(uint32 domain, ITokenBridge bridge) external onlyOwner {
        bridges[domain].remove(address(bridge));
        Allowance.revoke(token(), address(bridge));
    }

    /// @inheritdoc IMovableCollateralRouter
    function setRecipient(uint32 domain, bytes32 recipient) public virtual onlyOwner {
        _requireDomain(domain);
        allowedRecipient[domain] = recipient;
    }

    /// @inheritdoc IMovableCollateralRouter
    function removeRecipient(uint32 domain) external onlyOwner {
        delete allowedRecipient[domain];
    }

    /// @inheritdoc IMovableCollateralRouter
    function approveTokenForBridge(address token_, ITokenBridge bridge) external onlyOwner {
        Allowance.revoke(token_, address(bridge));
    }

    /// @inheritdoc IMovableCollateralRouter
    function rebalance(uint32 domain, uint256 amount, ITokenBridge bridge) external payable {
        if (!rebalancers.contains(msg.sender)) revert NotRebalancer(msg.sender);
        if (!bridges[domain].contains(address(bridge))) {
            revert BridgeNotAllowed(domain, address(bridge));
        }
        bytes32 recipient = allowedRecipient[domain];
        if (recipient == 0) recipient = _mustHaveRemoteRouter(domain);

        Quote[] memory quotes = bridge.quoteTransferRemote(domain, recipient, amount);
        uint256 tokens = _sum(quotes, token());
        uint256 value = _sum(quotes, address(0));
        uint256 fee = Math.saturatingSub(tokens, amount);
        if (fee != 0) _takeFromSender(fee, 0);
        if (value > address(this).balance) {
            revert NativeFeeExceedsBalance(value, address(this).balance);
        }

        bool native = token() == address(0);
        if (!native) IERC20(token()).forceApprove(address(bridge), tokens);
        bridge.transferRemote{value: value}(domain, recipient, amount);
        Allowance.revoke(token(), address(bridge));

        Refund.send(msg.sender, Math.saturatingSub(msg.value, native ? fee : value));

        emit CollateralMoved(domain, recipient, amount, msg.sender);
    }

    /// @inheritdoc IMovableCollateralRouter
    function allowedRebalancers() external view returns (address[] memory) {
        return rebalancers.values();
    }

    /// @inheritdoc IMovableCollateralRouter
    function isAllowedRebalancer(address rebalancer) external view returns (bool) {
        return rebalancers.contains(rebalancer);
    }

    /// @inheritdoc IMovableCollateralRouter
    function allowedBridges(uint32 domain) external view returns (address[] memory) {
        return bridges[domain].values();
    }

    /// @inheritdoc Router
    function _unenrollRemoteRouter(uint32 domain) internal override {
        _forget(domain);
        super._unenrollRemoteRouter(domain);
    }

    /// @dev Removes the bridges and the recipient of a domain.
    function _forget(uint32 domain) internal virtual {
        bridges[domain].clear();
        delete allowedRecipient[domain];
    }

    /// @dev The sum of the quotes in one token.
    function _sum(Quote[] memory quotes, address token_) private pure returns (uint256 sum) {
        for (uint256 i; i < quotes.length; ++i) {
            if (quotes[i].token == token_) sum += quotes[i].amount;
        }
    }
}
