// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";
import {Message} from "../libs/Message.sol";
import {Refund} from "../libs/Refund.sol";
import {StandardHookMetadata} from "../libs/StandardHookMetadata.sol";

/// @title AbstractPostDispatchHook
/// @notice The base of all hooks: refuses metadata that the hook does not support, and refunds
/// surplus.
abstract contract AbstractPostDispatchHook is IPostDispatchHook, PackageVersioned {
    using Message for bytes;
    using StandardHookMetadata for bytes;

    /// @notice The hook does not support this metadata; see `supportsMetadata`.
    error UnsupportedMetadata(bytes metadata);

    /// @inheritdoc IPostDispatchHook
    /// @dev Reverts `UnsupportedMetadata`.
    function postDispatch(bytes calldata metadata, bytes calldata message) external payable {
        if (!supportsMetadata(metadata)) revert UnsupportedMetadata(metadata);
        _postDispatch(metadata, message);
    }

    /// @inheritdoc IPostDispatchHook
    /// @dev Reverts `UnsupportedMetadata`.
    function quoteDispatch(
        bytes calldata metadata,
        bytes calldata message
    ) external view returns (uint256) {
        if (!supportsMetadata(metadata)) revert UnsupportedMetadata(metadata);
        return _quoteDispatch(metadata, message);
    }

    /// @inheritdoc IPostDispatchHook
    function supportsMetadata(bytes calldata metadata) public view virtual returns (bool) {
        return metadata.length == 0 || metadata.variant() == StandardHookMetadata.VARIANT;
    }

    /// @dev `postDispatch` with metadata that is supported.
    function _postDispatch(bytes calldata metadata, bytes calldata message) internal virtual;

    /// @dev `quoteDispatch` with metadata that is supported.
    function _quoteDispatch(
        bytes calldata metadata,
        bytes calldata message
    ) internal view virtual returns (uint256);

    /// @dev Sends surplus wei to the refund address of the metadata, or else to the message's
    /// sender. Reverts `NoRefundAddress`, or `ETHTransferFailed` when the receiver refuses.
    function _refund(bytes calldata metadata, bytes calldata message, uint256 surplus) internal {
        if (surplus == 0) return;
        Refund.send(metadata.refundAddress(message.senderAddress()), surplus);
    }
}
