// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {
    Any2EVMMessage,
    EVM2AnyMessage,
    EVMTokenAmount,
    IAny2EVMMessageReceiver,
    ICcipRouter
} from "../../interfaces/bridges/ICcip.sol";

/// @title TestCcipRouter
/// @notice CCIP's router of one chain with its lanes: takes fees in wei, makes the checks of the
/// lanes, executes messages that the network delivers, and repeats failed ones on request.
contract TestCcipRouter is ICcipRouter {
    enum ExecutionState {
        UNTOUCHED,
        IN_PROGRESS,
        SUCCESS,
        FAILURE
    }

    /// @notice To be executed on the other chain.
    event CCIPMessageSent(
        uint64 indexed destination,
        uint256 gasLimit,
        address receiver,
        Any2EVMMessage message
    );
    event ExecutionStateChanged(bytes32 indexed messageId, ExecutionState state, bytes answer);

    error UnsupportedDestinationChain(uint64 selector);
    error InsufficientFeeTokenAmount();
    error InvalidExtraArgsTag();
    error InvalidEVMAddress(bytes encodedAddress);
    error TokensNotSupported();
    error FeeTokenNotSupported(address token);
    error AlreadyExecuted(bytes32 messageId);

    uint256 private constant FEE_BASE = 1000;
    uint256 private constant INTROSPECTION_GAS = 30_000;
    bytes4 private constant EXTRA_ARGS_V2 = 0x181dcf10;

    uint64 private immutable selector;

    mapping(uint64 selector => bool) public isChainSupported;
    mapping(bytes32 messageId => ExecutionState) public states;
    uint64 private sequence;

    constructor(uint64 selector_, uint64 supported) {
        selector = selector_;
        isChainSupported[supported] = true;
    }

    /// @notice Closes or opens the lane to a chain.
    function setSupported(uint64 destination, bool supported) external {
        isChainSupported[destination] = supported;
    }

    /// @notice Executes a message that `CCIPMessageSent` on the other chain told of.
    function execute(address receiver, uint256 gasLimit, Any2EVMMessage calldata message) external {
        ExecutionState state = states[message.messageId];
        if (state != ExecutionState.UNTOUCHED && state != ExecutionState.FAILURE) {
            revert AlreadyExecuted(message.messageId);
        }
        states[message.messageId] = ExecutionState.IN_PROGRESS;

        bool success = true;
        bytes memory answer;
        if (_isReceiver(receiver)) {
            (success, answer) = receiver.call{gas: gasLimit}(
                abi.encodeCall(IAny2EVMMessageReceiver.ccipReceive, message)
            );
        }

        state = success ? ExecutionState.SUCCESS : ExecutionState.FAILURE;
        states[message.messageId] = state;
        emit ExecutionStateChanged(message.messageId, state, answer);
    }

    /// @inheritdoc ICcipRouter
    function ccipSend(
        uint64 destination,
        EVM2AnyMessage calldata message
    ) external payable returns (bytes32 messageId) {
        if (msg.value < getFee(destination, message)) revert InsufficientFeeTokenAmount();

        messageId = keccak256(abi.encode(selector, destination, ++sequence));
        (uint256 gasLimit, ) = abi.decode(message.extraArgs[4:], (uint256, bool));
        emit CCIPMessageSent(
            destination,
            gasLimit,
            abi.decode(message.receiver, (address)),
            Any2EVMMessage({
                messageId: messageId,
                sourceChainSelector: selector,
                sender: abi.encode(msg.sender),
                data: message.data,
                destTokenAmounts: new EVMTokenAmount[](0)
            })
        );
    }

    /// @inheritdoc ICcipRouter
    function getFee(
        uint64 destination,
        EVM2AnyMessage calldata message
    ) public view returns (uint256) {
        if (!isChainSupported[destination]) revert UnsupportedDestinationChain(destination);
        if (message.feeToken != address(0)) revert FeeTokenNotSupported(message.feeToken);
        if (message.tokenAmounts.length != 0) revert TokensNotSupported();
        if (bytes4(message.extraArgs) != EXTRA_ARGS_V2) revert InvalidExtraArgsTag();
        if (message.receiver.length != 32 || uint256(bytes32(message.receiver)) >> 160 != 0) {
            revert InvalidEVMAddress(message.receiver);
        }
        (uint256 gasLimit, ) = abi.decode(message.extraArgs[4:], (uint256, bool));
        return FEE_BASE + gasLimit / 100 + message.data.length;
    }

    /// @dev Receivers are asked with little gas, and ones that do not answer yes are left alone.
    function _isReceiver(address receiver) private view returns (bool) {
        (bool success, bytes memory answer) = receiver.staticcall{gas: INTROSPECTION_GAS}(
            abi.encodeCall(IERC165.supportsInterface, (type(IAny2EVMMessageReceiver).interfaceId))
        );
        return success && answer.length >= 32 && abi.decode(answer, (uint256)) == 1;
    }
}
