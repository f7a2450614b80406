// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IInterchainSecurityModule} from "../IInterchainSecurityModule.sol";

/// @title IMessageIdAuthorizedIsm
/// @notice A security module that learns over a bridge that is not ours which messages were
/// dispatched, from a hook on the origin.
interface IMessageIdAuthorizedIsm is IInterchainSecurityModule {
    /// @notice The bridge says that the message was dispatched, and brought `msgValue` wei for its
    /// recipient.
    event ReceivedMessage(bytes32 indexed messageId, uint256 msgValue);

    /// @notice Value that the bridge had brought went to `receiver`.
    event ValueReleased(bytes32 indexed messageId, address indexed receiver, uint256 value);

    /// @notice The recipient did not take the value, which waits for `releaseValueToRecipient` and
    /// `claimValue`.
    event ValueRefused(bytes32 indexed messageId, uint256 value);

    /// @notice There must be a hook to believe.
    error InvalidAuthorizedHook();

    /// @notice The caller is not the bridge, or not on behalf of anybody on another chain.
    error NotCrossChainCall();

    /// @notice The bridge speaks for another sender than the hook.
    error SenderNotHook(bytes32 sender, bytes32 authorizedHook);

    /// @notice The value sent is not what the hook sent, or not below 2^255.
    error InvalidMsgValue(uint256 value, uint256 msgValue);

    /// @notice The bridge told about this message before, and this time it brings nothing.
    error MessageAlreadyVerified(bytes32 messageId);

    /// @notice The bridge that the module listens to must be a contract.
    error BridgeNotContract(address bridge);

    /// @notice The recipient failed to take its value, perhaps for want of gas.
    error TooLittleGas(uint256 gas, uint256 needed);

    /// @notice Only the message's recipient, or its owner, says where else its value goes.
    error NotRecipient(address caller, address recipient);

    /// @notice Chooses the hook that is believed, once and for ever; for who may call see
    /// `Initializable`.
    /// @param hook Its 32-byte address on the origin.
    /// @dev Not a constructor's argument, because the hook's constructor wants this module's
    /// address.
    function setAuthorizedHook(bytes32 hook) external;

    /// @notice Only for the bridge, on behalf of the hook on the origin: the message was
    /// dispatched.
    /// @param messageId Its id.
    /// @param msgValue Wei that came along, for the message's recipient. Those of a second call are
    /// added to the first's.
    function preVerifyMessage(bytes32 messageId, uint256 msgValue) external payable;

    /// @notice Hands the message's recipient what the bridge has brought for it. Anyone may call.
    /// @dev Reverts `ETHTransferFailed` when the recipient refuses it. Delivering the message does
    /// the same, but is not held up by a refusal.
    function releaseValueToRecipient(bytes calldata message) external;

    /// @notice Sends what the bridge has brought for a recipient that refuses it to `receiver`.
    /// Only the recipient, or the owner that it names, may call.
    /// @dev A recipient that takes it by now gets it itself. Reverts `NotRecipient`,
    /// `TooLittleGas`, `ETHTransferFailed`.
    function claimValue(bytes calldata message, address receiver) external;

    /// @notice The hook that is believed, as a 32-byte address; zero before it was set.
    function authorizedHook() external view returns (bytes32);

    /// @notice Whether the bridge has told about the message.
    function isVerified(bytes calldata message) external view returns (bool);

    /// @notice Bit `VERIFIED_MASK_INDEX` is set if the bridge has told about the message; below it
    /// stand the wei that wait for the recipient.
    function verifiedMessages(bytes32 messageId) external view returns (uint256 verifiedAndValue);

    /// @notice The place of the flag in `verifiedMessages`: 255.
    function VERIFIED_MASK_INDEX() external view returns (uint256);
}
