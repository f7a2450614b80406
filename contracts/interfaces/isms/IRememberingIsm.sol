// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IInterchainSecurityModule} from "../IInterchainSecurityModule.sol";

/// @title IRememberingIsm
/// @notice A security module that remembers a verified proof until the transaction ends, so that
/// metadata of later messages may leave the proof out. An addition to the reference.
interface IRememberingIsm is IInterchainSecurityModule {
    /// @notice Takes the proof of a message without being asked about the message. Anyone may call.
    /// @dev Reverts where `verify` would.
    /// @param metadata As for `verify`, in its whole form.
    /// @param origin The domain that the message comes from.
    /// @param messageId Its id.
    function remember(bytes calldata metadata, uint32 origin, bytes32 messageId) external;
}
