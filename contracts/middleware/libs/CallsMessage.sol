// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Call} from "../../interfaces/IInterchainAccountRouter.sol";
import {InterchainAccountMessage} from "./InterchainAccountMessage.sol";

/// @title CallsMessage
/// @notice Lays out the `DispatchCall` of a message that brings calls to an interchain account.
///
/// With S the size of the list after its length, a multiple of 32, and M the length of metadata:
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
    /// @notice Lays out the call in fresh memory. The owner is the caller of this contract.
    /// @dev The list is copied as it came if it lies as an ABI encoder lays it out; otherwise it is
    /// encoded anew, which reverts if it is malformed.
    function encode(
        bytes4 selector,
        uint32 destination,
        bytes32 router,
        address hook,
        bytes32 ism,
        bytes32 salt,
        Call[] calldata calls,
        bytes calldata metadata
    ) internal view returns (bytes memory data) {
        (bool plain, uint256 size) = span(calls);
        if (!plain) {
            return
                abi.encodeWithSelector(
                    selector,
                    destination,
                    router,
                    _body(ism, salt, calls),
                    metadata,
                    hook
                );
        }
        assembly ("memory-safe") {
            data := mload(0x40)
            let start := add(data, 32)
            mstore(start, selector)
            mstore(add(start, 4), destination)
            mstore(add(start, 36), router)
            mstore(add(start, 68), 0xa0)
            mstore(add(start, 100), add(0x180, size))
            mstore(add(start, 132), hook)
            mstore(add(start, 165), 0) // the type, before the owner
            mstore(add(start, 164), add(161, size))
            mstore(add(start, 197), caller())
            mstore(add(start, 229), ism)
            mstore(add(start, 261), salt)
            mstore(add(start, 293), 0x20)
            calldatacopy(add(start, 325), sub(calls.offset, 32), add(size, 32))
            let end := add(add(start, 357), size)
            mstore(end, 0)
            mstore(add(end, 31), metadata.length)
            end := add(end, 63)
            calldatacopy(end, metadata.offset, metadata.length)
            mstore(add(end, metadata.length), 0)
            end := add(end, and(add(metadata.length, 31), not(31)))
            mstore(data, sub(end, start))
            mstore(0x40, add(end, 28)) // 4 bytes of selector more than words
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

    function _body(
        bytes32 ism,
        bytes32 salt,
        Call[] calldata calls
    ) private view returns (bytes memory) {
        return
            abi.encodePacked(
                InterchainAccountMessage.CALLS,
                bytes12(0),
                msg.sender,
                ism,
                salt,
                abi.encode(calls)
            );
    }
}
