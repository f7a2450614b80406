// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";

import {Initializable} from "./base/Initializable.sol";
import {PackageVersioned} from "./base/PackageVersioned.sol";
import {IInterchainSecurityModule} from "./interfaces/IInterchainSecurityModule.sol";
import {IMailbox} from "./interfaces/IMailbox.sol";
import {IPostDispatchHook} from "./interfaces/hooks/IPostDispatchHook.sol";
import {ChosenIsm} from "./libs/ChosenIsm.sol";
import {Forward} from "./libs/Forward.sol";
import {HandleCall} from "./libs/HandleCall.sol";
import {HookCall, HookCallLib} from "./libs/HookCall.sol";
import {HookPlan} from "./libs/HookPlan.sol";
import {
    DeliveryRecord,
    DeliveryRecordLib,
    HookAndNonce,
    PlannedHook,
    PlannedHookLib
} from "./libs/MailboxWords.sol";
import {Message} from "./libs/Message.sol";
import {Refund} from "./libs/Refund.sol";
import {RememberCall} from "./libs/RememberCall.sol";
import {StandardHookMetadata} from "./libs/StandardHookMetadata.sol";

/// @title Mailbox
/// @notice Sends messages to other chains and delivers messages from them.
contract Mailbox is IMailbox, Ownable, Initializable, PackageVersioned {
    using ChosenIsm for address;
    using Forward for address;
    using HandleCall for address;
    using HookCallLib for bytes;
    using HookPlan for uint256[];
    using Message for bytes;
    using RememberCall for address;
    using StandardHookMetadata for bytes;
    using TransientSlot for *;

    /// @dev A struct, so that `process` finds its slot once.
    struct Delivery {
        DeliveryRecord record;
    }

    /// @inheritdoc IMailbox
    uint8 public constant VERSION = Message.VERSION;

    /// @inheritdoc IMailbox
    uint32 public immutable localDomain;

    /// @inheritdoc IMailbox
    uint256 public immutable deployedBlock;

    HookAndNonce private hookAndNonce;

    /// @inheritdoc IMailbox
    bytes32 public latestDispatchedId;

    PlannedHook private plannedDefaultHook;

    /// @inheritdoc IMailbox
    IInterchainSecurityModule public defaultIsm;

    mapping(bytes32 messageId => Delivery) private deliveries;

    /// @param localDomain_ The domain of the chain that the Mailbox is for.
    constructor(uint32 localDomain_) Ownable(msg.sender) {
        localDomain = localDomain_;
        deployedBlock = block.number;
    }

    /// @notice Initializes the contract, once. Only the deployer: see `Initializable`.
    function initialize(
        address owner_,
        address defaultIsm_,
        address defaultHook_,
        address requiredHook_
    ) external initializer {
        _transferOwnership(owner_);
        _setDefaultIsm(defaultIsm_);
        _setDefaultHook(defaultHook_);
        _setRequiredHook(requiredHook_);
    }

    /// @notice Changes the default module. Only the owner; reverts `DefaultIsmNotContract`.
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
    function dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body
    ) external payable returns (bytes32) {
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
        uint8 version = message.version();
        if (version != VERSION) revert BadVersion(version);
        uint32 destination = message.destination();
        if (destination != localDomain) revert UnexpectedDestination(destination, localDomain);
        bytes32 id = message.id();
        Delivery storage delivery = deliveries[id];
        if (delivery.record.exists()) revert AlreadyDelivered(id);
        address recipient = message.recipientAddress();
        (address ism, bool answered) = _recipientIsm(recipient);
        // A call of an account without code would succeed and lose the message.
        if (!answered && recipient.code.length == 0) revert RecipientNotContract(recipient);

        delivery.record = DeliveryRecordLib.ofThisCall();
        uint32 origin = message.origin();
        bytes32 sender = message.sender();
        emit Process(origin, sender, recipient);
        emit ProcessId(id);

        _setDelivering(id, true);
        // `verify` has the same parameters as this function, so its call data is passed on.
        if (ism.toCallForWord(IInterchainSecurityModule.verify.selector) != 1) {
            revert IsmVerificationFailed(id, ism);
        }
        _setDelivering(id, false);
        recipient.handle(origin, sender, message.body());
    }

    /// @inheritdoc IMailbox
    function processBatch(bytes[] calldata metadata, bytes[] calldata messages) external {
        _processBatch(metadata, messages);
    }

    /// @inheritdoc IMailbox
    function processBatch(
        Proof[] calldata proofs,
        bytes[] calldata metadata,
        bytes[] calldata messages
    ) external {
        for (uint256 i; i < proofs.length; ++i) {
            Proof calldata proof = proofs[i];
            proof.module.remember(
                proof.metadata,
                proof.origin,
                proof.messageId,
                _share(proofs.length - i + messages.length)
            );
        }
        _processBatch(metadata, messages);
    }

    /// @inheritdoc IMailbox
    function quoteDispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body
    ) external view returns (uint256) {
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
        return hookAndNonce.nonce();
    }

    /// @inheritdoc IMailbox
    function defaultHook() external view returns (IPostDispatchHook) {
        return IPostDispatchHook(plannedDefaultHook.hook());
    }

    /// @inheritdoc IMailbox
    function requiredHook() external view returns (IPostDispatchHook) {
        return IPostDispatchHook(hookAndNonce.hook());
    }

    /// @inheritdoc IMailbox
    function delivered(bytes32 messageId) external view returns (bool) {
        return deliveries[messageId].record.exists();
    }

    /// @inheritdoc IMailbox
    function processor(bytes32 messageId) external view returns (address) {
        return deliveries[messageId].record.processor();
    }

    /// @inheritdoc IMailbox
    function processedAt(bytes32 messageId) external view returns (uint48) {
        return deliveries[messageId].record.blockNumber();
    }

    /// @inheritdoc IMailbox
    function delivering(bytes32 messageId) external view returns (bool yes) {
        yes = messageId.asBoolean().tload();
    }

    /// @inheritdoc IMailbox
    function recipientIsm(address recipient) external view returns (IInterchainSecurityModule) {
        (address ism, ) = _recipientIsm(recipient);
        return IInterchainSecurityModule(ism);
    }

    function _processBatch(bytes[] calldata metadata, bytes[] calldata messages) private {
        uint256 count = messages.length;
        if (metadata.length != count) revert BatchLengthMismatch(metadata.length, count);
        for (uint256 i; i < count; ++i) {
            // A delegate call to this contract keeps `msg.sender`, so that modules see the relayer.
            (bool success, bytes memory reason) = Forward.toSelf(
                IMailbox.process.selector,
                metadata[i],
                messages[i],
                _share(count - i)
            );
            if (!success) emit ProcessFailed(messages[i].id(), reason);
        }
    }

    function _dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata,
        address hook
    ) private returns (bytes32 id) {
        HookAndNonce state = hookAndNonce;
        PlannedHook second = _hookOrDefault(hook);
        (HookCall hookCall, bytes memory message) = _encode(
            state,
            destination,
            recipient,
            body,
            metadata
        );
        id = keccak256(message);

        latestDispatchedId = id;
        hookAndNonce = state.next();
        message.log(Dispatch.selector, uint256(uint160(msg.sender)), destination, recipient);
        emit DispatchId(id);

        uint256 required;
        // Without value there is nothing to divide: a hook that wants payment reverts.
        if (msg.value != 0) {
            required = hookCall.quoteDispatch(state.hook());
            if (required > msg.value) required = msg.value;
        }
        hookCall.postDispatch(state.hook(), required);
        uint256 left;
        unchecked {
            left = msg.value - required; // required is at most msg.value
        }
        if (second.plans()) _carryOutPlan(hookCall, second.hook(), metadata, left);
        else hookCall.postDispatch(second.hook(), left);
    }

    /// @dev Does what `planner.postDispatch` does, without passing value through the planner.
    function _carryOutPlan(
        HookCall hookCall,
        address planner,
        bytes calldata metadata,
        uint256 value
    ) private {
        uint256[] memory hooks = hookCall.planDispatch(planner);
        if (hooks.length == 1) return hookCall.postDispatch(address(uint160(hooks[0])), value);
        uint256 left = hooks.carryOut(hookCall, metadata, value);
        if (left != 0) Refund.send(metadata.refundAddress(msg.sender), left);
    }

    function _setDefaultIsm(address module) private {
        if (module.code.length == 0) revert DefaultIsmNotContract(module);

        defaultIsm = IInterchainSecurityModule(module);

        emit DefaultIsmSet(module);
    }

    function _setDefaultHook(address hook) private {
        if (hook.code.length == 0) revert DefaultHookNotContract(hook);

        plannedDefaultHook = PlannedHookLib.from(hook, HookPlan.plans(hook));

        emit DefaultHookSet(hook);
    }

    function _setRequiredHook(address hook) private {
        if (hook.code.length == 0) revert RequiredHookNotContract(hook);

        hookAndNonce = hookAndNonce.withHook(hook);

        emit RequiredHookSet(hook);
    }

    function _quoteDispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata,
        address hook
    ) private view returns (uint256) {
        HookAndNonce state = hookAndNonce;
        (HookCall hookCall, ) = _encode(state, destination, recipient, body, metadata);
        return
            hookCall.quoteDispatch(state.hook()) +
            hookCall.quoteDispatch(_hookOrDefault(hook).hook());
    }

    function _encode(
        HookAndNonce state,
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata
    ) private view returns (HookCall, bytes memory) {
        uint256 head = (uint256(VERSION) << 64) | (uint256(state.nonce()) << 32) | localDomain;
        return HookCallLib.encode(head, msg.sender, destination, recipient, body, metadata);
    }

    /// @dev Gas limit for one of `count` remaining calls. A sixteenth is kept to report failures.
    function _share(uint256 count) private view returns (uint256) {
        return (gasleft() - gasleft() / 16) / count;
    }

    /// @dev The module for a recipient, and whether the recipient answered when asked for it.
    function _recipientIsm(address recipient) private view returns (address ism, bool answered) {
        (ism, answered) = recipient.chosenIsm();
        if (ism == address(0)) ism = address(defaultIsm);
    }

    /// @dev A hook that the caller names is not asked for a plan. `_setDefaultHook` has checked
    /// that the default hook is a contract.
    function _hookOrDefault(address hook) private view returns (PlannedHook) {
        if (hook == address(0)) return plannedDefaultHook;
        if (hook.code.length == 0) revert HookNotContract(hook);
        return PlannedHookLib.from(hook, false);
    }

    /// @dev Written to the transient slot at `id`: nothing else uses transient storage here.
    function _setDelivering(bytes32 id, bool yes) private {
        id.asBoolean().tstore(yes);
    }

    function _noMetadata() private pure returns (bytes calldata) {
        return msg.data[0:0];
    }
}
