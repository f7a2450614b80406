// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title EvmAccount
/// @notice An account of an EVM chain as an ERC-7930 address of version 1. Source: ERC-7930, and
/// CAIP-350 for EIP-155 chains.
///
/// | offset | size | content                                   |
/// |--------|------|-------------------------------------------|
/// | 0      | 2    | version, 1                                |
/// | 2      | 2    | chain type, 0 for EIP-155                 |
/// | 4      | 1    | n, size of the chain id                   |
/// | 5      | n    | chain id, without leading zeros           |
/// | 5 + n  | 1    | 20, size of the address                   |
/// | 6 + n  | 20   | address                                   |
///
/// @dev OpenZeppelin's library reads the same but ignores what follows and allows leading zeros:
/// here an account has one encoding.
library EvmAccount {
    /// @notice The chain id and the address of an account.
    /// @return valid False unless the bytes are as in the table.
    function parse(
        bytes calldata account
    ) internal pure returns (bool valid, uint256 chainId, address addr) {
        assembly ("memory-safe") {
            // Reads after the end give other calldata or zeros; the length is checked below.
            let head := calldataload(account.offset)
            let size := byte(4, head)
            // Version, chain type, and a size of the chain id that leaves room for 20 bytes.
            valid := eq(shr(216, head), sub(add(0x0001000000, account.length), 26))
            // A chain id of 1 to 32 bytes that begins with no zero; 20 bytes of address. The length
            // is bounded rather than the size, so that it cannot carry over into the chain type.
            let tail := calldataload(add(account.offset, add(size, 5)))
            valid := and(valid, and(lt(sub(account.length, 27), 32), eq(byte(0, tail), 20)))
            valid := and(valid, iszero(iszero(byte(5, head))))
            chainId := shr(sub(256, shl(3, size)), calldataload(add(account.offset, 5)))
            addr := shr(96, shl(8, tail))
        }
    }

    /// @notice The account in fresh memory.
    /// @param chainId Not zero, and below 2^128: more would overwrite the address.
    function format(uint256 chainId, address addr) internal pure returns (bytes memory account) {
        uint256 place;
        assembly ("memory-safe") {
            account := mload(0x40)
            place := account
            mstore(0x40, add(account, 96)) // a word and 26 + n bytes, n below 17, and up to a word
        }
        write(place, sizeOf(chainId), chainId, addr);
    }

    /// @notice Writes the length of the account, the account and zeros up to a whole word.
    /// @param place Where there are 96 bytes of memory for it.
    /// @param size The bytes of the chain id, see `sizeOf`.
    /// @return end The place after it.
    function write(
        uint256 place,
        uint256 size,
        uint256 chainId,
        address addr
    ) internal pure returns (uint256 end) {
        assembly ("memory-safe") {
            let bits := shl(3, size)
            mstore(add(place, 64), 0)
            mstore(add(place, add(size, 37)), or(shl(248, 20), shl(88, addr)))
            // Version 1, chain type 0, the size and the chain id, and zeros that the length covers.
            mstore(add(place, add(size, 5)), or(shl(bits, or(0x01000000, size)), chainId))
            mstore(place, add(size, 26))
            end := add(place, add(64, shl(5, gt(size, 6))))
        }
    }

    /// @notice The number of bytes of a chain id, at least one.
    function sizeOf(uint256 chainId) internal pure returns (uint256 size) {
        size = 1;
        while (chainId > 0xff) {
            chainId >>= 8;
            ++size;
        }
    }
}
