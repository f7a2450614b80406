// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title MerkleTree
/// @notice The incremental merkle tree of message ids: 32 levels, a node is keccak256(left ‖
/// right), an empty leaf is zero. Source: docs/protocol/merkle-tree.md.
library MerkleTree {
    uint256 internal constant DEPTH = 32;

    /// @dev 2^32 - 1: the last place stays empty, so that a count fits 32 bits.
    uint256 internal constant MAX_LEAVES = type(uint32).max;

    /// @notice The tree holds its 2^32 - 1 leaves.
    error MerkleTreeFull();

    /// @dev branch[i] is the root of the last complete left subtree of height i.
    struct Tree {
        bytes32[DEPTH] branch;
        uint256 count;
    }

    /// @notice Appends a leaf.
    /// @return index Its place, counted from zero.
    function insert(Tree storage tree, bytes32 leaf) internal returns (uint256 index) {
        index = tree.count;
        if (index == MAX_LEAVES) revert MerkleTreeFull();
        unchecked {
            tree.count = index + 1; // at most MAX_LEAVES
        }
        uint256 level;
        // The lowest zero bit of the index is the lowest set bit of the new count, below level 32.
        for (uint256 size = index; size & 1 == 1; size >>= 1) {
            leaf = hash(tree.branch[level], leaf);
            unchecked {
                ++level;
            }
        }
        tree.branch[level] = leaf;
    }

    /// @notice The root over all leaves so far.
    function root(Tree storage tree) internal view returns (bytes32 node) {
        uint256 size = tree.count;
        bytes32 zero;
        for (uint256 level; level < DEPTH; ++level) {
            node = (size >> level) & 1 == 1 ? hash(tree.branch[level], node) : hash(node, zero);
            zero = hash(zero, zero);
        }
    }

    /// @notice The root that `leaf` at `index` has with these siblings.
    /// @param proof 32 siblings of 32 bytes, level 0 first. Reverts with empty data if shorter.
    function branchRoot(
        bytes32 leaf,
        bytes calldata proof,
        uint256 index
    ) internal pure returns (bytes32) {
        return ascend(leaf, proof[:DEPTH * 32], index);
    }

    /// @notice The root that `leaf` at `index` has with these siblings, level 0 first.
    function branchRoot(
        bytes32 leaf,
        bytes32[DEPTH] calldata proof,
        uint256 index
    ) internal pure returns (bytes32 node) {
        node = leaf;
        for (uint256 level; level < DEPTH; ++level) {
            bytes32 sibling = proof[level];
            node = (index >> level) & 1 == 1 ? hash(sibling, node) : hash(node, sibling);
        }
    }

    /// @notice The root at the moment when `leaf` at `index` was the last one.
    /// @param proof Of the leaf against any later root, level 0 first.
    function reconstructRoot(
        bytes32 leaf,
        bytes32[DEPTH] calldata proof,
        uint256 index
    ) internal pure returns (bytes32 node) {
        node = leaf;
        bytes32 zero;
        for (uint256 level; level < DEPTH; ++level) {
            node = (index >> level) & 1 == 1 ? hash(proof[level], node) : hash(node, zero);
            zero = hash(zero, zero);
        }
    }

    /// @notice The node that is the ancestor of `node` by as many levels as there are siblings.
    /// @param siblings 32 bytes each, of `node`'s level first. A multiple of four of them.
    /// @param index The place of `node` among the nodes of its level.
    function ascend(
        bytes32 node,
        bytes calldata siblings,
        uint256 index
    ) internal pure returns (bytes32 ancestor) {
        assembly ("memory-safe") {
            let end := add(siblings.offset, siblings.length)
            // Four levels a turn: the loop's own cost is a fifth of the hashing otherwise.
            for {
                let sibling := siblings.offset
            } lt(sibling, end) {
                sibling := add(sibling, 128)
            } {
                // The node goes left of its sibling when its bit is 0, right when it is 1.
                let side := shl(5, and(index, 1))
                mstore(side, node)
                mstore(xor(side, 32), calldataload(sibling))
                node := keccak256(0, 64)
                side := and(shl(4, index), 32)
                mstore(side, node)
                mstore(xor(side, 32), calldataload(add(sibling, 32)))
                node := keccak256(0, 64)
                side := and(shl(3, index), 32)
                mstore(side, node)
                mstore(xor(side, 32), calldataload(add(sibling, 64)))
                node := keccak256(0, 64)
                side := and(shl(2, index), 32)
                mstore(side, node)
                mstore(xor(side, 32), calldataload(add(sibling, 96)))
                node := keccak256(0, 64)
                index := shr(4, index)
            }
            ancestor := node
        }
    }

    /// @notice keccak256(left ‖ right).
    function hash(bytes32 left, bytes32 right) internal pure returns (bytes32 node) {
        assembly ("memory-safe") {
            mstore(0, left)
            mstore(32, right)
            node := keccak256(0, 64)
        }
    }
}
