// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Call} from "../../interfaces/IInterchainAccountRouter.sol";
import {InterchainAccountMessage} from "./InterchainAccountMessage.sol";

/// @title CallsMessage
/// @notice Lays out the `DispatchCall` of a message that brings calls to an interchain account.
///
/// With S the size of the list after its length, a multiple of 32, and M the length of the metadata:
///
/// | offset  | size | content                                   |
/// |---------|------|-------------------------------------------|
/// | 0       | 4    | selector                                  |
/// | 4       | 32   | destination                               |
/// | 36      | 32   | router                                    |
/// | 68      | 32   | 0xa0, where the body starts               |
/// | 100     | 32   | 0x180 + S, where the metadata starts      |
/// | 132     | 32   | hook                                      |
/// | 164     | 32   | 161 + S, length of the body               |
/// | 196     | 1    | type 0                                    |
/// | 197     | 32   | owner                                     |
/// | 229     | 32   | module                                    |
/// | 261     | 32   | salt                                      |
/// | 293     | 32   | 0x20, where the list starts               |
/// | 325     | 32   | number of calls                           |
/// | 357     | S    | the list                                  |
/// | 357 + S | 31   | zeros                                     |
/// | 388 + S | 32   | length of the metadata                    |
/// | 420 + S | M    | metadata, padded with zeros to 32         |
library CallsMessage {
    /// @notice The fields of a call of the Mailbox but for the calls and the metadata.
    struct Head {
        bytes4 selector;
        uint32 destination;
        bytes32 router;
        address hook;
        address owner;
        bytes32 ism;
        bytes32 salt;
    }

    /// @notice Lays out the call in fresh memory.
    /// @dev The list is copied as it came if it lies as an ABI encoder lays it out; otherwise it is
    /// encoded anew, which reverts if it is malformed.
    function encode(
        Head memory head,
        Call[] calldata calls,
        bytes calldata metadata
    ) internal pure returns (bytes memory data) {
        (bool plain, uint256 size) = span(calls);
        if (!plain) return _encodeAnew(head, calls, metadata);
        assembly ("memory-safe") {
            data := mload(0x40)
            let start := add(data, 32)
            mstore(start, mload(head))
            mstore(add(start, 4), mload(add(head, 32)))
            mstore(add(start, 36), mload(add(head, 64)))
            mstore(add(start, 68), 0xa0)
            mstore(add(start, 100), add(0x180, size))
            mstore(add(start, 132), mload(add(head, 96)))
            mstore(add(start, 165), 0) // the type, before the owner
            mstore(add(start, 164), add(161, size))
            mstore(add(start, 197), mload(add(head, 128)))
            mstore(add(start, 229), mload(add(head, 160)))
            mstore(add(start, 261), mload(add(head, 192)))
            mstore(add(start, 293), 0x20)
            calldatacopy(add(start, 325), sub(calls.offset, 32), add(size, 32))
            let end := add(add(start, 357), size)
            mstore(end, 0)
            mstore(add(end, 31), metadata.length)
            end := add(end, 63)
            calldatacopy(end, metadata.offset, metadata.length)
            end := add(end, metadata.length)
            mstore(end, 0)
            let length := add(add(420, size), and(add(metadata.length, 31), not(31)))
            mstore(data, length)
            mstore(0x40, and(add(add(start, length), 31), not(31)))
        }
    }

    /// @notice Measures a list of calls in calldata.
    /// @return plain Tells whether the list lies as an ABI encoder lays it out: the offset of each
    /// call, then for each call `to`, `value`, 0x60, the length of the data and the data, padded to
    /// 32, without gaps, and inside the calldata. The padding may hold anything.
    /// @return size The bytes of the list after its length, if so.
    function span(Call[] calldata calls) internal pure returns (bool plain, uint256 size) {
        assembly ("memory-safe") {
            let offsets := shl(5, calls.length)
            let wrong := 0
            size := offsets
            for {
                let i := 0
            } lt(i, offsets) {
                i := add(i, 32)
            } {
                let call_ := add(calls.offset, size)
                let length := calldataload(add(call_, 96))
                wrong := or(wrong, xor(calldataload(add(calls.offset, i)), size))
                wrong := or(wrong, xor(calldataload(add(call_, 64)), 0x60))
                // With less than 2^32 bytes for each call, no sum overflows.
                wrong := or(wrong, shr(32, length))
                size := add(add(size, 128), and(add(length, 31), not(31)))
            }
            plain := iszero(or(wrong, gt(add(calls.offset, size), calldatasize())))
        }
    }

    function _encodeAnew(
        Head memory head,
        Call[] calldata calls,
        bytes calldata metadata
    ) private pure returns (bytes memory) {
        return
            abi.encodeWithSelector(
                head.selector,
                head.destination,
                head.router,
                abi.encodePacked(
                    InterchainAccountMessage.CALLS,
                    bytes12(0),
                    head.owner,
                    head.ism,
                    head.salt,
                    abi.encode(calls)
                ),
                metadata,
                head.hook
            );
    }
}
