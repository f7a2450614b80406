// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

/* solhint-disable max-line-length */

import {PackageVersioned} from "@hyperlane-xyz/core/contracts/PackageVersioned.sol";
import {GasRouter} from "@hyperlane-xyz/core/contracts/client/GasRouter.sol";
import {MailboxClient} from "@hyperlane-xyz/core/contracts/client/MailboxClient.sol";
import {Router} from "@hyperlane-xyz/core/contracts/client/Router.sol";
import {AbstractPostDispatchHook} from "@hyperlane-xyz/core/contracts/hooks/libs/AbstractPostDispatchHook.sol";
import {StandardHookMetadata} from "@hyperlane-xyz/core/contracts/hooks/libs/StandardHookMetadata.sol";
import {IInterchainGasPaymaster} from "@hyperlane-xyz/core/contracts/interfaces/IInterchainGasPaymaster.sol";
import {
    IInterchainSecurityModule,
    ISpecifiesInterchainSecurityModule
} from "@hyperlane-xyz/core/contracts/interfaces/IInterchainSecurityModule.sol";
import {IMailbox} from "@hyperlane-xyz/core/contracts/interfaces/IMailbox.sol";
import {IMessageRecipient} from "@hyperlane-xyz/core/contracts/interfaces/IMessageRecipient.sol";
import {IPostDispatchHook} from "@hyperlane-xyz/core/contracts/interfaces/hooks/IPostDispatchHook.sol";
import {Message} from "@hyperlane-xyz/core/contracts/libs/Message.sol";
import {TypeCasts} from "@hyperlane-xyz/core/contracts/libs/TypeCasts.sol";
import {MockMailbox} from "@hyperlane-xyz/core/contracts/mock/MockMailbox.sol";
import {TestRecipient} from "@hyperlane-xyz/core/contracts/test/TestRecipient.sol";

/// @notice An app as one writes it for the reference, with each helper that its base contracts have.
contract EveryHelper is GasRouter {
    using TypeCasts for address;

    event Sent(bytes32 id);
    event Handled(uint32 origin, bytes32 sender, bytes body);

    address public setting;

    constructor(
        address _mailbox,
        address _hook,
        uint32 _domain,
        bytes32 _router
    ) GasRouter(_mailbox) {
        _transferOwnership(msg.sender);
        setHook(_hook);
        setInterchainSecurityModule(address(0));
        _enrollRemoteRouter(_domain, _router);
        _setDestinationGas(_domain, 70_000);
    }

    function initialize(address _hook, address _ism, address _owner) external initializer {
        _MailboxClient_initialize(_hook, _ism, _owner);
    }

    function dispatch(uint32 destination, bytes calldata body) external payable {
        emit Sent(_dispatch(destination, body));
    }

    function dispatchByRouter(uint32 destination, bytes calldata body) external payable {
        emit Sent(_Router_dispatch(destination, msg.value, body));
    }

    function dispatchWithMetadata(uint32 destination, bytes calldata body) external payable {
        emit Sent(
            _Router_dispatch({
                _destinationDomain: destination,
                _value: msg.value,
                _messageBody: body,
                _hookMetadata: StandardHookMetadata.formatMetadata(1, 2, msg.sender, "more"),
                _hook: address(hook)
            })
        );
    }

    function dispatchWithGas(uint32 destination, bytes calldata body) external payable {
        emit Sent(_GasRouter_dispatch(destination, msg.value, body, address(hook)));
    }

    function dispatchTo(uint32 destination, address to, bytes calldata body) external payable {
        bytes memory metadata = StandardHookMetadata.overrideMsgValue(3);
        bytes32 recipient = to.addressToBytes32();
        emit Sent(
            _MailboxClient_dispatch(
                destination,
                recipient,
                msg.value,
                body,
                metadata,
                address(hook)
            )
        );
    }

    function setSetting(address account) external onlyOwner onlyContract(account) {
        setting = account;
    }

    function setOrClearSetting(address account) external onlyOwner onlyContractOrNull(account) {
        setting = account;
    }

    function forget(uint32 domain) external onlyOwner {
        _unenrollRemoteRouter(domain);
    }

    function quotes(
        uint32 destination,
        bytes calldata body
    ) external view returns (uint256[5] memory) {
        bytes32 recipient = _mustHaveRemoteRouter(destination);
        bytes memory metadata = StandardHookMetadata.overrideRefundAddress(msg.sender);
        return
            [
                _quoteDispatch(destination, body),
                _Router_quoteDispatch(destination, body),
                _Router_quoteDispatch(destination, body, metadata, address(hook)),
                _GasRouter_quoteDispatch(destination, body, address(hook)),
                _MailboxClient_quoteDispatch(destination, recipient, body, metadata, address(hook))
            ];
    }

    function gasMetadata(uint32 destination) external view returns (bytes memory) {
        return _GasRouter_hookMetadata(destination);
    }

    function isRemoteRouter(uint32 domain, bytes32 router) external view returns (bool) {
        return _isRemoteRouter(domain, router);
    }

    function isLatestDispatched(bytes32 id) external view returns (bool) {
        return _isLatestDispatched(id);
    }

    function isDelivered(bytes32 id) external view returns (bool) {
        return _isDelivered(id);
    }

    function _handle(uint32 _origin, bytes32 _sender, bytes calldata _message) internal override {
        emit Handled(_origin, _sender, _message);
    }
}

/// @notice As most apps are: a constructor, one way to send, one to receive.
contract Plain is Router {
    bytes public last;

    constructor(address _mailbox) Router(_mailbox) {
        _transferOwnership(msg.sender);
        setHook(address(0));
    }

    function enrollRemoteRouter(uint32, bytes32) external pure override {
        revert("not here");
    }

    function handle(
        uint32 origin,
        bytes32 sender,
        bytes calldata body
    ) external payable override onlyMailbox {
        _handle(origin, sender, body);
    }

    function _handle(uint32, bytes32, bytes calldata body) internal override {
        last = body;
    }
}

/// @notice A recipient without Router.
contract Client is MailboxClient, IMessageRecipient {
    using TypeCasts for bytes32;

    address public lastSender;

    constructor(address _mailbox) MailboxClient(_mailbox) {}

    function handle(uint32, bytes32 sender, bytes calldata) external payable onlyMailbox {
        lastSender = sender.bytes32ToAddress();
    }
}

/// @notice A hook and a security module of an app's own.
contract OwnHook is AbstractPostDispatchHook {
    function hookType() external pure returns (uint8) {
        return uint8(IPostDispatchHook.HookTypes.UNUSED);
    }

    function _postDispatch(bytes calldata metadata, bytes calldata message) internal override {}

    function _quoteDispatch(
        bytes calldata,
        bytes calldata
    ) internal pure override returns (uint256) {
        return 0;
    }
}

contract OwnIsm is IInterchainSecurityModule, PackageVersioned {
    using Message for bytes;

    uint8 public constant moduleType = uint8(Types.NULL);
    IMailbox public immutable mailbox;
    IInterchainGasPaymaster public paymaster;

    constructor(IMailbox _mailbox) {
        mailbox = _mailbox;
    }

    function verify(bytes calldata, bytes calldata message) external view returns (bool) {
        return mailbox.localDomain() == message.destination();
    }
}

contract OwnRecipient is TestRecipient {
    MockMailbox public mock;

    function asModule() external view returns (ISpecifiesInterchainSecurityModule) {
        return this;
    }
}
