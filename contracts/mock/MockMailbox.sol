// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IMessageRecipient} from "../interfaces/IMessageRecipient.sol";
import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";

/// @title MockMailbox
/// @notice A Mailbox for the tests of apps: two of them on one chain stand for two chains. Delivers
/// when told to, in the order of dispatch, and asks no hook, no security module and no fee.
contract MockMailbox {
    using TypeCasts for address;
    using TypeCasts for bytes32;

    struct Inbound {
        bytes32 id;
        uint32 origin;
        bytes32 sender;
        bytes32 recipient;
        bytes body;
    }

    /// @notice A message was dispatched.
    event Dispatch(
        address indexed sender,
        uint32 indexed destination,
        bytes32 indexed recipient,
        bytes message
    );

    /// @notice Id of a message that was dispatched.
    event DispatchId(bytes32 indexed messageId);

    /// @notice A message was delivered.
    event Process(uint32 indexed origin, bytes32 indexed sender, address indexed recipient);

    /// @notice Id of a message that was delivered.
    event ProcessId(bytes32 indexed messageId);

    /// @notice `addRemoteMailbox` was not called for the domain.
    error NoRemoteMailbox(uint32 domain);

    /// @notice All messages that came in are delivered.
    error NothingPending();

    /// @notice The domain this Mailbox stands for.
    uint32 public immutable localDomain;

    /// @notice The number of messages dispatched.
    uint32 public nonce;

    /// @notice The id of the message dispatched last.
    bytes32 public latestDispatchedId;

    /// @notice The Mailbox that messages for a domain go to.
    mapping(uint32 => MockMailbox) public remoteMailboxes;

    /// @notice True if a message was delivered here.
    mapping(bytes32 => bool) public delivered;

    /// @notice The number of messages delivered here.
    uint256 public inboundProcessedNonce;

    Inbound[] private inbound;

    constructor(uint32 domain) {
        localDomain = domain;
    }

    /// @notice Messages for the domain go to `mailbox` from now on.
    function addRemoteMailbox(uint32 domain, MockMailbox mailbox) external {
        remoteMailboxes[domain] = mailbox;
    }

    /// @notice Dispatches a message.
    function dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body
    ) external payable returns (bytes32) {
        return _dispatch(destination, recipient, body);
    }

    /// @notice Dispatches a message; the metadata is not read.
    function dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata
    ) external payable returns (bytes32) {
        return _dispatch(destination, recipient, body);
    }

    /// @notice Dispatches a message; metadata and hook are not used.
    function dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata,
        IPostDispatchHook
    ) external payable returns (bytes32) {
        return _dispatch(destination, recipient, body);
    }

    /// @notice Zero.
    function quoteDispatch(uint32, bytes32, bytes calldata) external pure returns (uint256) {
        return 0;
    }

    /// @notice Zero.
    function quoteDispatch(
        uint32,
        bytes32,
        bytes calldata,
        bytes calldata
    ) external pure returns (uint256) {
        return 0;
    }

    /// @notice Zero.
    function quoteDispatch(
        uint32,
        bytes32,
        bytes calldata,
        bytes calldata,
        IPostDispatchHook
    ) external pure returns (uint256) {
        return 0;
    }

    /// @notice Takes a message that is to be delivered here. For the Mailboxes of other domains.
    function receiveMessage(Inbound calldata message) external {
        inbound.push(message);
    }

    /// @notice The number of messages that came in.
    function inboundUnprocessedNonce() external view returns (uint256) {
        return inbound.length;
    }

    /// @notice Delivers the oldest message that is not delivered, with all of `msg.value`. Reverts
    /// `NothingPending`, or as the recipient.
    function processNextInboundMessage() external payable {
        if (inboundProcessedNonce == inbound.length) revert NothingPending();
        Inbound memory message = inbound[inboundProcessedNonce++];
        address recipient = message.recipient.bytes32ToAddress();
        delivered[message.id] = true;

        emit Process(message.origin, message.sender, recipient);
        emit ProcessId(message.id);

        IMessageRecipient(recipient).handle{value: msg.value}(
            message.origin,
            message.sender,
            message.body
        );
    }

    function _dispatch(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body
    ) private returns (bytes32 id) {
        MockMailbox remote = remoteMailboxes[destination];
        if (address(remote) == address(0)) revert NoRemoteMailbox(destination);
        bytes32 sender = msg.sender.addressToBytes32();
        bytes memory message = abi.encodePacked(
            uint8(3),
            nonce++,
            localDomain,
            sender,
            destination,
            recipient,
            body
        );
        id = keccak256(message);
        latestDispatchedId = id;

        emit Dispatch(msg.sender, destination, recipient, message);
        emit DispatchId(id);

        remote.receiveMessage(Inbound(id, localDomain, sender, recipient, body));
    }
}
