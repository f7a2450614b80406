// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IMailbox} from "../../interfaces/IMailbox.sol";
import {Destination} from "./Destination.sol";

/// @title GatewayMessage
/// @notice Body of a message between the gateways of two chains:
///
/// | offset | size | content                                             |
/// |--------|------|-----------------------------------------------------|
/// | 0      | 4    | nonce of the message, from which follows its id     |
/// | 4      | 20   | sender on the chain that the message comes from     |
/// | 24     | 20   | recipient on the chain that the message goes to     |
/// | 44     | rest | payload                                             |
library GatewayMessage {
    /// @dev Offset of the payload.
    uint256 internal constant HEADER = 44;

    /// @notice Lays out a `DispatchCall` with such a body, of the caller's next message, in fresh
    /// memory. With P the length of the payload and the 44 bytes before it, rounded up to 32:
    ///
    /// | offset  | size | content                                               |
    /// |---------|------|-------------------------------------------------------|
    /// | 0       | 4    | selector                                              |
    /// | 4       | 32   | domain                                                |
    /// | 36      | 32   | gateway there                                         |
    /// | 68      | 32   | 0xa0, where the body starts                           |
    /// | 100     | 32   | 0xc0 + P, where the metadata starts                   |
    /// | 132     | 32   | hook                                                  |
    /// | 164     | 32   | length of the body                                    |
    /// | 196     | P    | body                                                  |
    /// | 196 + P | 32   | length of the metadata: 86, or 106 and custom bytes   |
    /// | 228 + P | 86   | `StandardHookMetadata` without a value                |
    /// | 314 + P | rest | if there are custom bytes, 20 zeros and these         |
    function encodeCall(
        bytes4 selector,
        address mailbox,
        Destination to,
        address hook,
        address recipient_,
        bytes calldata payload_,
        uint256 gasLimit,
        address refundAddress,
        bytes calldata custom
    ) internal view returns (bytes memory data) {
        bytes4 nonce = IMailbox.nonce.selector;
        assembly ("memory-safe") {
            data := mload(0x40)
            let start := add(data, 32)
            let length := add(payload_.length, 44)
            let padded := and(add(length, 31), not(31))
            mstore(start, selector)
            mstore(add(start, 4), and(shr(160, to), 0xffffffff))
            mstore(add(start, 36), shr(96, shl(96, to)))
            mstore(add(start, 68), 0xa0)
            mstore(add(start, 100), add(0xc0, padded))
            mstore(add(start, 132), hook)
            // Back to front from here: what a store writes before its field, the next overwrites.
            mstore(add(start, 208), recipient_)
            mstore(add(start, 188), caller())
            mstore(add(start, 164), 0)
            mstore(0, nonce)
            if iszero(staticcall(gas(), mailbox, 0, 4, 0, 32)) {
                revert(0, 0)
            }
            mstore(add(start, 168), or(shl(32, length), mload(0)))
            calldatacopy(add(start, 240), payload_.offset, payload_.length)
            mstore(add(start, add(196, length)), 0)

            let metadata := add(start, add(228, padded))
            let size := 86
            mstore(add(metadata, 86), 0)
            if custom.length {
                size := add(custom.length, 106)
                calldatacopy(add(metadata, 106), custom.offset, custom.length)
                mstore(add(metadata, size), 0)
            }
            mstore(add(metadata, 54), refundAddress)
            mstore(add(metadata, 34), gasLimit)
            mstore(add(metadata, 2), 0)
            mstore(sub(metadata, 32), 0)
            mstore(sub(metadata, 30), or(shl(16, size), 1)) // the length, then the variant
            let end := add(metadata, and(add(size, 31), not(31)))
            mstore(data, sub(end, start))
            mstore(0x40, add(end, 60)) // a word for zeros, and up to a multiple of 32
        }
    }

    /// @notice The account that sent the message. The body must not be shorter than `HEADER`, as
    /// for all functions here.
    function sender(bytes calldata body) internal pure returns (address) {
        return address(bytes20(body[4:24]));
    }

    function recipient(bytes calldata body) internal pure returns (address) {
        return address(bytes20(body[24:44]));
    }

    function payload(bytes calldata body) internal pure returns (bytes calldata) {
        return body[HEADER:];
    }

    /// @notice The id of the message that has this body. Source: docs/protocol/message.md.
    function messageId(
        bytes calldata body,
        uint32 origin,
        bytes32 gateway,
        uint32 destination
    ) internal view returns (bytes32) {
        return
            keccak256(
                abi.encodePacked(
                    uint8(3),
                    bytes4(body[0:4]),
                    origin,
                    gateway,
                    destination,
                    bytes32(uint256(uint160(address(this)))),
                    body
                )
            );
    }
}
