// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";

/// @notice The call `verify(metadata, message)` in memory, with the message in place. Each use
/// copies its own metadata after the message.
type VerifyCall is uint256;

using VerifyCallLib for VerifyCall global;

/// @title VerifyCallLib
/// @notice Asks several modules about one message, which is encoded once.
///
/// With B the length of the message rounded up to 32:
///
/// | offset  | size | content                         |
/// |---------|------|---------------------------------|
/// | 0       | 4    | selector                        |
/// | 4       | 32   | 0x60 + B, where metadata starts |
/// | 36      | 32   | 0x40, where the message starts  |
/// | 68      | 32   | message length                  |
/// | 100     | B    | message                         |
/// | 100 + B | 32   | metadata length                 |
/// | 132 + B | rest | metadata, padded to 32          |
///
/// @dev The message goes first, so that metadata of any length can follow it.
library VerifyCallLib {
    /// @notice Lays out the call in fresh memory, with room for metadata of up to `room` bytes.
    function encode(
        bytes calldata message,
        uint256 room
    ) internal pure returns (VerifyCall verifyCall) {
        bytes4 selector = IInterchainSecurityModule.verify.selector;
        assembly ("memory-safe") {
            verifyCall := mload(0x40)
            let padded := and(add(message.length, 31), not(31))
            mstore(verifyCall, selector)
            mstore(add(verifyCall, 4), add(0x60, padded))
            mstore(add(verifyCall, 36), 0x40)
            // Zeros where the last word of the message goes, or under its length if there is none.
            mstore(add(verifyCall, add(68, padded)), 0)
            mstore(add(verifyCall, 68), message.length)
            calldatacopy(add(verifyCall, 100), message.offset, message.length)
            mstore(0x40, and(add(verifyCall, add(add(padded, room), 195)), not(31)))
        }
    }

    /// @notice Tells whether `module.verify` answers true. A revert is passed on.
    /// @dev False, too, for an account without code and for an answer that is no boolean.
    /// @param metadata No longer than the room that was reserved for it.
    function ask(
        VerifyCall verifyCall,
        address module,
        bytes calldata metadata
    ) internal returns (bool answer) {
        assembly ("memory-safe") {
            let start := add(add(verifyCall, 4), mload(add(verifyCall, 4)))
            let padded := and(add(metadata.length, 31), not(31))
            mstore(add(start, padded), 0)
            mstore(start, metadata.length)
            calldatacopy(add(start, 32), metadata.offset, metadata.length)
            let size := sub(add(start, add(32, padded)), verifyCall)
            if iszero(call(gas(), module, 0, verifyCall, size, 0, 32)) {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            answer := and(gt(returndatasize(), 31), eq(mload(0), 1))
        }
    }
}
