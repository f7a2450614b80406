// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Call, IInterchainAccountRouter} from "../interfaces/IInterchainAccountRouter.sol";
import {CommitmentReadIsm} from "../isms/ccip-read/CommitmentReadIsm.sol";
import {StandardHookMetadata} from "../libs/StandardHookMetadata.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";
import {AbstractInterchainAccountRouter} from "./AbstractInterchainAccountRouter.sol";
import {InterchainAccountMessage} from "./libs/InterchainAccountMessage.sol";
import {OwnableMulticall} from "./libs/OwnableMulticall.sol";

/// @title InterchainAccountRouter
/// @notice Takes and sends calls and commitments to calls.
contract InterchainAccountRouter is AbstractInterchainAccountRouter, IInterchainAccountRouter {
    using InterchainAccountMessage for bytes;
    using StandardHookMetadata for bytes;
    using TypeCasts for address;
    using TypeCasts for bytes32;

    /// @dev A commitment on its way.
    struct Commitment {
        uint32 destination;
        bytes32 router;
        bytes32 ism;
        bytes32 revealingIsm;
        address hook;
        bytes32 salt;
        bytes32 hash;
    }

    /// @notice The module that reveals the calls of commitments, unless a message names another.
    CommitmentReadIsm public immutable CCIP_READ_ISM;

    /// @inheritdoc IInterchainAccountRouter
    uint256 public immutable COMMIT_TX_GAS_USAGE;

    /// @param commitmentGas The gas limit of a message that brings a commitment.
    /// @param urls The servers that revealed calls are read from.
    constructor(
        address mailbox,
        address hook,
        address owner,
        uint256 commitmentGas,
        string[] memory urls
    ) AbstractInterchainAccountRouter(mailbox, hook, owner) {
        CCIP_READ_ISM = new CommitmentReadIsm(owner, urls);
        COMMIT_TX_GAS_USAGE = commitmentGas;
    }

    /// @inheritdoc IInterchainAccountRouter
    function callRemote(
        uint32 destination,
        Call[] calldata calls
    ) external payable returns (bytes32) {
        (bytes32 router, bytes32 ism, address hook_) = _enrolled(destination);
        return _send(destination, router, ism, 0, calls, _noMetadata(), hook_);
    }

    /// @inheritdoc IInterchainAccountRouter
    function callRemote(
        uint32 destination,
        Call[] calldata calls,
        bytes calldata hookMetadata
    ) external payable returns (bytes32) {
        (bytes32 router, bytes32 ism, address hook_) = _enrolled(destination);
        return _callRemote(destination, router, ism, 0, calls, hookMetadata, hook_);
    }

    /// @inheritdoc IInterchainAccountRouter
    function callRemoteWithOverrides(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        Call[] calldata calls
    ) external payable returns (bytes32) {
        return _callRemote(destination, router, ism, 0, calls, _noMetadata(), address(hook));
    }

    /// @inheritdoc IInterchainAccountRouter
    function callRemoteWithOverrides(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        Call[] calldata calls,
        bytes32 userSalt
    ) external payable returns (bytes32) {
        return _callRemote(destination, router, ism, userSalt, calls, _noMetadata(), address(hook));
    }

    /// @inheritdoc IInterchainAccountRouter
    function callRemoteWithOverrides(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        Call[] calldata calls,
        bytes calldata hookMetadata,
        bytes32 userSalt
    ) external payable returns (bytes32) {
        return _callRemote(destination, router, ism, userSalt, calls, hookMetadata, address(hook));
    }

    /// @inheritdoc IInterchainAccountRouter
    function callRemoteWithOverrides(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        Call[] calldata calls,
        bytes calldata hookMetadata,
        bytes32 salt,
        address hook_
    ) external payable returns (bytes32) {
        return _callRemote(destination, router, ism, salt, calls, hookMetadata, hook_);
    }

    /// @inheritdoc IInterchainAccountRouter
    function callRemoteCommitReveal(
        uint32 destination,
        bytes32 commitment,
        uint256 gasLimit
    ) external payable returns (bytes32, bytes32) {
        (bytes32 router, bytes32 ism, address hook_) = _enrolled(destination);
        return
            _commitReveal(
                Commitment(destination, router, ism, 0, hook_, 0, commitment),
                StandardHookMetadata.overrideGasLimit(gasLimit),
                address(0)
            );
    }

    /// @inheritdoc IInterchainAccountRouter
    function callRemoteCommitReveal(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        bytes calldata hookMetadata,
        address hook_,
        bytes32 salt,
        bytes32 commitment
    ) external payable returns (bytes32, bytes32) {
        return
            _commitReveal(
                Commitment(destination, router, ism, 0, hook_, salt, commitment),
                hookMetadata,
                hookMetadata.feeToken()
            );
    }

    /// @inheritdoc IInterchainAccountRouter
    function callRemoteCommitReveal(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        bytes32 ccipReadIsm,
        bytes calldata hookMetadata,
        address hook_,
        bytes32 salt,
        bytes32 commitment
    ) external payable returns (bytes32, bytes32) {
        return
            _commitReveal(
                Commitment(destination, router, ism, ccipReadIsm, hook_, salt, commitment),
                hookMetadata,
                hookMetadata.feeToken()
            );
    }

    /// @inheritdoc IInterchainAccountRouter
    function getDeployedInterchainAccount(
        uint32 origin,
        bytes32 owner_,
        bytes32 router,
        address ism
    ) external returns (address) {
        return getDeployedInterchainAccount(origin, owner_, router, ism, 0);
    }

    /// @inheritdoc IInterchainAccountRouter
    function getLocalInterchainAccount(
        uint32 origin,
        bytes32 owner_,
        bytes32 router,
        address ism,
        bytes32 userSalt
    ) external view returns (address) {
        return _localAccount(origin, owner_, router, ism, userSalt);
    }

    /// @inheritdoc IInterchainAccountRouter
    function getLocalInterchainAccount(
        uint32 origin,
        bytes32 owner_,
        bytes32 router,
        address ism
    ) external view returns (address) {
        return _localAccount(origin, owner_, router, ism, 0);
    }

    /// @inheritdoc IInterchainAccountRouter
    function getRemoteInterchainAccount(
        uint32 destination,
        address owner_
    ) external view returns (address) {
        return getRemoteInterchainAccount(destination, owner_, 0);
    }

    /// @inheritdoc IInterchainAccountRouter
    function getRemoteInterchainAccount(
        address owner_,
        address router,
        address ism
    ) external view returns (address) {
        return getRemoteInterchainAccount(owner_, router, ism, 0);
    }

    /// @inheritdoc IInterchainAccountRouter
    function quoteGasPayment(uint32 destination) external view returns (uint256) {
        return _Router_quoteDispatch(destination, "");
    }

    /// @inheritdoc IInterchainAccountRouter
    function quoteGasPayment(
        address feeToken,
        uint32 destination,
        uint256 gasLimit
    ) external view returns (uint256) {
        return _quote(destination, gasLimit, feeToken);
    }

    /// @inheritdoc IInterchainAccountRouter
    function quoteGasForCommitReveal(
        uint32 destination,
        uint256 gasLimit
    ) external view returns (uint256) {
        return quoteGasForCommitReveal(address(0), destination, gasLimit);
    }

    /// @inheritdoc IInterchainAccountRouter
    function getRemoteInterchainAccount(
        uint32 destination,
        address owner_,
        bytes32 userSalt
    ) public view returns (address) {
        return
            getRemoteInterchainAccount(
                owner_,
                _mustHaveRemoteRouter(destination).bytes32ToAddress(),
                isms[destination].bytes32ToAddress(),
                userSalt
            );
    }

    /// @inheritdoc IInterchainAccountRouter
    function quoteGasForCommitReveal(
        address feeToken,
        uint32 destination,
        uint256 gasLimit
    ) public view returns (uint256) {
        return
            _quote(destination, COMMIT_TX_GAS_USAGE, feeToken) +
            _quote(destination, gasLimit, feeToken);
    }

    /// @inheritdoc AbstractInterchainAccountRouter
    function _handleOther(
        uint256 kind,
        uint32 origin,
        bytes32 sender,
        bytes calldata body
    ) internal override {
        // What came with the message would stay here: only calls can have value.
        if (msg.value != 0) revert UnexpectedValue(msg.value);
        if (kind == InterchainAccountMessage.REVEAL) return; // its module has made the calls
        OwnableMulticall(payable(_account(origin, sender, body))).setCommitment(body.commitment());
    }

    /// @dev Sends the commitment, and the message whose delivery reveals its calls. Returns surplus
    /// payment.
    /// @param feeToken As in `hookMetadata`.
    function _commitReveal(
        Commitment memory sent,
        bytes memory hookMetadata,
        address feeToken
    ) private returns (bytes32 commitmentMessageId, bytes32 revealMessageId) {
        if (sent.router == 0) revert RouterNotEnrolled(sent.destination);

        emit CommitRevealDispatched(sent.hash);
        emit RemoteCallDispatched(sent.destination, msg.sender, sent.router, sent.ism, sent.salt);

        bytes memory body = abi.encodePacked(
            InterchainAccountMessage.COMMITMENT,
            msg.sender.addressToBytes32(),
            sent.ism,
            sent.salt,
            sent.hash
        );
        bytes memory metadata = StandardHookMetadata.format(
            0,
            COMMIT_TX_GAS_USAGE,
            msg.sender,
            feeToken
        );
        bytes memory revealBody = abi.encodePacked(
            InterchainAccountMessage.REVEAL,
            sent.revealingIsm,
            sent.hash
        );
        uint256 value = _quote(sent, body, metadata);
        if (feeToken != address(0)) {
            _takeFee(feeToken, value + _quote(sent, revealBody, hookMetadata));
            value = 0;
        }
        if (value > msg.value) revert CommitmentUnderpaid(msg.value, value);
        commitmentMessageId = _sendPart(sent, value, body, metadata);
        revealMessageId = _sendPart(sent, msg.value - value, revealBody, hookMetadata);
        if (msg.value != 0) _returnSurplus();
    }

    function _sendPart(
        Commitment memory sent,
        uint256 value,
        bytes memory body,
        bytes memory metadata
    ) private returns (bytes32) {
        return
            _MailboxClient_dispatch(
                sent.destination,
                sent.router,
                value,
                body,
                metadata,
                sent.hook
            );
    }

    function _quote(
        Commitment memory sent,
        bytes memory body,
        bytes memory metadata
    ) private view returns (uint256) {
        return
            _MailboxClient_quoteDispatch(sent.destination, sent.router, body, metadata, sent.hook);
    }

    /// @inheritdoc AbstractInterchainAccountRouter
    function _revealing(bytes calldata body) internal view override returns (address ism) {
        ism = body.revealingIsm();
        if (ism == address(0)) ism = address(CCIP_READ_ISM);
    }

    /// @dev The router, module and hook for calls to a domain. Reverts `RouterNotEnrolled`.
    function _enrolled(
        uint32 destination
    ) private view returns (bytes32 router, bytes32 ism, address hook_) {
        bool plain;
        (router, , plain) = _requireRemote(destination);
        if (!plain) (ism, hook_) = (isms[destination], address(hook));
    }

    function _noMetadata() private pure returns (bytes calldata) {
        return msg.data[0:0];
    }
}
