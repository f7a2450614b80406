// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title DispatchCall
/// @notice Calls a Mailbox. `dispatch` and `quoteDispatch` have the same parameters, `(uint32
/// destination, bytes32 recipient, bytes body, bytes metadata, address hook)`: whatever lays out
/// call data for one of them does so for the other.
library DispatchCall {
    bytes4 internal constant DISPATCH = bytes4(
        keccak256("dispatch(uint32,bytes32,bytes,bytes,address)")
    );

    bytes4 internal constant QUOTE_DISPATCH = bytes4(
        keccak256("quoteDispatch(uint32,bytes32,bytes,bytes,address)")
    );

    /// @notice Makes a call that changes things, and returns the first word of the answer.
    /// @dev Passes a revert on as it is; reverts with empty data when less than a word comes back.
    function send(bytes memory data, address mailbox, uint256 value) internal returns (bytes32 id) {
        assembly ("memory-safe") {
            if iszero(call(gas(), mailbox, value, add(data, 32), mload(data), 0, 32)) {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            if lt(returndatasize(), 32) {
                revert(0, 0)
            }
            id := mload(0)
        }
    }

    /// @notice Calls as `send` does, by a static call.
    function ask(bytes memory data, address mailbox) internal view returns (uint256 fee) {
        assembly ("memory-safe") {
            if iszero(staticcall(gas(), mailbox, add(data, 32), mload(data), 0, 32)) {
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
}
