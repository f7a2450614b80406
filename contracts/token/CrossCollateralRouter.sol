// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {Router} from "../client/Router.sol";
import {ICrossCollateralFee} from "../interfaces/ICrossCollateralFee.sol";
import {ICrossCollateralRouter} from "../interfaces/ICrossCollateralRouter.sol";
import {IMessageRecipient} from "../interfaces/IMessageRecipient.sol";
import {IMovableCollateralRouter} from "../interfaces/IMovableCollateralRouter.sol";
import {ITokenBridge} from "../interfaces/ITokenBridge.sol";
import {Quote} from "../interfaces/ITokenFee.sol";
import {DomainSet} from "../libs/DomainSet.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";
import {HypERC20Collateral} from "./HypERC20Collateral.sol";
import {MovableCollateralRouter} from "./MovableCollateralRouter.sol";
import {TokenRouter} from "./TokenRouter.sol";

/// @title CrossCollateralRouter
/// @notice Locks an ERC-20, and pays it out for transfers of other tokens of the same value.
contract CrossCollateralRouter is HypERC20Collateral, ICrossCollateralRouter {
    using DomainSet for EnumerableSet.UintSet;
    using EnumerableSet for EnumerableSet.Bytes32Set;
    using EnumerableSet for EnumerableSet.UintSet;
    using TypeCasts for address;
    using TypeCasts for bytes32;

    mapping(uint32 domain => EnumerableSet.Bytes32Set) private collateralRouters;

    EnumerableSet.UintSet private collateralDomains;

    mapping(uint32 domain => EnumerableSet.Bytes32Set) private targets;

    constructor(
        address erc20,
        uint256 numerator,
        uint256 denominator,
        address mailbox
    ) HypERC20Collateral(erc20, numerator, denominator, mailbox) {}

    /// @inheritdoc ICrossCollateralRouter
    function enrollCrossCollateralRouters(
        uint32[] calldata domains_,
        bytes32[] calldata routers_
    ) external onlyOwner {
        if (domains_.length != routers_.length) {
            revert LengthMismatch(domains_.length, routers_.length);
        }
        for (uint256 i; i < domains_.length; ++i) {
            _enrollCollateral(domains_[i], routers_[i]);
        }
    }

    /// @inheritdoc ICrossCollateralRouter
    function unenrollCrossCollateralRouters(
        uint32[] calldata domains_,
        bytes32[] calldata routers_
    ) external onlyOwner {
        if (domains_.length != routers_.length) {
            revert LengthMismatch(domains_.length, routers_.length);
        }
        for (uint256 i; i < domains_.length; ++i) {
            (uint32 domain, bytes32 router) = (domains_[i], routers_[i]);
            if (!collateralRouters[domain].remove(router)) continue;
            if (collateralRouters[domain].length() == 0) {
                collateralDomains.remove(domain);
                if (routers(domain) == 0) _forget(domain);
            }

            emit CrossCollateralRouterUnenrolled(domain, router);
        }
    }

    /// @inheritdoc ICrossCollateralRouter
    function addRebalanceTarget(uint32 domain, bytes32 target) external onlyOwner {
        _requireDomain(domain);
        if (target == 0) revert TargetIsZero(domain);
        if (targets[domain].add(target)) emit RebalanceTargetAdded(domain, target);
    }

    /// @inheritdoc ICrossCollateralRouter
    function removeRebalanceTarget(uint32 domain, bytes32 target) external onlyOwner {
        if (targets[domain].remove(target)) emit RebalanceTargetRemoved(domain, target);
    }

    /// @inheritdoc ICrossCollateralRouter
    function transferRemoteTo(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        bytes32 targetRouter
    ) external payable returns (bytes32 messageId) {
        _requireTrusted(destination, targetRouter);
        EnrolledRouter storage remote = _enrolledRouters[destination];
        return
            _sendTo(
                RemoteTransfer(destination, recipient, amount, targetRouter, remote.gas),
                remote.plain
            );
    }

    /// @inheritdoc IMessageRecipient
    /// @dev The Mailbox may call, and trusted routers of this domain. Those send no messages, so a
    /// message from this domain is refused: reverts `RouterNotTrusted`.
    function handle(uint32 origin, bytes32 sender, bytes calldata body) external payable override {
        if (msg.sender == address(mailbox)) {
            if (origin == localDomain) revert RouterNotTrusted(origin, sender);
            _requireTrusted(origin, sender);
            _handle(origin, sender, body);
        } else {
            bytes32 caller = msg.sender.addressToBytes32();
            if (!collateralRouters[localDomain].contains(caller)) {
                revert RouterNotTrusted(localDomain, caller);
            }
            _handle(localDomain, caller, body);
        }
    }

    /// @inheritdoc ICrossCollateralFee
    function quoteTransferRemoteTo(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        bytes32 targetRouter
    ) external view returns (Quote[] memory) {
        _requireTrusted(destination, targetRouter);
        uint256 gas = destinationGas(destination);
        return _quoteSendTo(RemoteTransfer(destination, recipient, amount, targetRouter, gas));
    }

    /// @inheritdoc ICrossCollateralRouter
    function crossCollateralRouters(uint32 domain, bytes32 router) external view returns (bool) {
        return collateralRouters[domain].contains(router);
    }

    /// @inheritdoc ICrossCollateralRouter
    function getCrossCollateralRouters(uint32 domain) external view returns (bytes32[] memory) {
        return collateralRouters[domain].values();
    }

    /// @inheritdoc ICrossCollateralRouter
    function getCrossCollateralDomains() external view returns (uint32[] memory) {
        return collateralDomains.list();
    }

    /// @inheritdoc ICrossCollateralRouter
    function rebalanceTargets(uint32 domain) external view returns (bytes32[] memory) {
        return targets[domain].values();
    }

    /// @inheritdoc ICrossCollateralRouter
    function isRebalanceTarget(uint32 domain, bytes32 target) external view returns (bool) {
        if (target == 0) return false;
        bytes32 recipient = allowedRecipient[domain];
        if (recipient == 0) recipient = routers(domain);
        return target == recipient || targets[domain].contains(target);
    }

    /// @inheritdoc IMovableCollateralRouter
    function addBridge(uint32 domain, ITokenBridge bridge) public override {
        super.addBridge(domain, bridge);

        emit CCRBridgeAdded(domain, address(bridge));
    }

    /// @inheritdoc IMovableCollateralRouter
    function setRecipient(uint32 domain, bytes32 recipient) public override {
        super.setRecipient(domain, recipient);

        emit CCRRecipientSet(domain, recipient);
    }

    /// @inheritdoc TokenRouter
    /// @dev A transfer to a router of this domain is handed to it at once, without a message.
    function _sendTo(
        RemoteTransfer memory outgoing,
        bool plain
    ) internal override returns (bytes32) {
        if (outgoing.destination != localDomain) return super._sendTo(outgoing, plain);
        if (msg.value != 0) revert UnexpectedValue(msg.value);
        _takeWithFees(outgoing);
        IMessageRecipient(outgoing.router.bytes32ToAddress()).handle(
            localDomain,
            address(this).addressToBytes32(),
            abi.encodePacked(outgoing.recipient, _outbound(outgoing.amount))
        );
        return 0;
    }

    /// @inheritdoc MovableCollateralRouter
    /// @dev Keeps bridges and recipient while another router of the domain is trusted: collateral
    /// moves to it over the same bridges.
    function _forget(uint32 domain) internal override {
        if (collateralRouters[domain].length() != 0) return;
        targets[domain].clear();
        super._forget(domain);
    }

    /// @inheritdoc TokenRouter
    function _askFee(
        RemoteTransfer memory outgoing
    ) internal view override returns (Quote[] memory) {
        return
            ICrossCollateralFee(feeRecipient).quoteTransferRemoteTo(
                outgoing.destination,
                outgoing.recipient,
                outgoing.amount,
                outgoing.router
            );
    }

    /// @inheritdoc TokenRouter
    function _quoteDispatch(
        RemoteTransfer memory outgoing
    ) internal view override returns (uint256) {
        return outgoing.destination == localDomain ? 0 : super._quoteDispatch(outgoing);
    }

    /// @inheritdoc Router
    function _requireDomain(uint32 domain) internal view override {
        if (collateralRouters[domain].length() == 0) super._requireDomain(domain);
    }

    function _enrollCollateral(uint32 domain, bytes32 router) private {
        if (router == 0) revert RouterIsZero(domain);
        if (domain == localDomain && router.bytes32ToAddress().code.length == 0) {
            revert RouterNotContract(router);
        }
        if (!collateralRouters[domain].add(router)) return;
        collateralDomains.add(domain);

        emit CrossCollateralRouterEnrolled(domain, router);
    }

    function _requireTrusted(uint32 domain, bytes32 router) private view {
        bool trusted =
            (router != 0 && router == routers(domain)) ||
                collateralRouters[domain].contains(router);
        if (!trusted) revert RouterNotTrusted(domain, router);
    }
}
