// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @notice A token that travels along; ours never do.
struct EVMTokenAmount {
    address token;
    uint256 amount;
}

/// @notice Message to send.
struct EVM2AnyMessage {
    /// @dev An EVM address in a word.
    bytes receiver;
    bytes data;
    EVMTokenAmount[] tokenAmounts;
    /// @dev Zero for wei.
    address feeToken;
    /// @dev A tag of 4 bytes, and the ABI-encoded options of the kind that the tag names.
    bytes extraArgs;
}

/// @notice A message as it arrives on the destination.
struct Any2EVMMessage {
    /// @dev CCIP's id, not ours.
    bytes32 messageId;
    uint64 sourceChainSelector;
    /// @dev An EVM address in a word.
    bytes sender;
    bytes data;
    EVMTokenAmount[] destTokenAmounts;
}

/// @title ICcipRouter
/// @notice The part that we use of Chainlink CCIP's router, which sends on one side and calls the
/// receiver on the other. It names chains by selectors of its own.
interface ICcipRouter {
    /// @notice Tells whether messages can be sent there.
    function isChainSupported(uint64 destinationChainSelector) external view returns (bool);

    /// @notice Fee of a message, in its fee token.
    function getFee(
        uint64 destinationChainSelector,
        EVM2AnyMessage calldata message
    ) external view returns (uint256);

    /// @notice Sends. More than the fee is kept.
    function ccipSend(
        uint64 destinationChainSelector,
        EVM2AnyMessage calldata message
    ) external payable returns (bytes32 messageId);
}

/// @title IAny2EVMMessageReceiver
/// @notice Receiver that a router calls. The router first asks it, by ERC-165, whether it has this
/// function, and leaves it alone if not.
interface IAny2EVMMessageReceiver {
    function ccipReceive(Any2EVMMessage calldata message) external;
}
