// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @notice A merkle root that a validator vouches for.
struct Checkpoint {
    /// @dev Domain of the tree.
    uint32 origin;
    /// @dev The merkle tree hook, as a 32-byte address.
    bytes32 merkleTree;
    /// @dev The root after leaf `index` was inserted.
    bytes32 root;
    uint32 index;
    /// @dev The leaf at `index`.
    bytes32 messageId;
}

/// @title CheckpointLib
/// @notice The digest that validators sign. Source: docs/protocol/checkpoints.md, "Checkpoints".
library CheckpointLib {
    /// @notice The EIP-191 digest of a checkpoint on the tree of `domain`:
    /// H("\x19Ethereum Signed Message:\n32" ‖ H(domainHash ‖ root ‖ index:4 ‖ messageId)) with
    /// domainHash = H(domain:4 ‖ merkleTree ‖ "HYPERLANE").
    function digest(
        uint32 domain,
        bytes32 merkleTree,
        bytes32 root,
        uint32 index,
        bytes32 messageId
    ) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, shl(224, domain))
            mstore(add(free, 4), merkleTree)
            mstore(add(free, 36), "HYPERLANE")
            mstore(free, keccak256(free, 45))
            // Back to front: the index stands at the end of its word, whose rest the root covers.
            mstore(add(free, 68), messageId)
            mstore(add(free, 36), index)
            mstore(add(free, 32), root)
            hash := keccak256(free, 100)
            mstore(0, "\x19Ethereum Signed Message:\n32")
            mstore(28, hash)
            hash := keccak256(0, 60)
        }
    }
}
