// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title ICctpTransmitter
/// @notice What the message transmitters of both versions of Circle's CCTP have that we use.
/// Attesters off the chain sign what one transmitter has sent, and the one on the other chain
/// receives it. CCTP names chains by domains of its own.
interface ICctpTransmitter {
    /// @notice The version of messages: 0 for CCTP v1, 1 for v2.
    function version() external view returns (uint32);

    /// @notice Hands a message to its recipient, once. Reverts unless the attesters have signed it,
    /// and when it names another caller.
    /// @param attestation The attesters' signatures over the message's hash, 65 bytes each, by
    /// ascending address.
    function receiveMessage(
        bytes calldata message,
        bytes calldata attestation
    ) external returns (bool success);
}

/// @title ICctpTransmitterV1
interface ICctpTransmitterV1 is ICctpTransmitter {
    /// @notice Sends a message that anybody may have received.
    function sendMessage(
        uint32 destinationDomain,
        bytes32 recipient,
        bytes calldata messageBody
    ) external returns (uint64 nonce);
}

/// @title ICctpTransmitterV2
interface ICctpTransmitterV2 is ICctpTransmitter {
    /// @notice Sends a message.
    /// @param destinationCaller Who may have it received; zero for anybody.
    /// @param minFinalityThreshold How final the attesters wait for it to be: 1000 confirmed, 2000
    /// finalised.
    function sendMessage(
        uint32 destinationDomain,
        bytes32 recipient,
        bytes32 destinationCaller,
        uint32 minFinalityThreshold,
        bytes calldata messageBody
    ) external;
}

/// @title ICctpMessenger
/// @notice What the token messengers of both versions have that we use. They burn Circle's tokens
/// and have their counterparts mint them.
interface ICctpMessenger {
    /// @notice The version of burn messages: 0 for CCTP v1, 1 for v2.
    function messageBodyVersion() external view returns (uint32);
}

/// @title ICctpMessengerV1
interface ICctpMessengerV1 is ICctpMessenger {
    /// @notice Burns the caller's tokens, which it may take.
    /// @param destinationCaller Who may have them minted.
    function depositForBurnWithCaller(
        uint256 amount,
        uint32 destinationDomain,
        bytes32 mintRecipient,
        address burnToken,
        bytes32 destinationCaller
    ) external returns (uint64 nonce);
}

/// @title ICctpMessengerV2
interface ICctpMessengerV2 is ICctpMessenger {
    /// @notice Burns the caller's tokens, which it may take.
    /// @param destinationCaller Who may have them minted; zero for anybody.
    /// @param maxFee How much of the amount may be kept as a fee where they are minted.
    /// @param hookData Goes along with the burn, for who has it minted. Not empty.
    function depositForBurnWithHook(
        uint256 amount,
        uint32 destinationDomain,
        bytes32 mintRecipient,
        address burnToken,
        bytes32 destinationCaller,
        uint256 maxFee,
        uint32 minFinalityThreshold,
        bytes calldata hookData
    ) external;
}

/// @title ICctpHandlerV1
/// @notice What a v1 transmitter calls.
interface ICctpHandlerV1 {
    function handleReceiveMessage(
        uint32 sourceDomain,
        bytes32 sender,
        bytes calldata messageBody
    ) external returns (bool);
}

/// @title ICctpHandlerV2
/// @notice What a v2 transmitter calls: one or the other, by how final the message was when the
/// attesters signed it.
interface ICctpHandlerV2 {
    function handleReceiveFinalizedMessage(
        uint32 sourceDomain,
        bytes32 sender,
        uint32 finalityThresholdExecuted,
        bytes calldata messageBody
    ) external returns (bool);

    function handleReceiveUnfinalizedMessage(
        uint32 sourceDomain,
        bytes32 sender,
        uint32 finalityThresholdExecuted,
        bytes calldata messageBody
    ) external returns (bool);
}
