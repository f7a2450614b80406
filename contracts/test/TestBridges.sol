// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IArbSys} from "../interfaces/bridges/IArbSys.sol";
import {ICrossDomainMessenger} from "../interfaces/bridges/ICrossDomainMessenger.sol";
import {IMessageDispatcher} from "../interfaces/bridges/IMessageDispatcher.sol";

/// @title TestMessenger
/// @notice Both sides of an OP Stack messenger: emits the messages to send, keeps the value,
/// and calls the target when a message is relayed.
contract TestMessenger is ICrossDomainMessenger {
    event SentMessage(
        address indexed target,
        address sender,
        bytes message,
        uint256 messageNonce,
        uint256 gasLimit
    );
    event SentMessageExtension1(address indexed sender, uint256 value);

    /// @notice No message is being relayed.
    error NotRelaying();

    address private relayed;
    uint256 private nonce;

    /// @inheritdoc ICrossDomainMessenger
    function sendMessage(
        address target,
        bytes calldata message,
        uint32 minGasLimit
    ) external payable {
        emit SentMessage(target, msg.sender, message, nonce++, minGasLimit);
        emit SentMessageExtension1(msg.sender, msg.value);
    }

    /// @notice Calls `target` as the other side's messenger does for `sender`.
    function relay(
        address sender,
        address target,
        uint256 value,
        bytes calldata message
    ) external payable {
        relayed = sender;
        (bool success, bytes memory answer) = target.call{value: value}(message);
        relayed = address(0);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    /// @inheritdoc ICrossDomainMessenger
    function xDomainMessageSender() external view returns (address) {
        if (relayed == address(0)) revert NotRelaying();
        return relayed;
    }
}

/// @title TestArbSys
/// @notice Emits the messages to the parent chain as events, and keeps the value.
contract TestArbSys is IArbSys {
    event L2ToL1Tx(
        address caller,
        address indexed destination,
        uint256 indexed hash,
        uint256 indexed position,
        uint256 arbBlockNum,
        uint256 ethBlockNum,
        uint256 timestamp,
        uint256 callvalue,
        bytes data
    );

    uint256 private position;

    /// @inheritdoc IArbSys
    function sendTxToL1(
        address destination,
        bytes calldata data
    ) external payable returns (uint256) {
        uint256 hash = uint256(keccak256(abi.encode(msg.sender, destination, position, data)));
        emit L2ToL1Tx(
            msg.sender,
            destination,
            hash,
            position++,
            block.number,
            block.number,
            block.timestamp,
            msg.value,
            data
        );
        return hash;
    }
}

/// @title TestDispatcher
/// @notice An ERC-5164 dispatcher that emits the messages to send as events.
contract TestDispatcher is IMessageDispatcher {
    event MessageDispatched(
        bytes32 indexed messageId,
        address indexed from,
        uint256 indexed toChainId,
        address to,
        bytes data
    );

    uint256 private nonce;

    /// @inheritdoc IMessageDispatcher
    function dispatchMessage(
        uint256 toChainId,
        address to,
        bytes calldata data
    ) external payable returns (bytes32 messageId) {
        messageId = keccak256(abi.encode(nonce++, toChainId, to, data));
        emit MessageDispatched(messageId, msg.sender, toChainId, to, data);
    }
}
