// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @notice Place in memory of a hook's call: its length in bytes in the upper half, the
/// address of its selector in the lower half.
type HookCall is uint256;

using HookCallLib for HookCall global;

/// @title HookCallLib
/// @notice Encodes a dispatch once, then hashes it, logs it and calls hooks with it in place. A
/// hook that calls hooks passes its own call on.
///
/// All functions of a hook that are called here take `(bytes metadata, bytes message)`. In memory,
/// with M and B the lengths of metadata and message rounded up to 32:
///
/// | offset  | size | content                        |
/// |---------|------|--------------------------------|
/// | 0       | 4    | selector, written by each call |
/// | 4       | 32   | 0x40, where metadata starts    |
/// | 36      | 32   | 0x60 + M, where message starts |
/// | 68      | 32   | metadata length                |
/// | 100     | M    | metadata                       |
/// | 100 + M | 32   | message length                 |
/// | 132 + M | B    | message                        |
library HookCallLib {
    /// @notice Lays out the message and the call of its hooks in fresh memory.
    /// @param head Everything before the sender: version(1) ‖ nonce(4) ‖ origin(4), right-aligned.
    /// @param sender The message's sender.
    /// @param destination The message's destination domain.
    /// @param recipient The message's recipient.
    /// @param body The message's body.
    /// @param metadata What the hooks get beside the message.
    /// @return hookCall The call.
    /// @return message The encoded message, inside the call: there is no second copy.
    function encode(
        uint256 head,
        address sender,
        uint32 destination,
        bytes32 recipient,
        bytes calldata body,
        bytes calldata metadata
    ) internal pure returns (HookCall hookCall, bytes memory message) {
        assembly ("memory-safe") {
            // A word for the selector, of which the last four bytes are used, keeps the rest
            // aligned.
            let start := add(mload(0x40), 28)
            let padded := and(add(metadata.length, 31), not(31))
            mstore(add(start, 4), 0x40)
            mstore(add(start, 36), add(0x60, padded))
            // Zeros where the last word of metadata goes, or under its length if there is none.
            mstore(add(start, add(68, padded)), 0)
            mstore(add(start, 68), metadata.length)
            calldatacopy(add(start, 100), metadata.offset, metadata.length)

            // Back to front: each store ends where the one before begins and zeroes what precedes.
            message := add(start, add(100, padded))
            mstore(add(message, 77), recipient)
            mstore(add(message, 45), destination)
            mstore(add(message, 41), sender)
            mstore(add(message, 9), head)
            mstore(message, add(body.length, 77))
            calldatacopy(add(message, 109), body.offset, body.length)

            let end := add(message, add(109, body.length))
            mstore(end, 0)
            end := add(start, and(add(sub(end, start), 27), not(31)))
            end := add(end, 4)
            hookCall := or(shl(128, sub(end, start)), start)
            mstore(0x40, end)
        }
    }

    /// @notice The call being served, as a call of other hooks: nothing is decoded or encoded
    /// again.
    /// @dev For `postDispatch` and `quoteDispatch` themselves. Calldata after the arguments is
    /// passed on too, where an ABI decoder ignores it.
    function own() internal pure returns (HookCall hookCall) {
        assembly ("memory-safe") {
            let start := add(mload(0x40), 28)
            let size := calldatasize()
            calldatacopy(start, 0, size)
            mstore(0x40, and(add(add(start, size), 31), not(31)))
            hookCall := or(shl(128, size), start)
        }
    }

    /// @notice Emits an event with three indexed arguments and the message as its only data.
    /// @dev The ABI wants the word 0x20 before the message's length: it is put there for the
    /// moment.
    function log(
        bytes memory message,
        bytes32 topic0,
        uint256 topic1,
        uint256 topic2,
        bytes32 topic3
    ) internal {
        assembly ("memory-safe") {
            let data := sub(message, 32)
            let saved := mload(data)
            mstore(data, 0x20)
            let size := add(64, and(add(mload(message), 31), not(31)))
            log4(data, size, topic0, topic1, topic2, topic3)
            mstore(data, saved)
        }
    }

    /// @notice `hook.postDispatch{value: value}(metadata, message)`.
    /// @dev Passes a revert on as it is. Does not check that `hook` has code.
    function postDispatch(HookCall hookCall, address hook, uint256 value) internal {
        assembly ("memory-safe") {
            let start := and(hookCall, 0xffffffffffffffffffffffffffffffff)
            mstore(sub(start, 28), 0x086011b9) // postDispatch(bytes,bytes)
            if iszero(call(gas(), hook, value, start, shr(128, hookCall), 0, 0)) {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
        }
    }

    /// @notice `hook.quoteDispatch(metadata, message)`, in wei.
    /// @dev Passes a revert on as it is; reverts with empty data when no number comes back.
    function quoteDispatch(HookCall hookCall, address hook) internal view returns (uint256 fee) {
        assembly ("memory-safe") {
            let start := and(hookCall, 0xffffffffffffffffffffffffffffffff)
            mstore(sub(start, 28), 0xaaccd230) // quoteDispatch(bytes,bytes)
            if iszero(staticcall(gas(), hook, start, shr(128, hookCall), 0, 32)) {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            if lt(returndatasize(), 32) {
                revert(0, 0)
            }
            fee := mload(0)
        }
    }

    /// @notice `hook.planDispatch(metadata, message)`, see `IPlanningHook`.
    /// @dev Passes a revert on as it is; reverts with empty data when no list of addresses comes
    /// back.
    function planDispatch(
        HookCall hookCall,
        address hook
    ) internal view returns (uint256[] memory hooks) {
        assembly ("memory-safe") {
            let start := and(hookCall, 0xffffffffffffffffffffffffffffffff)
            mstore(sub(start, 28), 0x03370e73) // planDispatch(bytes,bytes)
            let free := mload(0x40)
            let success := staticcall(gas(), hook, start, shr(128, hookCall), 0, 0)
            let size := returndatasize()
            returndatacopy(free, 0, size)
            if iszero(success) {
                revert(free, size)
            }
            // The word 0x20, the number of hooks, then a word for each.
            hooks := add(free, 32)
            let end := add(free, size)
            let wrong := lt(size, 96)
            wrong := or(wrong, xor(mload(free), 0x20))
            wrong := or(wrong, xor(shl(5, mload(hooks)), sub(size, 64)))
            for {
                let word := add(free, 64)
            } lt(word, end) {
                word := add(word, 32)
            } {
                wrong := or(wrong, shr(160, mload(word)))
            }
            if wrong {
                revert(0, 0)
            }
            mstore(0x40, end)
        }
    }
}
