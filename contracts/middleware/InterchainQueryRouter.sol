// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

import {Router} from "../client/Router.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";

/// @title InterchainQueryRouter
/// @notice Makes static calls on other domains for its callers, and calls them back with the
/// results.
///
/// Body of a message: `abi.encode(bytes32 sender, uint8 type, Query[])` for type 0, queries;
/// `abi.encode(bytes32 sender, uint8 type, bytes[])` for type 1, the calls of the sender that have
/// the results.
contract InterchainQueryRouter is Router {
    using TypeCasts for address;
    using TypeCasts for bytes32;

    /// @notice A static call of the contract `to`, left-padded with zeros.
    struct StaticCall {
        bytes32 to;
        bytes data;
    }

    /// @notice A query: the caller is called with `callback` and what `_call` returns after it.
    /// @dev For a result that the callback takes as its last parameters, all of fixed length, the
    /// two together are call data.
    struct Query {
        StaticCall _call;
        bytes callback;
    }

    /// @notice Queries were sent.
    event QueryDispatched(uint32 indexed destination, address indexed sender);

    /// @notice Queries from another domain were answered.
    event QueryExecuted(uint32 indexed originDomain, bytes32 indexed sender);

    /// @notice Results came back, and the sender of the queries was called.
    event QueryResolved(uint32 indexed destination, address indexed sender);

    /// @notice There is no such type of message.
    error UnknownMessageType(uint8 messageType);

    /// @notice The account to call has no code, so that its answer would mean nothing.
    error TargetNotContract(address target);

    /// @notice Value came with results, which pay for nothing: it would stay here.
    error UnexpectedValue(uint256 value);

    uint8 private constant QUERY = 0;
    uint8 private constant RESPONSE = 1;

    constructor(address mailbox) Router(mailbox) {}

    /// @notice Sets hook, module and owner, once; for who may call see `Initializable`.
    function initialize(address hook_, address module, address owner_) external initializer {
        _MailboxClient_initialize(hook_, module, owner_);
    }

    /// @notice Asks one contract on another domain, and pays for the message with `msg.value`.
    /// Reverts `RouterNotEnrolled`.
    /// @dev The answer is paid by who delivers this message.
    function query(
        uint32 destination,
        address to,
        bytes calldata data,
        bytes calldata callback
    ) external payable returns (bytes32 messageId) {
        Query[] memory queries = new Query[](1);
        queries[0] = Query(StaticCall(to.addressToBytes32(), data), callback);
        return _query(destination, queries);
    }

    /// @notice Asks several contracts; their results come back together.
    function query(
        uint32 destination,
        Query[] calldata calls
    ) external payable returns (bytes32 messageId) {
        return _query(destination, calls);
    }

    /// @inheritdoc Router
    function _handle(uint32 origin, bytes32, bytes calldata body) internal override {
        (bytes32 sender, uint8 kind) = abi.decode(body, (bytes32, uint8));
        if (kind == QUERY) _answer(origin, sender, body);
        else if (kind == RESPONSE) _resolve(origin, sender.bytes32ToAddress(), body);
        else revert UnknownMessageType(kind);
    }

    function _query(uint32 destination, Query[] memory queries) private returns (bytes32) {
        emit QueryDispatched(destination, msg.sender);
        return _dispatch(destination, abi.encode(msg.sender.addressToBytes32(), QUERY, queries));
    }

    function _answer(uint32 origin, bytes32 sender, bytes calldata body) private {
        (, , Query[] memory queries) = abi.decode(body, (bytes32, uint8, Query[]));
        bytes[] memory callbacks = new bytes[](queries.length);
        for (uint256 i; i < queries.length; ++i) {
            StaticCall memory asked = queries[i]._call;
            bytes memory result = _staticCall(asked.to.bytes32ToAddress(), asked.data);
            callbacks[i] = bytes.concat(queries[i].callback, result);
        }

        emit QueryExecuted(origin, sender);

        _dispatch(origin, abi.encode(sender, RESPONSE, callbacks));
    }

    function _resolve(uint32 origin, address sender, bytes calldata body) private {
        if (msg.value != 0) revert UnexpectedValue(msg.value);
        (, , bytes[] memory callbacks) = abi.decode(body, (bytes32, uint8, bytes[]));
        if (sender.code.length == 0) revert TargetNotContract(sender);
        for (uint256 i; i < callbacks.length; ++i) {
            // solhint-disable-next-line avoid-low-level-calls
            (bool success, bytes memory reason) = sender.call(callbacks[i]);
            if (!success) LowLevelCall.bubbleRevert(reason);
        }

        emit QueryResolved(origin, sender);
    }

    function _staticCall(address to, bytes memory data) private view returns (bytes memory) {
        if (to.code.length == 0) revert TargetNotContract(to);
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory result) = to.staticcall(data);
        if (!success) LowLevelCall.bubbleRevert(result);
        return result;
    }
}
