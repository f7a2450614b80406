// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IMessageIdAuthorizedIsm} from "../../interfaces/isms/IMessageIdAuthorizedIsm.sol";
import {Message} from "../../libs/Message.sol";
import {StandardHookMetadata} from "../../libs/StandardHookMetadata.sol";
import {TypeCasts} from "../../libs/TypeCasts.sol";
import {AbstractMailboxHook} from "../AbstractMailboxHook.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";

/// @title AbstractMessageIdAuthHook
/// @notice Announces the ids of dispatched messages to a security module on another chain, over
/// that chain's own or a third party's bridge. Value named in the metadata is sent along for the
/// recipient.
/// @dev Anyone may post the message dispatched last, but only once: a sender whose dispatch posts
/// it decides the value that is sent along.
abstract contract AbstractMessageIdAuthHook is AbstractMailboxHook {
    using Message for bytes;
    using StandardHookMetadata for bytes;
    using TypeCasts for bytes32;

    /// @notice The security module is zero.
    error InvalidIsm();

    /// @notice The message goes to another domain, or the hook is created for domain zero.
    error InvalidDestination(uint32 destination, uint32 destinationDomain);

    /// @notice The value for the recipient must be below 2^255.
    error MsgValueTooLarge(uint256 msgValue);

    /// @notice The value sent is less than the quote.
    error InsufficientValue(uint256 value, uint256 quote);

    /// @notice The message was announced before.
    error MessageAlreadyPosted(bytes32 messageId);

    /// @notice The bridge contract has no code.
    error NotContract(address account);

    /// @notice The security module that ids are announced to, as a 32-byte address.
    bytes32 public immutable ism;

    /// @notice The domain of that security module.
    uint32 public immutable destinationDomain;

    /// @dev The message posted last. Remembering one is enough, as only the message dispatched last
    /// can be posted.
    bytes32 private lastPosted;

    /// @dev Reverts `Bytes32ToAddressOverflow` when the module is no EVM address.
    constructor(
        address mailbox_,
        uint32 destinationDomain_,
        bytes32 ism_
    ) AbstractMailboxHook(mailbox_) {
        if (ism_.bytes32ToAddress() == address(0)) revert InvalidIsm();
        if (destinationDomain_ == 0) revert InvalidDestination(0, 0);
        ism = ism_;
        destinationDomain = destinationDomain_;
    }

    /// @inheritdoc AbstractPostDispatchHook
    /// @dev Bridges are paid in wei, so no other fee token is supported.
    function supportsMetadata(bytes calldata metadata) public view override returns (bool) {
        return super.supportsMetadata(metadata) && metadata.feeToken() == address(0);
    }

    /// @inheritdoc AbstractPostDispatchHook
    /// @dev Refunds this contract's whole balance, which includes the bridge's refund.
    function _postDispatch(bytes calldata metadata, bytes calldata message) internal override {
        bytes32 id = message.id();
        _requireDispatching(id);
        if (id == lastPosted) revert MessageAlreadyPosted(id);
        if (message.destination() != destinationDomain) {
            revert InvalidDestination(message.destination(), destinationDomain);
        }
        uint256 msgValue = metadata.msgValue(0);
        if (msgValue >> 255 != 0) revert MsgValueTooLarge(msgValue);
        uint256 quote = _quoteDispatch(metadata, message);
        if (msg.value < quote) revert InsufficientValue(msg.value, quote);

        lastPosted = id;
        _send(
            ism.bytes32ToAddress(),
            abi.encodeCall(IMessageIdAuthorizedIsm.preVerifyMessage, (id, msgValue)),
            msgValue,
            quote
        );

        _refund(metadata, message, address(this).balance);
    }

    /// @dev Has the bridge call `target` on the other chain.
    /// @param data The call data.
    /// @param msgValue The value of the call, in wei.
    /// @param quote The wei that may be spent in total.
    function _send(
        address target,
        bytes memory data,
        uint256 msgValue,
        uint256 quote
    ) internal virtual;

    function _requireContract(address account) internal view {
        if (account.code.length == 0) revert NotContract(account);
    }
}
