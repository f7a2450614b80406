// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Call, IInterchainAccountRouter} from "../interfaces/IInterchainAccountRouter.sol";
import {CommitmentReadIsm} from "../isms/ccip-read/CommitmentReadIsm.sol";
import {StandardHookMetadata} from "../libs/StandardHookMetadata.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";
import {AbstractInterchainAccountRouter} from "./AbstractInterchainAccountRouter.sol";
import {InterchainAccountMessage} from "./libs/InterchainAccountMessage.sol";

/// @title InterchainAccountRouter
/// @notice Takes and sends calls and commitments to calls.
contract InterchainAccountRouter is AbstractInterchainAccountRouter, IInterchainAccountRouter {
    using InterchainAccountMessage for bytes;
    using TypeCasts for address;
    using TypeCasts for bytes32;

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
        bytes32 router = _mustHaveRemoteRouter(destination);
        return
            _callRemote(destination, router, isms[destination], 0, calls, _refund(), address(hook));
    }

    /// @inheritdoc IInterchainAccountRouter
    function callRemote(
        uint32 destination,
        Call[] calldata calls,
        bytes calldata hookMetadata
    ) external payable returns (bytes32) {
        bytes32 router = _mustHaveRemoteRouter(destination);
        bytes32 ism = isms[destination];
        return _callRemote(destination, router, ism, 0, calls, hookMetadata, address(hook));
    }

    /// @inheritdoc IInterchainAccountRouter
    function callRemoteWithOverrides(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        Call[] calldata calls
    ) external payable returns (bytes32) {
        return _callRemote(destination, router, ism, 0, calls, _refund(), address(hook));
    }

    /// @inheritdoc IInterchainAccountRouter
    function callRemoteWithOverrides(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        Call[] calldata calls,
        bytes32 userSalt
    ) external payable returns (bytes32) {
        return _callRemote(destination, router, ism, userSalt, calls, _refund(), address(hook));
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
        return
            _commitReveal(
                Commitment({
                    destination: destination,
                    router: _mustHaveRemoteRouter(destination),
                    ism: isms[destination],
                    revealingIsm: 0,
                    hook: address(hook),
                    salt: 0,
                    hash: commitment
                }),
                StandardHookMetadata.overrideGasLimit(gasLimit)
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
                hookMetadata
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
                hookMetadata
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

    /// @dev Sends the commitment, and the message whose delivery reveals its calls.
    function _commitReveal(
        Commitment memory sent,
        bytes memory hookMetadata
    ) private returns (bytes32 commitmentMessageId, bytes32 revealMessageId) {
        emit CommitRevealDispatched(sent.hash);
        emit RemoteCallDispatched(sent.destination, msg.sender, sent.router, sent.ism, sent.salt);

        bytes memory body = abi.encodePacked(
            InterchainAccountMessage.COMMITMENT,
            msg.sender.addressToBytes32(),
            sent.ism,
            sent.salt,
            sent.hash
        );
        bytes memory metadata = StandardHookMetadata.overrideGasLimit(COMMIT_TX_GAS_USAGE);
        uint256 fee = _MailboxClient_quoteDispatch(
            sent.destination,
            sent.router,
            body,
            metadata,
            sent.hook
        );
        if (fee > msg.value) revert CommitmentUnderpaid(msg.value, fee);
        commitmentMessageId = _MailboxClient_dispatch(
            sent.destination,
            sent.router,
            fee,
            body,
            metadata,
            sent.hook
        );
        revealMessageId = _MailboxClient_dispatch(
            sent.destination,
            sent.router,
            msg.value - fee,
            abi.encodePacked(InterchainAccountMessage.REVEAL, sent.revealingIsm, sent.hash),
            hookMetadata,
            sent.hook
        );
    }

    /// @inheritdoc AbstractInterchainAccountRouter
    function _revealing(bytes calldata body) internal view override returns (address ism) {
        ism = body.revealingIsm();
        if (ism == address(0)) ism = address(CCIP_READ_ISM);
    }

    function _refund() private view returns (bytes memory) {
        return StandardHookMetadata.overrideRefundAddress(msg.sender);
    }
}
