// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {Initializable} from "./base/Initializable.sol";
import {PackageVersioned} from "./base/PackageVersioned.sol";
import {IInterchainSecurityModule} from "./interfaces/IInterchainSecurityModule.sol";
import {IMailbox} from "./interfaces/IMailbox.sol";
import {ISpecifiesInterchainSecurityModule} from "./interfaces/ISpecifiesInterchainSecurityModule.sol";
import {IPostDispatchHook} from "./interfaces/hooks/IPostDispatchHook.sol";
import {Forward} from "./libs/Forward.sol";
import {HandleCall} from "./libs/HandleCall.sol";
import {HookCall, HookCallLib} from "./libs/HookCall.sol";
import {HookPlan} from "./libs/HookPlan.sol";
import {Message} from "./libs/Message.sol";
import {Refund} from "./libs/Refund.sol";
import {RememberCall} from "./libs/RememberCall.sol";
import {StandardHookMetadata} from "./libs/StandardHookMetadata.sol";

/// @title Mailbox
/// @notice Sends messages to other chains and delivers theirs.
contract Mailbox is IMailbox, Ownable, Initializable, PackageVersioned {
    using Forward for address;
    using HandleCall for address;
    using HookCallLib for bytes;
    using HookPlan for uint256[];
    using Message for bytes;
    using RememberCall for address;
    using StandardHookMetadata for bytes;

    /// @dev Above the 160 bits of the default hook: whether it follows `IPlanningHook`.
    uint256 private constant PLANS = 1 << 160;

    struct Delivery {
        /// @dev Who delivered in the low 160 bits, above them in which block. Zero: not delivered.
        uint256 byAndAt;
    }

    /// @inheritdoc IMailbox
    uint8 public constant VERSION = Message.VERSION;

    /// @inheritdoc IMailbox
    uint32 public immutable localDomain;

    /// @inheritdoc IMailbox
    uint256 public immutable deployedBlock;

    /// @dev The required hook in the low 160 bits, above them the nonce: both are read in every
    /// dispatch, and one is written.
    uint256 private hookAndNonce;

    /// @inheritdoc IMailbox
    bytes32 public latestDispatchedId;

    /// @dev The hook in the low 160 bits; see `PLANS`.
    uint256 private defaultHookAndPlans;

    /// @inheritdoc IMailbox
    IInterchainSecurityModule public defaultIsm;

    mapping(bytes32 messageId => Delivery) private deliveries;

    /// @param localDomain_ The domain of the chain that the Mailbox is for.
    constructor(uint32 localDomain_) Ownable(msg.sender) {
        localDomain = localDomain_;
        deployedBlock = block.number;
    }

    /// @notice Sets everything up, once; for who may call see `Initializable`.
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

    /// @notice Changes the default security module. Only the owner; reverts
    /// `DefaultIsmNotContract`.
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
        if (delivery.byAndAt != 0) revert AlreadyDelivered(id);
        address recipient = message.recipientAddress();
        (address ism, bool answered) = _recipientIsm(recipient);
        // Whoever answered has code. An account without any would take the message for nothing.
        if (!answered && recipient.code.length == 0) revert RecipientNotContract(recipient);

        delivery.byAndAt = (block.number << 160) | uint160(msg.sender);
        uint32 origin = message.origin();
        bytes32 sender = message.sender();
        emit Process(origin, sender, recipient);
        emit ProcessId(id);

        _setDelivering(id, true);
        // verify takes the arguments of this function.
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
        return uint32(hookAndNonce >> 160);
    }

    /// @inheritdoc IMailbox
    function defaultHook() external view returns (IPostDispatchHook) {
        return IPostDispatchHook(address(uint160(defaultHookAndPlans)));
    }

    /// @inheritdoc IMailbox
    function requiredHook() external view returns (IPostDispatchHook) {
        return IPostDispatchHook(_requiredHook(hookAndNonce));
    }

    /// @inheritdoc IMailbox
    function delivered(bytes32 messageId) external view returns (bool) {
        return deliveries[messageId].byAndAt != 0;
    }

    /// @inheritdoc IMailbox
    function processor(bytes32 messageId) external view returns (address) {
        return address(uint160(deliveries[messageId].byAndAt));
    }

    /// @inheritdoc IMailbox
    function processedAt(bytes32 messageId) external view returns (uint48) {
        return uint48(deliveries[messageId].byAndAt >> 160);
    }

    /// @inheritdoc IMailbox
    function delivering(bytes32 messageId) external view returns (bool yes) {
        assembly ("memory-safe") {
            yes := tload(messageId)
        }
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
            // The caller stays msg.sender in a delegate call to oneself, so that modules see who
            // delivers.
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
        uint256 state = hookAndNonce;
        uint256 second = _hookOrDefault(hook);
        (HookCall hookCall, bytes memory message) = _encode(
            state,
            destination,
            recipient,
            body,
            metadata
        );
        id = keccak256(message);

        latestDispatchedId = id;
        hookAndNonce = (uint256(uint32(state >> 160) + 1) << 160) | uint160(state);
        message.log(Dispatch.selector, uint256(uint160(msg.sender)), destination, recipient);
        emit DispatchId(id);

        uint256 required;
        // Without value there is nothing to share, and postDispatch itself refuses what is unpaid.
        if (msg.value != 0) {
            required = hookCall.quoteDispatch(_requiredHook(state));
            if (required > msg.value) required = msg.value;
        }
        hookCall.postDispatch(_requiredHook(state), required);
        uint256 left;
        unchecked {
            left = msg.value - required; // required is at most msg.value
        }
        if (second < PLANS) hookCall.postDispatch(address(uint160(second)), left);
        else _carryOutPlan(hookCall, address(uint160(second)), metadata, left);
    }

    /// @dev What `planner.postDispatch` would do, without passing on value through it.
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

        defaultHookAndPlans = uint160(hook) | (HookPlan.plans(hook) ? PLANS : 0);

        emit DefaultHookSet(hook);
    }

    function _setRequiredHook(address hook) private {
        if (hook.code.length == 0) revert RequiredHookNotContract(hook);

        hookAndNonce = ((hookAndNonce >> 160) << 160) | uint160(hook);

        emit RequiredHookSet(hook);
    }

    function _quoteDispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata,
        address hook
    ) private view returns (uint256) {
        uint256 state = hookAndNonce;
        (HookCall hookCall, ) = _encode(state, destination, recipient, body, metadata);
        return
            hookCall.quoteDispatch(_requiredHook(state)) +
            hookCall.quoteDispatch(address(uint160(_hookOrDefault(hook))));
    }

    function _encode(
        uint256 state,
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata
    ) private view returns (HookCall, bytes memory) {
        uint256 head = (uint256(VERSION) << 64) | ((state >> 160) << 32) | localDomain;
        return HookCallLib.encode(head, msg.sender, destination, recipient, body, metadata);
    }

    /// @dev What one of `count` that are left may use. A sixteenth stays here, to say what failed.
    function _share(uint256 count) private view returns (uint256) {
        return (gasleft() - gasleft() / 16) / count;
    }

    /// @dev Also whether the recipient answered when it was asked.
    function _recipientIsm(address recipient) private view returns (address ism, bool answered) {
        bytes4 selector = ISpecifiesInterchainSecurityModule.interchainSecurityModule.selector;
        assembly ("memory-safe") {
            mstore(0, selector)
            // No more than a word is copied, however much the recipient answers.
            if staticcall(gas(), recipient, 0, 4, 0, 32) {
                answered := iszero(iszero(returndatasize()))
                if answered {
                    ism := mload(0)
                    if or(lt(returndatasize(), 32), shr(160, ism)) {
                        revert(0, 0)
                    }
                }
            }
        }
        if (ism == address(0)) ism = address(defaultIsm);
    }

    /// @dev As in `defaultHookAndPlans`. The setters have checked that the default hook is a
    /// contract.
    function _hookOrDefault(address hook) private view returns (uint256) {
        if (hook == address(0)) return defaultHookAndPlans;
        if (hook.code.length == 0) revert HookNotContract(hook);
        return uint160(hook);
    }

    /// @dev In the transient slot that is the id: nothing else is there.
    function _setDelivering(bytes32 id, bool yes) private {
        assembly ("memory-safe") {
            tstore(id, yes)
        }
    }

    function _requiredHook(uint256 state) private pure returns (address) {
        return address(uint160(state));
    }

    function _noMetadata() private pure returns (bytes calldata) {
        return msg.data[0:0];
    }
}
