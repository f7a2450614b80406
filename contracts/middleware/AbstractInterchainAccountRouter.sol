// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";

import {MailboxClient} from "../client/MailboxClient.sol";
import {Router} from "../client/Router.sol";
import {Call, IAbstractInterchainAccountRouter} from "../interfaces/IInterchainAccountRouter.sol";
import {IInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";
import {IMessageRecipient} from "../interfaces/IMessageRecipient.sol";
import {IRoutingIsm} from "../interfaces/isms/IRoutingIsm.sol";
import {AbstractRoutingIsm} from "../isms/routing/AbstractRoutingIsm.sol";
import {DispatchCall} from "../libs/DispatchCall.sol";
import {Message} from "../libs/Message.sol";
import {Refund} from "../libs/Refund.sol";
import {StandardHookMetadata} from "../libs/StandardHookMetadata.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";
import {AccountCalls} from "./libs/AccountCalls.sol";
import {CallsMessage} from "./libs/CallsMessage.sol";
import {InterchainAccountMessage} from "./libs/InterchainAccountMessage.sol";
import {OwnableMulticall} from "./libs/OwnableMulticall.sol";

/// @title AbstractInterchainAccountRouter
/// @notice The base of routers of interchain accounts: sends calls to accounts on other domains,
/// and makes those that come from there.
/// @dev Any contract on any domain may send: the domain and the sender are part of what an account
/// is made from, so that each sender reaches accounts of its own only. For the same reason the
/// module that a message names is asked whether to believe it: it is part of the account, too.
abstract contract AbstractInterchainAccountRouter is
    Router,
    AbstractRoutingIsm,
    IAbstractInterchainAccountRouter
{
    using AccountCalls for address;
    using DispatchCall for bytes;
    using InterchainAccountMessage for bytes;
    using Message for bytes;
    using SafeERC20 for IERC20;
    using StandardHookMetadata for bytes;
    using TypeCasts for address;

    /// @inheritdoc IAbstractInterchainAccountRouter
    address public immutable implementation;

    /// @inheritdoc IAbstractInterchainAccountRouter
    bytes32 public immutable bytecodeHash;

    /// @inheritdoc IAbstractInterchainAccountRouter
    mapping(uint32 destinationDomain => bytes32 ism) public isms;

    /// @dev Hash of the first router and module of a domain.
    mapping(uint32 domain => bytes32) private enrollments;

    constructor(address mailbox_, address hook_, address owner_) Router(mailbox_) {
        implementation = address(new OwnableMulticall{salt: 0}(address(this)));
        bytecodeHash = keccak256(_creationCode(implementation));
        setHook(hook_);
        _transferOwnership(owner_);
    }

    /// @notice Takes refunds of hooks, which go on to the caller.
    receive() external payable {}

    /// @inheritdoc IAbstractInterchainAccountRouter
    function enrollRemoteRouterAndIsm(
        uint32 destination,
        bytes32 router,
        bytes32 ism
    ) external onlyOwner {
        _enroll(destination, router, ism);
    }

    /// @inheritdoc IAbstractInterchainAccountRouter
    function enrollRemoteRouterAndIsms(
        uint32[] calldata destinations,
        bytes32[] calldata routers_,
        bytes32[] calldata isms_
    ) external onlyOwner {
        uint256 count = destinations.length;
        if (routers_.length != count) revert LengthMismatch(count, routers_.length);
        if (isms_.length != count) revert LengthMismatch(count, isms_.length);
        for (uint256 i; i < count; ++i) _enroll(destinations[i], routers_[i], isms_[i]);
    }

    /// @inheritdoc IAbstractInterchainAccountRouter
    function approveFeeTokenForHook(address feeToken, address hook_) external onlyOwner {
        IERC20(feeToken).forceApprove(hook_, type(uint256).max);
    }

    /// @inheritdoc IAbstractInterchainAccountRouter
    function callRemoteWithOverrides(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        Call[] calldata calls,
        bytes calldata hookMetadata
    ) external payable returns (bytes32) {
        return _callRemote(destination, router, ism, 0, calls, hookMetadata, address(hook));
    }

    /// @inheritdoc IMessageRecipient
    function handle(
        uint32 origin,
        bytes32 sender,
        bytes calldata body
    ) external payable override onlyMailbox {
        _handle(origin, sender, body);
    }

    /// @inheritdoc IAbstractInterchainAccountRouter
    function getDeployedInterchainAccount(
        uint32 origin,
        address owner_,
        address router,
        address ism
    ) external returns (address) {
        return
            getDeployedInterchainAccount(
                origin,
                owner_.addressToBytes32(),
                router.addressToBytes32(),
                ism,
                0
            );
    }

    /// @inheritdoc IAbstractInterchainAccountRouter
    function getLocalInterchainAccount(
        uint32 origin,
        address owner_,
        address router,
        address ism
    ) external view returns (address) {
        return _localAccount(origin, owner_.addressToBytes32(), router.addressToBytes32(), ism, 0);
    }

    /// @inheritdoc IAbstractInterchainAccountRouter
    function quoteGasPayment(uint32 destination, uint256 gasLimit) external view returns (uint256) {
        return _quote(destination, gasLimit, address(0));
    }

    /// @inheritdoc IAbstractInterchainAccountRouter
    function getDeployedInterchainAccount(
        uint32 origin,
        bytes32 owner_,
        bytes32 router,
        address ism,
        bytes32 userSalt
    ) public returns (address account) {
        bytes32 salt = _salt(origin, owner_, router, ism, userSalt);
        account = Create2.computeAddress(salt, bytecodeHash);
        if (account.code.length != 0) return account;

        Clones.cloneDeterministic(implementation, salt);
        emit InterchainAccountCreated(account, origin, router, owner_, ism, userSalt);
    }

    /// @inheritdoc MailboxClient
    /// @dev Nobody, the owner included, can have messages to accounts verified by another: see
    /// `IsmIsFixed`.
    function setInterchainSecurityModule(address module) public override onlyOwner {
        if (module != address(this)) revert IsmIsFixed(address(this));

        emit IsmSet(module);
    }

    /// @inheritdoc MailboxClient
    /// @return This contract, which asks the module of the account: see `route`.
    function interchainSecurityModule() public view override returns (IInterchainSecurityModule) {
        return this;
    }

    /// @inheritdoc IRoutingIsm
    function route(
        bytes calldata message
    ) public view virtual override returns (IInterchainSecurityModule) {
        bytes calldata body = message.body();
        uint256 kind = body.messageType();
        address ism = kind == InterchainAccountMessage.REVEAL ? _revealing(body) : body.ism();
        return ism == address(0) ? mailbox.defaultIsm() : IInterchainSecurityModule(ism);
    }

    /// @inheritdoc IAbstractInterchainAccountRouter
    function getRemoteInterchainAccount(
        address owner_,
        address router,
        address ism,
        bytes32 userSalt
    ) public view returns (address) {
        bytes memory code = abi.encodePacked(
            type(OwnableMulticall).creationCode,
            abi.encode(router)
        );
        address code_ = Create2.computeAddress(0, keccak256(code), router);
        return
            Create2.computeAddress(
                _salt(
                    localDomain,
                    owner_.addressToBytes32(),
                    address(this).addressToBytes32(),
                    ism,
                    userSalt
                ),
                keccak256(_creationCode(code_)),
                router
            );
    }

    /// @dev Sends calls to the account of the caller, and returns surplus payment. Takes the fee
    /// first if the metadata name a token for it.
    function _callRemote(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        bytes32 salt,
        Call[] calldata calls,
        bytes calldata hookMetadata,
        address hook_
    ) internal returns (bytes32 messageId) {
        if (router == 0) revert RouterNotEnrolled(destination);
        address feeToken = hookMetadata.feeToken();
        if (feeToken != address(0)) {
            bytes memory question = CallsMessage.encode(
                DispatchCall.QUOTE_DISPATCH,
                destination,
                router,
                hook_,
                ism,
                salt,
                calls,
                hookMetadata
            );
            _takeFee(feeToken, question.ask(address(mailbox)));
        }
        return _send(destination, router, ism, salt, calls, hookMetadata, hook_);
    }

    /// @dev Sends as `_callRemote` does, to a router that there is, and takes no tokens.
    function _send(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        bytes32 salt,
        Call[] calldata calls,
        bytes calldata hookMetadata,
        address hook_
    ) internal returns (bytes32 messageId) {
        emit RemoteCallDispatched(destination, msg.sender, router, ism, salt);

        bytes memory call = CallsMessage.encode(
            DispatchCall.DISPATCH,
            destination,
            router,
            hook_,
            ism,
            salt,
            calls,
            hookMetadata
        );
        messageId = call.send(address(mailbox), msg.value);
        if (msg.value != 0) _returnSurplus();
    }

    /// @dev Takes the fee of a dispatch from the caller, for the hook that this router approved.
    function _takeFee(address feeToken, uint256 fee) internal {
        IERC20(feeToken).safeTransferFrom(msg.sender, address(this), fee);
    }

    /// @dev Hooks return surplus payment to the sender of the message, this router, unless metadata
    /// say otherwise. It keeps nothing between calls.
    function _returnSurplus() internal {
        Refund.send(msg.sender, address(this).balance);
    }

    /// @inheritdoc Router
    function _handle(uint32 origin, bytes32 sender, bytes calldata body) internal override {
        uint256 kind = body.messageType();
        if (kind != InterchainAccountMessage.CALLS) return _handleOther(kind, origin, sender, body);
        _account(origin, sender, body).multicall(body[InterchainAccountMessage.CALLS_OFFSET:]);
    }

    /// @dev Handles a message of another type than `CALLS`.
    function _handleOther(
        uint256 kind,
        uint32 origin,
        bytes32 sender,
        bytes calldata body
    ) internal virtual;

    /// @dev The account that a message with calls or with a commitment is for. Creates it if it
    /// does not exist.
    function _account(
        uint32 origin,
        bytes32 sender,
        bytes calldata body
    ) internal returns (address account) {
        address ism = body.ism();
        bytes32 salt = body.creationSalt(origin, sender);
        account = AccountCalls.created(address(this), salt, bytecodeHash);
        if (account.code.length != 0) return account;

        Clones.cloneDeterministic(implementation, salt);
        emit InterchainAccountCreated(account, origin, sender, body.owner(), ism, body.salt());
    }

    /// @inheritdoc MailboxClient
    /// @dev Copies to each enrolled domain whether a call needs no other slot (`plain`).
    function _setHookAndFlags(address hook_, uint96 flags) internal override {
        super._setHookAndFlags(hook_, flags);
        uint32[] memory enrolled = domains();
        for (uint256 i; i < enrolled.length; ++i) _setPlain(enrolled[i]);
    }

    function _setPlain(uint32 domain) private {
        _enrolledRouters[domain].plain = address(hook) == address(0) && isms[domain] == 0;
    }

    /// @inheritdoc Router
    function _enrollRemoteRouter(uint32 domain, bytes32 router) internal override {
        _enroll(domain, router, 0);
    }

    /// @inheritdoc Router
    function _unenrollRemoteRouter(uint32 domain) internal override {
        super._unenrollRemoteRouter(domain);
        _enrolledRouters[domain].plain = false;
    }

    /// @dev The module that reveals the calls of a commitment; zero for the Mailbox's default.
    function _revealing(bytes calldata body) internal view virtual returns (address);

    /// @dev The fee of a message with a gas limit.
    function _quote(
        uint32 destination,
        uint256 gasLimit,
        address feeToken
    ) internal view returns (uint256) {
        return
            _Router_quoteDispatch(
                destination,
                "",
                StandardHookMetadata.format(0, gasLimit, msg.sender, feeToken),
                address(hook)
            );
    }

    function _localAccount(
        uint32 origin,
        bytes32 owner_,
        bytes32 router,
        address ism,
        bytes32 userSalt
    ) internal view returns (address) {
        bytes32 salt = _salt(origin, owner_, router, ism, userSalt);
        return Create2.computeAddress(salt, bytecodeHash);
    }

    function _enroll(uint32 domain, bytes32 router, bytes32 ism) private {
        bytes32 hash = keccak256(abi.encode(router, ism));
        if (enrollments[domain] != 0 && enrollments[domain] != hash) {
            revert EnrollmentIsFixed(domain);
        }
        super._enrollRemoteRouter(domain, router);
        enrollments[domain] = hash;
        isms[domain] = ism;
        _setPlain(domain);

        emit RemoteIsmEnrolled(domain, ism);
    }

    function _salt(
        uint32 origin,
        bytes32 owner_,
        bytes32 router,
        address ism,
        bytes32 userSalt
    ) private pure returns (bytes32) {
        return
            keccak256(abi.encodePacked(origin, owner_, router, ism.addressToBytes32(), userSalt));
    }

    /// @dev The creation code of a minimal proxy. Source: ERC-1167.
    function _creationCode(address code) private pure returns (bytes memory) {
        return
            abi.encodePacked(
                hex"3d602d80600a3d3981f3363d3d373d3d3d363d73",
                code,
                hex"5af43d82803e903d91602b57fd5bf3"
            );
    }
}
