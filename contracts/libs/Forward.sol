// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title Forward
/// @notice Calls another contract with the arguments of the call being served.
/// @dev For functions with the same parameter list, such as `Mailbox.process` and an ISM's `verify`,
/// both `(bytes metadata, bytes message)`: nothing is decoded or encoded again. Calldata behind the
/// arguments is passed on too, where an ABI decoder ignores it.
library Forward {
    /// @notice `target.selector(own arguments)` with `value` wei, reverting as the target reverts.
    /// @dev Does not check that `target` has code.
    function toCall(address target, bytes4 selector, uint256 value) internal {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, 0, calldatasize())
            mstore(free, or(selector, shr(32, shl(32, mload(free)))))
            if iszero(call(gas(), target, value, free, calldatasize(), 0, 0)) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
        }
    }

    /// @notice As `toCall` without value, returning the first word of the answer.
    /// @dev Reverts with empty data when less than a word comes back, as from an account without code.
    function toCallForWord(address target, bytes4 selector) internal returns (uint256 word) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, 0, calldatasize())
            mstore(free, or(selector, shr(32, shl(32, mload(free)))))
            if iszero(call(gas(), target, 0, free, calldatasize(), 0, 32)) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            if lt(returndatasize(), 32) { revert(0, 0) }
            word := mload(0)
        }
    }

    /// @notice As `toCallForWord`, by a static call.
    function toStaticCallForWord(address target, bytes4 selector) internal view returns (uint256 word) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, 0, calldatasize())
            mstore(free, or(selector, shr(32, shl(32, mload(free)))))
            if iszero(staticcall(gas(), target, free, calldatasize(), 0, 32)) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            if lt(returndatasize(), 32) { revert(0, 0) }
            word := mload(0)
        }
    }
}
