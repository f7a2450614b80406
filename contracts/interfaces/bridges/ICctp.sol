// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title ICctpTransmitter
/// @notice The functions common to the message transmitters of both versions of Circle's CCTP, as
/// far as we use them. Off-chain attesters sign the messages of one transmitter, and the
/// transmitter of the destination delivers them. CCTP numbers chains by domains of its own.
interface ICctpTransmitter {
    /// @notice The version of messages: 0 for CCTP v1, 1 for v2.
    function version() external view returns (uint32);

    /// @notice Delivers a message to its recipient, once. Reverts unless the attesters have signed
    /// it, and if it names a destination caller other than `msg.sender`.
    /// @param attestation The attesters' signatures over the message's hash, 65 bytes each, by
    /// ascending address.
    function receiveMessage(
        bytes calldata message,
        bytes calldata attestation
    ) external returns (bool success);
}

/// @title ICctpTransmitterV1
interface ICctpTransmitterV1 is ICctpTransmitter {
    /// @notice Sends a message, which any caller may submit to the destination's transmitter.
    function sendMessage(
        uint32 destinationDomain,
        bytes32 recipient,
        bytes calldata messageBody
    ) external returns (uint64 nonce);
}

/// @title ICctpTransmitterV2
interface ICctpTransmitterV2 is ICctpTransmitter {
    /// @notice Sends a message.
    /// @param destinationCaller The only account that may call `receiveMessage` with the message;
    /// zero for any account.
    /// @param minFinalityThreshold The finality that attesters wait for before they sign: 1000
    /// confirmed, 2000 finalised.
    function sendMessage(
        uint32 destinationDomain,
        bytes32 recipient,
        bytes32 destinationCaller,
        uint32 minFinalityThreshold,
        bytes calldata messageBody
    ) external;
}

/// @title ICctpMessenger
/// @notice The functions common to the token messengers of both versions, as far as we use them. A
/// messenger burns Circle's tokens, and its counterpart on the destination mints them.
interface ICctpMessenger {
    /// @notice The version of burn messages: 0 for CCTP v1, 1 for v2.
    function messageBodyVersion() external view returns (uint32);
}

/// @title ICctpMessengerV1
interface ICctpMessengerV1 is ICctpMessenger {
    /// @notice Burns the caller's tokens, which it may take.
    /// @param destinationCaller The only account that may mint the tokens.
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
    /// @param destinationCaller The only account that may mint the tokens; zero for any account.
    /// @param maxFee The highest fee deducted on the destination.
    /// @param hookData Data in the burn message for the destination caller. Not empty.
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
/// @notice The recipient of messages that a v1 transmitter delivers.
interface ICctpHandlerV1 {
    function handleReceiveMessage(
        uint32 sourceDomain,
        bytes32 sender,
        bytes calldata messageBody
    ) external returns (bool);
}

/// @title ICctpHandlerV2
/// @notice The recipient of messages that a v2 transmitter delivers: it calls one of the two
/// functions, depending on the finality of the message when the attesters signed it.
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
