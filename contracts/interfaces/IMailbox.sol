// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IInterchainSecurityModule} from "./IInterchainSecurityModule.sol";
import {IPostDispatchHook} from "./hooks/IPostDispatchHook.sol";

/// @title IMailbox
/// @notice Sends and delivers interchain messages. One per chain. Source: docs/protocol, "Mailbox".
interface IMailbox {
    /// @notice The proof of a message, for a module that remembers it until the transaction ends.
    /// @param module Whom to show it to.
    /// @param metadata As for the module's `verify`, in its whole form.
    /// @param origin The domain that the message comes from.
    /// @param messageId The message's id.
    struct Proof {
        address module;
        bytes metadata;
        uint32 origin;
        bytes32 messageId;
    }

    /// @notice A message was dispatched. `message` is all of it, encoded.
    event Dispatch(
        address indexed sender,
        uint32 indexed destination,
        bytes32 indexed recipient,
        bytes message
    );

    /// @notice The id of the message that the `Dispatch` before it shows.
    event DispatchId(bytes32 indexed messageId);

    /// @notice A message was delivered.
    event Process(uint32 indexed origin, bytes32 indexed sender, address indexed recipient);

    /// @notice The id of the message that the `Process` before it shows.
    event ProcessId(bytes32 indexed messageId);

    /// @notice A message of a batch was not delivered; it stays deliverable.
    /// @param reason What delivering it reverted with, at most its first 256 bytes; empty too when
    /// it ran out of its share of gas.
    event ProcessFailed(bytes32 indexed messageId, bytes reason);

    /// @notice Recipients that choose no module are guarded by this one from now on.
    event DefaultIsmSet(address indexed module);

    /// @notice Dispatches that name no hook call this one from now on.
    event DefaultHookSet(address indexed hook);

    /// @notice Every dispatch calls this hook from now on.
    event RequiredHookSet(address indexed hook);

    /// @notice The message's version is not 3.
    error BadVersion(uint8 version);

    /// @notice The message is for another domain than this Mailbox's.
    error UnexpectedDestination(uint32 destination, uint32 localDomain);

    /// @notice The message was delivered before.
    error AlreadyDelivered(bytes32 messageId);

    /// @notice There is no contract on this chain that the message could be handed to.
    error RecipientNotContract(address recipient);

    /// @notice The security module said no.
    error IsmVerificationFailed(bytes32 messageId, address ism);

    /// @notice A batch needs one piece of metadata per message.
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

    /// @notice The nonce that the next message gets: how many were dispatched so far.
    function nonce() external view returns (uint32);

    /// @notice The id of the message dispatched last; hooks recognise by it what is being
    /// dispatched.
    function latestDispatchedId() external view returns (bytes32);

    /// @notice Guards recipients that choose no module.
    function defaultIsm() external view returns (IInterchainSecurityModule);

    /// @notice Called after dispatches that name no hook.
    function defaultHook() external view returns (IPostDispatchHook);

    /// @notice Called after every dispatch, before the other hook.
    function requiredHook() external view returns (IPostDispatchHook);

    /// @notice Whether the message was delivered.
    function delivered(bytes32 messageId) external view returns (bool);

    /// @notice Who delivered the message; zero if nobody did.
    function processor(bytes32 messageId) external view returns (address);

    /// @notice The block in which the message was delivered; zero if it was not.
    function processedAt(bytes32 messageId) external view returns (uint48);

    /// @notice Whether the message's security module is being asked right now, by a delivery.
    function delivering(bytes32 messageId) external view returns (bool);

    /// @notice The security module that guards a recipient: its own, or the default.
    /// @dev Static-calls `interchainSecurityModule()`. A revert, an empty answer and zero mean the
    /// default; an answer shorter than a word or no address reverts with empty data.
    function recipientIsm(address recipient) external view returns (IInterchainSecurityModule);

    /// @notice Sends a message and calls the required hook, then the default one.
    /// @param destination Domain to deliver on.
    /// @param recipient Who gets it there, as a 32-byte address.
    /// @param body Any bytes.
    /// @return The message's id.
    /// @dev The required hook gets its quote of `msg.value`, or all of it if that is less; the
    /// other hook gets the rest and refunds what it does not need.
    function dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body
    ) external payable returns (bytes32);

    /// @notice As above, with `StandardHookMetadata` for both hooks.
    function dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata
    ) external payable returns (bytes32);

    /// @notice As above, with `hook` in the place of the default hook; zero means the default.
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

    /// @notice As above, with metadata.
    function quoteDispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata
    ) external view returns (uint256 fee);

    /// @notice As above, with metadata and a hook.
    function quoteDispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata,
        IPostDispatchHook hook
    ) external view returns (uint256 fee);

    /// @notice Delivers a message that its recipient's security module believes. Anyone may call.
    /// @param metadata What the module needs.
    /// @param message The encoded message.
    /// @dev `msg.value` goes to the recipient. The delivery is written before any other contract is
    /// called, so a message is delivered once; a revert anywhere undoes it.
    function process(bytes calldata metadata, bytes calldata message) external payable;

    /// @notice Delivers many messages, each as `process` by the same caller would, without value.
    /// @param metadata What the module of each message needs, in the order of the messages.
    /// @param messages The encoded messages.
    /// @dev A message that fails leaves no trace but `ProcessFailed`; the others go through. Each
    /// may use an equal share of the gas that is left when its turn comes. Reverts
    /// `BatchLengthMismatch`. An addition to the reference.
    function processBatch(bytes[] calldata metadata, bytes[] calldata messages) external;

    /// @notice As above, after some modules were shown what the metadata leaves out. What they are
    /// shown here no message can take back, and nobody can deliver before: so each message of the
    /// batch fails or succeeds for itself.
    /// @param proofs What to show to whom, in this order.
    /// @dev A module that refuses its proof is passed over. Proofs have a share of the gas each, as
    /// messages do. Modules are called with `IRememberingIsm.remember`, nothing else, as the
    /// Mailbox would otherwise ask about messages that it is not delivering.
    function processBatch(
        Proof[] calldata proofs,
        bytes[] calldata metadata,
        bytes[] calldata messages
    ) external;
}
