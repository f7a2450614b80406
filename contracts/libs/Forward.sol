// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title Forward
/// @notice Calls another contract with the arguments of the call being served.
/// @dev For functions with the same parameter list, such as `Mailbox.process` and an ISM's
/// `verify`, both `(bytes metadata, bytes message)`: nothing is decoded or encoded again. Calldata
/// after the arguments is passed on too, where an ABI decoder ignores it.
library Forward {
    /// @notice `target.selector(own arguments)`, reverting as the target reverts, or else returning
    /// the first word of the answer.
    /// @dev Reverts with empty data when less than a word comes back, as from an account without
    /// code.
    function toCallForWord(address target, bytes4 selector) internal returns (uint256 word) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            calldatacopy(add(free, 4), 4, sub(calldatasize(), 4))
            if iszero(call(gas(), target, 0, free, calldatasize(), 0, 32)) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            if lt(returndatasize(), 32) {
                revert(0, 0)
            }
            word := mload(0)
        }
    }

    /// @notice Ends the call being served with what `target` answers to the same call.
    function returnAnswerOf(address target) internal view {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, 0, calldatasize())
            let success := staticcall(gas(), target, free, calldatasize(), 0, 0)
            returndatacopy(free, 0, returndatasize())
            if iszero(success) {
                revert(free, returndatasize())
            }
            return(free, returndatasize())
        }
    }

    /// @notice Delegate-calls this contract's own `selector(bytes, bytes)` with at most `gasLimit`
    /// gas: caller and storage stay, and a revert undoes just this call.
    /// @return success True if it returned.
    /// @return reason If not, the first 256 bytes of its revert data: a hostile contract
    /// cannot make its caller pay for copying more.
    /// @dev Uses memory after the free pointer and gives it back, so that a loop does not grow it.
    function toSelf(
        bytes4 selector,
        bytes calldata first,
        bytes calldata second,
        uint256 gasLimit
    ) internal returns (bool success, bytes memory reason) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            let padded := and(add(first.length, 31), not(31))
            let tail := add(start, add(100, padded))
            mstore(start, selector)
            mstore(add(start, 4), 0x40)
            mstore(add(start, 36), add(0x60, padded))
            mstore(add(start, 68), first.length)
            calldatacopy(add(start, 100), first.offset, first.length)
            mstore(tail, second.length)
            calldatacopy(add(tail, 32), second.offset, second.length)
            let length := sub(add(tail, add(32, second.length)), start)
            success := delegatecall(gasLimit, address(), start, length, 0, 0)

            if iszero(success) {
                let size := returndatasize()
                if gt(size, 256) {
                    size := 256
                }
                reason := start
                mstore(reason, size)
                returndatacopy(add(reason, 32), 0, size)
                mstore(0x40, add(reason, and(add(size, 63), not(31))))
            }
        }
    }
}
