// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC7786GatewaySource} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";

import {EvmAccount} from "./EvmAccount.sol";

/// @title GatewayLog
/// @notice Emits `MessageSent` of a message whose caller is the sender, without value and without a
/// send id.
///
/// Data of the event, where "bytes" are a word with the length and what is padded to whole words:
///
/// | offset | size | content                                                    |
/// |--------|------|------------------------------------------------------------|
/// | 0      | 32   | 0xa0, where the sender starts                              |
/// | 32     | 32   | where the recipient starts                                 |
/// | 64     | 32   | where the payload starts                                   |
/// | 96     | 32   | zero, the value                                            |
/// | 128    | 32   | where the attributes start                                 |
/// | 160    | rest | sender, recipient and payload, each as bytes; the number   |
/// |        |      | of attributes, where each starts after that, each as bytes |
library GatewayLog {
    /// @param chainId The id of this chain.
    /// @param size The bytes of it, see `EvmAccount.sizeOf`.
    /// @param attributes Read before: `GatewayAttributes` has checked where each is.
    function messageSent(
        uint256 chainId,
        uint256 size,
        bytes calldata recipient,
        bytes calldata payload,
        bytes[] calldata attributes
    ) internal {
        bytes32 topic = IERC7786GatewaySource.MessageSent.selector;
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        // Memory after the free pointer, which is a multiple of 32: nothing keeps it.
        uint256 end;
        unchecked {
            end = free + 160; // no memory is that large
        }
        end = EvmAccount.write(end, size, chainId, msg.sender);
        assembly ("memory-safe") {
            mstore(free, 0xa0)
            mstore(add(free, 32), sub(end, free))
            mstore(end, recipient.length)
            end := add(end, 32)
            calldatacopy(end, recipient.offset, recipient.length)
            end := add(end, recipient.length)
            mstore(end, 0)
            end := and(add(end, 31), not(31))
            mstore(add(free, 64), sub(end, free))
            mstore(end, payload.length)
            end := add(end, 32)
            calldatacopy(end, payload.offset, payload.length)
            end := add(end, payload.length)
            mstore(end, 0)
            end := and(add(end, 31), not(31))
            mstore(add(free, 96), 0)
            mstore(add(free, 128), sub(end, free))
            mstore(end, attributes.length)
            let heads := add(end, 32)
            let span := shl(5, attributes.length)
            end := add(heads, span)
            for {
                let i := 0
            } lt(i, span) {
                i := add(i, 32)
            } {
                mstore(add(heads, i), sub(end, heads))
                let item := add(attributes.offset, calldataload(add(attributes.offset, i)))
                let length := calldataload(item)
                mstore(end, length)
                calldatacopy(add(end, 32), add(item, 32), length)
                mstore(add(end, add(32, length)), 0)
                end := add(end, and(add(length, 63), not(31)))
            }
            log2(free, sub(end, free), topic, 0)
        }
    }
}
