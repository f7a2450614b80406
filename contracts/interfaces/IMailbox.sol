// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IInterchainSecurityModule} from "./IInterchainSecurityModule.sol";
import {IPostDispatchHook} from "./hooks/IPostDispatchHook.sol";

/// @title IMailbox
/// @notice Sends and delivers interchain messages. One per chain. Source:
/// docs/protocol/message.md.
interface IMailbox {
    /// @notice The proof of a message, for a module that remembers it until the transaction ends.
    /// @param module The module that remembers the proof.
    /// @param metadata Metadata as for the module's `verify`, in the full form.
    /// @param origin The domain that the message comes from.
    /// @param messageId The message's id.
    struct Proof {
        address module;
        bytes metadata;
        uint32 origin;
        bytes32 messageId;
    }

    /// @notice A message was dispatched. `message` is the whole encoded message.
    event Dispatch(
        address indexed sender,
        uint32 indexed destination,
        bytes32 indexed recipient,
        bytes message
    );

    /// @notice The id of the message in the `Dispatch` event before it.
    event DispatchId(bytes32 indexed messageId);

    /// @notice A message was delivered.
    event Process(uint32 indexed origin, bytes32 indexed sender, address indexed recipient);

    /// @notice The id of the message in the `Process` event before it.
    event ProcessId(bytes32 indexed messageId);

    /// @notice A message of a batch was not delivered; it stays deliverable.
    /// @param reason The first 256 bytes of the revert data; empty when the delivery used up its
    /// share of gas.
    event ProcessFailed(bytes32 indexed messageId, bytes reason);

    /// @notice The default security module changed: it verifies messages for recipients that choose
    /// no module.
    event DefaultIsmSet(address indexed module);

    /// @notice The default hook changed: it is called by dispatches that name no hook.
    event DefaultHookSet(address indexed hook);

    /// @notice The required hook changed: it is called by every dispatch.
    event RequiredHookSet(address indexed hook);

    /// @notice The message's version is not 3.
    error BadVersion(uint8 version);

    /// @notice The message is for another domain than this Mailbox's.
    error UnexpectedDestination(uint32 destination, uint32 localDomain);

    /// @notice The message was delivered before.
    error AlreadyDelivered(bytes32 messageId);

    /// @notice The recipient is no contract on this chain.
    error RecipientNotContract(address recipient);

    /// @notice The security module returned false.
    error IsmVerificationFailed(bytes32 messageId, address ism);

    /// @notice The numbers of metadata and of messages differ.
    error BatchLengthMismatch(uint256 metadata, uint256 messages);

    /// @notice A default security module must be a contract.
    error DefaultIsmNotContract(address ism);

    /// @notice A default hook must be a contract.
    error DefaultHookNotContract(address hook);

    /// @notice A required hook must be a contract.
    error RequiredHookNotContract(address hook);

    /// @notice The hook named in a dispatch must be a contract.
    error HookNotContract(address hook);

    /// @notice The domain of the chain that this Mailbox is on.
    function localDomain() external view returns (uint32);

    /// @notice The version byte of messages: 3.
    function VERSION() external view returns (uint8);

    /// @notice The block in which this contract's code was created.
    function deployedBlock() external view returns (uint256);

    /// @notice The nonce of the next message: the number of messages dispatched so far.
    function nonce() external view returns (uint32);

    /// @notice The id of the message dispatched last. Hooks compare it to check that a message is
    /// being dispatched.
    function latestDispatchedId() external view returns (bytes32);

    /// @notice The security module of recipients that choose none.
    function defaultIsm() external view returns (IInterchainSecurityModule);

    /// @notice The hook of dispatches that name none.
    function defaultHook() external view returns (IPostDispatchHook);

    /// @notice The hook of every dispatch, called before the other hook.
    function requiredHook() external view returns (IPostDispatchHook);

    /// @notice Tells whether the message was delivered.
    function delivered(bytes32 messageId) external view returns (bool);

    /// @notice The account that delivered the message; zero if it was not delivered.
    function processor(bytes32 messageId) external view returns (address);

    /// @notice The block in which the message was delivered; zero if it was not.
    function processedAt(bytes32 messageId) external view returns (uint48);

    /// @notice Tells whether a delivery of the message is calling its security module right now.
    function delivering(bytes32 messageId) external view returns (bool);

    /// @notice The security module for a recipient: the recipient's own, or the default.
    /// @dev Static-calls `interchainSecurityModule()`. A revert, an empty answer and zero mean the
    /// default; an answer shorter than a word or no address reverts with empty data.
    function recipientIsm(address recipient) external view returns (IInterchainSecurityModule);

    /// @notice Sends a message and calls the required hook, then the default one.
    /// @param destination The domain to deliver on.
    /// @param recipient The recipient contract on that domain, as a 32-byte address.
    /// @param body Any bytes.
    /// @return The message's id.
    /// @dev The required hook is paid its quote from `msg.value`, or all of `msg.value` if that is
    /// less. The other hook is paid the rest and refunds its surplus.
    function dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body
    ) external payable returns (bytes32);

    /// @notice Dispatches a message with `StandardHookMetadata` for both hooks.
    function dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata
    ) external payable returns (bytes32);

    /// @notice Dispatches a message with metadata for both hooks, and with `hook` in place of the
    /// default hook; zero for the default.
    function dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata,
        IPostDispatchHook hook
    ) external payable returns (bytes32);

    /// @notice The value in wei that the same dispatch by the same caller needs now.
    function quoteDispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body
    ) external view returns (uint256 fee);

    /// @notice The value in wei that a dispatch with this metadata needs now.
    function quoteDispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata
    ) external view returns (uint256 fee);

    /// @notice The value in wei that a dispatch with this metadata and hook needs now.
    function quoteDispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata,
        IPostDispatchHook hook
    ) external view returns (uint256 fee);

    /// @notice Delivers a message if the recipient's security module verifies it. Anyone may call.
    /// @param metadata Metadata for the module.
    /// @param message The encoded message.
    /// @dev `msg.value` goes to the recipient. The delivery is recorded before other contracts are
    /// called, except for the question which module to use: so a message is delivered once. A
    /// revert undoes the record.
    function process(bytes calldata metadata, bytes calldata message) external payable;

    /// @notice Delivers many messages, each as `process` by the same caller would, without value.
    /// @param metadata Metadata for the module of each message, in the order of the messages.
    /// @param messages The encoded messages.
    /// @dev A message that fails changes nothing and emits `ProcessFailed`; the others are
    /// delivered. Each has an equal share of the gas that remains when it is processed. Reverts
    /// `BatchLengthMismatch`. An addition to the reference.
    function processBatch(bytes[] calldata metadata, bytes[] calldata messages) external;

    /// @notice Processes a batch after modules remembered the proofs that its metadata omits. No
    /// message in the batch can undo them, and a delivery of a message by another account does not
    /// remove them: each message fails or succeeds independently.
    /// @param proofs The proofs, in the order in which modules are called.
    /// @dev A module that refuses its proof is skipped. Each proof has a share of the gas, as
    /// messages have. Modules are called by `IRememberingIsm.remember` only: `verify` would be a
    /// call about a message that the Mailbox is not delivering.
    function processBatch(
        Proof[] calldata proofs,
        bytes[] calldata metadata,
        bytes[] calldata messages
    ) external;
}
