// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title StaticSet
/// @notice A list of words and a threshold at the end of a contract's own code, where they cannot
/// change and are read by one code copy. `StaticSetDeployer` appends them.
///
/// | place, from the end of the code | size | content                           |
/// |---------------------------------|------|-----------------------------------|
/// | 32 + 32 n                       | 32 n | the n words                       |
/// | 32                              | 18   | zero                              |
/// | 14                              | 2    | n                                 |
/// | 12                              | 12   | threshold                         |
///
/// @dev The last word of code as compiled is part of the compiler's metadata and never begins with
/// 18 zero bytes: by them a contract sees that it has arguments.
library StaticSet {
    /// @notice No arguments are appended to the code: this is the implementation that a factory
    /// copies, not a contract to use.
    error NoArgumentsInCode();

    /// @notice The bytes to append to the code.
    /// @param words The words, packed.
    /// @param threshold At most 96 bits.
    function encode(bytes memory words, uint96 threshold) internal pure returns (bytes memory) {
        // Two bytes hold the count: code is limited to 24,576 bytes.
        return abi.encodePacked(words, bytes18(0), uint16(words.length / 32), threshold);
    }

    /// @notice The addresses and the threshold appended to this contract's code.
    /// @dev Reverts `NoArgumentsInCode`. Pure, because code does not change.
    function addresses() internal pure returns (address[] memory list, uint256 threshold) {
        uint256[] memory words;
        (words, threshold) = read();
        assembly ("memory-safe") {
            list := words // The factory took the words from addresses.
        }
    }

    /// @notice The words and the threshold appended to this contract's code.
    /// @dev Reverts `NoArgumentsInCode`.
    function read() internal pure returns (uint256[] memory words, uint256 threshold) {
        uint256 count;
        assembly ("memory-safe") {
            codecopy(0, sub(codesize(), 32), 32)
            count := shr(96, mload(0))
            threshold := and(mload(0), 0xffffffffffffffffffffffff)
        }
        if (count > type(uint16).max) revert NoArgumentsInCode();
        assembly ("memory-safe") {
            words := mload(0x40)
            let size := shl(5, count)
            mstore(words, count)
            codecopy(add(words, 32), sub(codesize(), add(size, 32)), size)
            mstore(0x40, add(words, add(size, 32)))
        }
    }

    /// @notice The addresses and the threshold appended to the code of the proxy that delegates to
    /// this contract.
    /// @dev Reverts `NoArgumentsInCode`.
    function ofProxy() internal view returns (address[] memory list, uint256 threshold) {
        uint256 count;
        uint256 end;
        assembly ("memory-safe") {
            end := sub(extcodesize(address()), 32)
            extcodecopy(address(), 0, end, 32)
            count := shr(96, mload(0))
            threshold := and(mload(0), 0xffffffffffffffffffffffff)
        }
        if (count > type(uint16).max) revert NoArgumentsInCode();
        assembly ("memory-safe") {
            list := mload(0x40)
            let size := shl(5, count)
            mstore(list, count)
            extcodecopy(address(), add(list, 32), sub(end, size), size)
            mstore(0x40, add(list, add(size, 32)))
        }
    }

    /// @notice `words[i]`. Does not check that there is such a word.
    function get(uint256[] memory words, uint256 i) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(words, shl(5, add(i, 1))))
        }
    }
}
