// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title Distinct
/// @notice Checks that a list names no address twice: a validator or module would count twice.
library Distinct {
    /// @notice The list names this address more than once: name it once.
    error DuplicateValue(address value);

    /// @notice Reverts `DuplicateValue` with the first address of the list that occurs again.
    /// @dev Compares all pairs: every factory has this code, and few sets have more than ten
    /// members. 255 of them are 32,385 pairs, less than a million and a half of gas.
    function check(address[] memory list) internal pure {
        uint256 place;
        assembly ("memory-safe") {
            let last := add(list, shl(5, mload(list))) // the last element, or the length of none
            for {
                let i := add(list, 32)
            } lt(i, last) {
                i := add(i, 32)
            } {
                let value := mload(i) // clean: Solidity copied it
                for {
                    let j := add(i, 32)
                } iszero(gt(j, last)) {
                    j := add(j, 32)
                } {
                    if eq(value, mload(j)) {
                        place := i
                        i := last // leaves the outer loop too
                        break
                    }
                }
            }
        }
        if (place == 0) return;
        address value;
        assembly ("memory-safe") {
            value := mload(place)
        }
        revert DuplicateValue(value);
    }
}
