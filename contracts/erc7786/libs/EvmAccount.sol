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
            let length := account.length
            // Version and chain type; a first byte of the chain id that exists and is not zero; 20
            // bytes of address; nothing else.
            valid := and(eq(shr(224, head), 0x00010000), eq(length, add(size, 26)))
            valid := and(valid, and(lt(size, 33), iszero(iszero(size))))
            valid := and(valid, iszero(iszero(byte(5, head))))
            let tail := calldataload(add(account.offset, add(size, 5)))
            valid := and(valid, eq(byte(0, tail), 20))
            chainId := shr(sub(256, shl(3, size)), calldataload(add(account.offset, 5)))
            addr := shr(96, shl(8, tail))
        }
    }

    /// @notice The account in fresh memory.
    /// @param chainId Not zero, and below 2^128: more would overwrite the address.
    function format(
        uint256 chainId,
        address addr
    ) internal pure returns (bytes memory account) {
        assembly ("memory-safe") {
            let size := 1
            for {
                let rest := shr(8, chainId)
            } rest {
                rest := shr(8, rest)
            } {
                size := add(size, 1)
            }
            account := mload(0x40)
            mstore(account, add(size, 26))
            let head := or(shl(224, 0x00010000), shl(216, size))
            mstore(add(account, 32), or(head, shl(sub(216, shl(3, size)), chainId)))
            mstore(add(account, add(size, 37)), or(shl(248, 20), shl(88, addr)))
            mstore(0x40, add(account, 96)) // 58 + n up to the next multiple of 32, n below 17
        }
    }
}
