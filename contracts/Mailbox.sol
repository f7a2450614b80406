// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {PackageVersioned} from "./PackageVersioned.sol";
import {IInterchainSecurityModule} from "./interfaces/IInterchainSecurityModule.sol";
import {IMailbox} from "./interfaces/IMailbox.sol";
import {IMessageRecipient} from "./interfaces/IMessageRecipient.sol";
import {ISpecifiesInterchainSecurityModule} from "./interfaces/ISpecifiesInterchainSecurityModule.sol";
import {IPostDispatchHook} from "./interfaces/hooks/IPostDispatchHook.sol";
import {Forward} from "./libs/Forward.sol";
import {HookCall, HookCallLib} from "./libs/HookCall.sol";
import {Initializable} from "./libs/Initializable.sol";
import {Message} from "./libs/Message.sol";

/// @title Mailbox
/// @notice Sends messages to other chains and delivers theirs.
contract Mailbox is IMailbox, Ownable, Initializable, PackageVersioned {
    using Forward for address;
    using HookCallLib for bytes;
    using Message for bytes;

    /// @dev One slot: both are read in every dispatch, and one is written.
    struct DispatchState {
        address requiredHook;
        uint32 nonce;
    }

    /// @inheritdoc IMailbox
    uint8 public constant VERSION = Message.VERSION;

    /// @inheritdoc IMailbox
    uint32 public immutable localDomain;

    /// @inheritdoc IMailbox
    uint256 public immutable deployedBlock;

    DispatchState private dispatchState;

    /// @inheritdoc IMailbox
    bytes32 public latestDispatchedId;

    /// @inheritdoc IMailbox
    IPostDispatchHook public defaultHook;

    /// @inheritdoc IMailbox
    IInterchainSecurityModule public defaultIsm;

    /// @dev Who delivered in the low 160 bits, above them in which block. Zero: not delivered.
    mapping(bytes32 messageId => uint256) private deliveries;

    /// @param localDomain_ The domain of the chain that the Mailbox is for.
    constructor(uint32 localDomain_) Ownable(msg.sender) {
        localDomain = localDomain_;
        deployedBlock = block.number;
    }

    /// @notice Sets everything up, once; for who may call see `Initializable`.
    function initialize(address owner_, address defaultIsm_, address defaultHook_, address requiredHook_)
        external
        initializer
    {
        _transferOwnership(owner_);
        _setDefaultIsm(defaultIsm_);
        _setDefaultHook(defaultHook_);
        _setRequiredHook(requiredHook_);
    }

    /// @notice Changes the default security module. Only the owner; reverts `DefaultIsmNotContract`.
    function setDefaultIsm(address module) external onlyOwner {
        _setDefaultIsm(module);
    }

    /// @notice Changes the default hook. Only the owner; reverts `DefaultHookNotContract`.
    function setDefaultHook(address hook) external onlyOwner {
        _setDefaultHook(hook);
    }

    /// @notice Changes the required hook. Only the owner; reverts `RequiredHookNotContract`.
    function setRequiredHook(address hook) external onlyOwner {
        _setRequiredHook(hook);
    }

    /// @inheritdoc IMailbox
    function dispatch(uint32 destination, bytes32 recipient, bytes calldata body)
        external
        payable
        returns (bytes32)
    {
        return _dispatch(destination, recipient, body, _noMetadata(), address(0));
    }

    /// @inheritdoc IMailbox
    function dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata
    ) external payable returns (bytes32) {
        return _dispatch(destination, recipient, body, metadata, address(0));
    }

    /// @inheritdoc IMailbox
    function dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata,
        IPostDispatchHook hook
    ) external payable returns (bytes32) {
        return _dispatch(destination, recipient, body, metadata, address(hook));
    }

    /// @inheritdoc IMailbox
    function process(bytes calldata metadata, bytes calldata message) external payable {
        if (message.version() != VERSION) revert BadVersion(message.version());
        if (message.destination() != localDomain) {
            revert UnexpectedDestination(message.destination(), localDomain);
        }
        bytes32 id = message.id();
        if (deliveries[id] != 0) revert AlreadyDelivered(id);
        address recipient = message.recipientAddress();
        address ism = address(recipientIsm(recipient));

        deliveries[id] = (block.number << 160) | uint160(msg.sender);
        uint32 origin = message.origin();
        bytes32 sender = message.sender();
        emit Process(origin, sender, recipient);
        emit ProcessId(id);

        // verify takes the arguments of this function.
        if (ism.toCallForWord(IInterchainSecurityModule.verify.selector) != 1) {
            revert IsmVerificationFailed(id, ism);
        }
        IMessageRecipient(recipient).handle{value: msg.value}(origin, sender, message.body());
    }

    /// @inheritdoc IMailbox
    function processBatch(bytes[] calldata metadata, bytes[] calldata messages) external {
        uint256 count = messages.length;
        if (metadata.length != count) revert BatchLengthMismatch(metadata.length, count);
        for (uint256 i; i < count; ++i) {
            // A sixteenth stays here, to say what failed. The caller stays msg.sender in a delegate
            // call to oneself, so that modules see who delivers.
            uint256 share = (gasleft() - gasleft() / 16) / (count - i);
            (bool success, bytes memory reason) =
                Forward.toSelf(IMailbox.process.selector, metadata[i], messages[i], share);
            if (!success) emit ProcessFailed(messages[i].id(), reason);
        }
    }

    /// @inheritdoc IMailbox
    function quoteDispatch(uint32 destination, bytes32 recipient, bytes calldata body)
        external
        view
        returns (uint256)
    {
        return _quoteDispatch(destination, recipient, body, _noMetadata(), address(0));
    }

    /// @inheritdoc IMailbox
    function quoteDispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata
    ) external view returns (uint256) {
        return _quoteDispatch(destination, recipient, body, metadata, address(0));
    }

    /// @inheritdoc IMailbox
    function quoteDispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata,
        IPostDispatchHook hook
    ) external view returns (uint256) {
        return _quoteDispatch(destination, recipient, body, metadata, address(hook));
    }

    /// @inheritdoc IMailbox
    function nonce() external view returns (uint32) {
        return dispatchState.nonce;
    }

    /// @inheritdoc IMailbox
    function requiredHook() external view returns (IPostDispatchHook) {
        return IPostDispatchHook(dispatchState.requiredHook);
    }

    /// @inheritdoc IMailbox
    function delivered(bytes32 messageId) external view returns (bool) {
        return deliveries[messageId] != 0;
    }

    /// @inheritdoc IMailbox
    function processor(bytes32 messageId) external view returns (address) {
        return address(uint160(deliveries[messageId]));
    }

    /// @inheritdoc IMailbox
    function processedAt(bytes32 messageId) external view returns (uint48) {
        return uint48(deliveries[messageId] >> 160);
    }

    /// @inheritdoc IMailbox
    function recipientIsm(address recipient) public view returns (IInterchainSecurityModule ism) {
        bytes4 selector = ISpecifiesInterchainSecurityModule.interchainSecurityModule.selector;
        assembly ("memory-safe") {
            mstore(0, selector)
            // No more than a word is copied, however much the recipient answers.
            if staticcall(gas(), recipient, 0, 4, 0, 32) {
                if returndatasize() {
                    ism := mload(0)
                    if or(lt(returndatasize(), 32), shr(160, ism)) { revert(0, 0) }
                }
            }
        }
        if (address(ism) == address(0)) ism = defaultIsm;
    }

    function _dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata,
        address hook
    ) private returns (bytes32 id) {
        DispatchState memory state = dispatchState;
        address second = _hookOrDefault(hook);
        (HookCall hookCall, bytes memory message) =
            _encode(state.nonce, destination, recipient, body, metadata);
        id = keccak256(message);

        latestDispatchedId = id;
        dispatchState.nonce = state.nonce + 1;
        message.log(
            Dispatch.selector, uint256(uint160(msg.sender)), destination, recipient
        );
        emit DispatchId(id);

        uint256 required;
        // Without value there is nothing to share, and postDispatch itself refuses what is unpaid.
        if (msg.value != 0) {
            required = hookCall.quoteDispatch(state.requiredHook);
            if (required > msg.value) required = msg.value;
        }
        hookCall.postDispatch(state.requiredHook, required);
        unchecked {
            hookCall.postDispatch(second, msg.value - required); // required is at most msg.value
        }
    }

    function _setDefaultIsm(address module) private {
        if (module.code.length == 0) revert DefaultIsmNotContract(module);

        defaultIsm = IInterchainSecurityModule(module);

        emit DefaultIsmSet(module);
    }

    function _setDefaultHook(address hook) private {
        if (hook.code.length == 0) revert DefaultHookNotContract(hook);

        defaultHook = IPostDispatchHook(hook);

        emit DefaultHookSet(hook);
    }

    function _setRequiredHook(address hook) private {
        if (hook.code.length == 0) revert RequiredHookNotContract(hook);

        dispatchState.requiredHook = hook;

        emit RequiredHookSet(hook);
    }

    function _quoteDispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata,
        address hook
    ) private view returns (uint256) {
        (HookCall hookCall,) =
            _encode(dispatchState.nonce, destination, recipient, body, metadata);
        return hookCall.quoteDispatch(dispatchState.requiredHook)
            + hookCall.quoteDispatch(_hookOrDefault(hook));
    }

    function _encode(
        uint32 nonce_,
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata
    ) private view returns (HookCall, bytes memory) {
        uint256 head = (uint256(VERSION) << 64) | (uint256(nonce_) << 32) | localDomain;
        return HookCallLib.encode(head, msg.sender, destination, recipient, body, metadata);
    }

    /// @dev The setters have checked that the default hook is a contract.
    function _hookOrDefault(address hook) private view returns (address) {
        if (hook == address(0)) return address(defaultHook);
        if (hook.code.length == 0) revert HookNotContract(hook);
        return hook;
    }

    function _noMetadata() private pure returns (bytes calldata) {
        return msg.data[0:0];
    }
}
