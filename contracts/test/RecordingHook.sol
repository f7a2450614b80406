// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";

/// @title RecordingHook
/// @notice Emits its arguments, charges a fixed fee, and refuses less.
contract RecordingHook is IPostDispatchHook {
    /// @notice One call of `postDispatch`.
    event PostDispatch(uint256 value, bytes metadata, bytes message);

    /// @notice Less than the fee came in.
    error Underpaid(uint256 value, uint256 fee);

    /// @notice Fee that the hook quotes, in wei.
    uint256 public immutable fee;

    constructor(uint256 fee_) {
        fee = fee_;
    }

    /// @inheritdoc IPostDispatchHook
    function postDispatch(bytes calldata metadata, bytes calldata message) external payable {
        if (msg.value < fee) revert Underpaid(msg.value, fee);
        emit PostDispatch(msg.value, metadata, message);
    }

    /// @inheritdoc IPostDispatchHook
    function quoteDispatch(bytes calldata, bytes calldata) external view returns (uint256) {
        return fee;
    }

    /// @inheritdoc IPostDispatchHook
    function hookType() external pure returns (uint8) {
        return uint8(HookTypes.UNUSED);
    }

    /// @inheritdoc IPostDispatchHook
    function supportsMetadata(bytes calldata) external pure returns (bool) {
        return true;
    }
}
