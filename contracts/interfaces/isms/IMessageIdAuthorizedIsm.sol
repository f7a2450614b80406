// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IInterchainSecurityModule} from "../IInterchainSecurityModule.sol";

/// @title IMessageIdAuthorizedIsm
/// @notice A security module that verifies the messages announced by a hook on the origin over a
/// bridge.
interface IMessageIdAuthorizedIsm is IInterchainSecurityModule {
    /// @notice The message was announced, with `msgValue` wei for its recipient.
    event ReceivedMessage(bytes32 indexed messageId, uint256 msgValue);

    /// @notice Value that came over the bridge was sent to `receiver`.
    event ValueReleased(bytes32 indexed messageId, address indexed receiver, uint256 value);

    /// @notice The recipient refused the value. It stays in the module for
    /// `releaseValueToRecipient` and `claimValue`.
    event ValueRefused(bytes32 indexed messageId, uint256 value);

    /// @notice The hook is zero.
    error InvalidAuthorizedHook();

    /// @notice The caller is not the bridge, or does not relay a call from the other chain.
    error NotCrossChainCall();

    /// @notice The sender on the other chain is not the hook.
    error SenderNotHook(bytes32 sender, bytes32 authorizedHook);

    /// @notice The value sent is not what the hook sent, or not below 2^255.
    error InvalidMsgValue(uint256 value, uint256 msgValue);

    /// @notice The message was announced before, and this announcement brings no value.
    error MessageAlreadyVerified(bytes32 messageId);

    /// @notice The bridge has no code.
    error BridgeNotContract(address bridge);

    /// @notice The recipient failed to accept its value, possibly for lack of gas.
    error TooLittleGas(uint256 gas, uint256 needed);

    /// @notice The caller is neither the message's recipient nor its owner.
    error NotRecipient(address caller, address recipient);

    /// @notice Sets the hook, once and for all. Only the deployer: see `Initializable`.
    /// @param hook Its 32-byte address on the origin.
    /// @dev Not an argument of the constructor, because the hook's constructor needs the address of
    /// this module.
    function setAuthorizedHook(bytes32 hook) external;

    /// @notice Announces a dispatched message. Only the bridge may call, on behalf of the hook on
    /// the origin.
    /// @param messageId Its id.
    /// @param msgValue The value for the message's recipient, in wei. Repeated announcements add
    /// up.
    function preVerifyMessage(bytes32 messageId, uint256 msgValue) external payable;

    /// @notice Sends the message's recipient the value that came over the bridge. Anyone may call.
    /// @dev Reverts `ETHTransferFailed` when the recipient refuses it. Delivering the message does
    /// the same, but does not fail when the recipient refuses.
    function releaseValueToRecipient(bytes calldata message) external;

    /// @notice Sends the value for a recipient that refuses it to `receiver`. Only the recipient,
    /// or the owner that it names, may call.
    /// @dev A recipient that now accepts the value is sent it instead. Reverts `NotRecipient`,
    /// `TooLittleGas`, `ETHTransferFailed`.
    function claimValue(bytes calldata message, address receiver) external;

    /// @notice The hook on the origin, as a 32-byte address; zero before it is set.
    function authorizedHook() external view returns (bytes32);

    /// @notice Tells whether the message was announced.
    function isVerified(bytes calldata message) external view returns (bool);

    /// @notice Bit `VERIFIED_MASK_INDEX` is set if the message was announced; the bits below are
    /// the wei held for the recipient.
    function verifiedMessages(bytes32 messageId) external view returns (uint256 verifiedAndValue);

    /// @notice The index of the flag bit in `verifiedMessages`: 255.
    function VERIFIED_MASK_INDEX() external view returns (uint256);
}
