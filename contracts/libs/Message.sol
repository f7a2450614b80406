// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {TypeCasts} from "./TypeCasts.sol";

/// @title Message
/// @notice Reads the fields of an encoded message. Source: docs/protocol/message.md.
///
/// | offset | size | field                        |
/// |--------|------|------------------------------|
/// | 0      | 1    | version                      |
/// | 1      | 4    | nonce                        |
/// | 5      | 4    | origin domain                |
/// | 9      | 32   | sender                       |
/// | 41     | 4    | destination domain           |
/// | 45     | 32   | recipient                    |
/// | 77     | n    | body                         |
///
/// @dev Every reader reverts with empty data when the message is shorter than its header.
library Message {
    using TypeCasts for bytes32;

    /// @dev The version that this protocol writes and accepts.
    uint8 internal constant VERSION = 3;

    /// @dev Bytes before the body.
    uint256 internal constant HEADER_LENGTH = 77;

    /// @notice keccak-256 of the whole encoded message.
    function id(bytes calldata message) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, message.offset, message.length)
            hash := keccak256(free, message.length)
        }
    }

    function version(bytes calldata message) internal pure returns (uint8) {
        return uint8(_word(message, 0) >> 248);
    }

    function nonce(bytes calldata message) internal pure returns (uint32) {
        return uint32(_word(message, 1) >> 224);
    }

    function origin(bytes calldata message) internal pure returns (uint32) {
        return uint32(_word(message, 5) >> 224);
    }

    function sender(bytes calldata message) internal pure returns (bytes32) {
        return bytes32(_word(message, 9));
    }

    /// @dev Reverts `Bytes32ToAddressOverflow` when the sender is no EVM address.
    function senderAddress(bytes calldata message) internal pure returns (address) {
        return sender(message).bytes32ToAddress();
    }

    function destination(bytes calldata message) internal pure returns (uint32) {
        return uint32(_word(message, 41) >> 224);
    }

    function recipient(bytes calldata message) internal pure returns (bytes32) {
        return bytes32(_word(message, 45));
    }

    /// @dev Reverts `Bytes32ToAddressOverflow` when the recipient is no EVM address.
    function recipientAddress(bytes calldata message) internal pure returns (address) {
        return recipient(message).bytes32ToAddress();
    }

    function body(bytes calldata message) internal pure returns (bytes calldata) {
        return message[HEADER_LENGTH:];
    }

    /// @dev The 32 bytes at `offset` of the header. Reading past a header field is harmless:
    /// callers shift the rest away, and the length check keeps every field inside the message.
    function _word(bytes calldata message, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            if lt(message.length, 77) {
                revert(0, 0)
            }
            word := calldataload(add(message.offset, offset))
        }
    }
}
