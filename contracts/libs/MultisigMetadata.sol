// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {CheckpointLib} from "./CheckpointLib.sol";
import {MerkleTree} from "./MerkleTree.sol";
import {Message} from "./Message.sol";

/// @title MessageIdMultisigMetadata
/// @notice Metadata that proves a message by signatures on the checkpoint of its own leaf.
///
/// | offset | size | field                                          |
/// |--------|------|------------------------------------------------|
/// | 0      | 32   | merkle tree hook on the origin, 32-byte address |
/// | 32     | 32   | root                                           |
/// | 64     | 4    | leaf index                                     |
/// | 68     | 65 n | signatures                                     |
///
/// @dev Functions revert with empty data when the fixed part is not there.
library MessageIdMultisigMetadata {
    using Message for bytes;

    uint256 private constant SIGNATURES_OFFSET = 68;

    /// @notice Digest that the validators signed if the message is real.
    function digest(
        bytes calldata metadata,
        bytes calldata message
    ) internal pure returns (bytes32) {
        bytes calldata fixedPart = metadata[:SIGNATURES_OFFSET];
        return
            CheckpointLib.digest(
                message.origin(),
                bytes32(fixedPart),
                bytes32(fixedPart[32:]),
                uint32(bytes4(fixedPart[64:])),
                message.id()
            );
    }

    function signatures(bytes calldata metadata) internal pure returns (bytes calldata) {
        return metadata[SIGNATURES_OFFSET:];
    }
}

/// @title MerkleRootMultisigMetadata
/// @notice Metadata that proves a message by signatures on its own or a later checkpoint, and a
/// merkle proof.
///
/// | offset | size | field                                          |
/// |--------|------|------------------------------------------------|
/// | 0      | 32   | merkle tree hook on the origin, 32-byte address |
/// | 32     | 4    | leaf index of the message                      |
/// | 36     | 32   | message id in the signed checkpoint            |
/// | 68     | 1024 | the leaf's 32 siblings, level 0 first          |
/// | 1092   | 4    | leaf index of the signed checkpoint            |
/// | 1096   | 65 n | signatures                                     |
///
/// The short form, 164 bytes, goes with a subtree of 16 leaves that was proven before:
///
/// | offset | size | field                                          |
/// |--------|------|------------------------------------------------|
/// | 0      | 32   | merkle tree hook on the origin, 32-byte address |
/// | 32     | 4    | leaf index of the message                      |
/// | 36     | 128  | the leaf's first 4 siblings, level 0 first     |
///
/// @dev Functions revert with empty data when the fixed part is not there.
library MerkleRootMultisigMetadata {
    using Message for bytes;

    /// @notice The leaf comes after the signed checkpoint, whose root cannot cover it.
    error LeafAfterCheckpoint(uint32 leafIndex, uint32 signedIndex);

    uint256 private constant SHORT_LENGTH = 164;

    uint256 private constant SIGNATURES_OFFSET = 1096;

    function isShort(bytes calldata metadata) internal pure returns (bool) {
        return metadata.length == SHORT_LENGTH;
    }

    /// @notice The subtree of 16 leaves that has the message in it, by the short form.
    function shortSubtree(
        bytes calldata metadata,
        bytes calldata message
    ) internal pure returns (bytes32) {
        uint32 leafIndex = uint32(bytes4(metadata[32:]));
        bytes32 node = MerkleTree.ascend(message.id(), metadata[36:SHORT_LENGTH], leafIndex);
        return _subtree(message.origin(), bytes32(metadata), leafIndex >> 4, node);
    }

    /// @notice Digest that the validators signed if the message is real, and the subtree of 16
    /// leaves that has the message in it. Reverts `LeafAfterCheckpoint`.
    function prove(
        bytes calldata metadata,
        uint32 origin,
        bytes32 messageId
    ) internal pure returns (bytes32 digest, bytes32 subtree) {
        bytes calldata fixedPart = metadata[:SIGNATURES_OFFSET];
        bytes32 hook = bytes32(fixedPart);
        uint32 leafIndex = uint32(bytes4(fixedPart[32:]));
        uint32 signedIndex = uint32(bytes4(fixedPart[1092:]));
        if (leafIndex > signedIndex) revert LeafAfterCheckpoint(leafIndex, signedIndex);

        bytes32 node = MerkleTree.ascend(messageId, fixedPart[68:196], leafIndex);
        subtree = _subtree(origin, hook, leafIndex >> 4, node);
        bytes32 root = MerkleTree.ascend(node, fixedPart[196:1092], leafIndex >> 4);
        digest = CheckpointLib.digest(origin, hook, root, signedIndex, bytes32(fixedPart[36:]));
    }

    function signatures(bytes calldata metadata) internal pure returns (bytes calldata) {
        return metadata[SIGNATURES_OFFSET:];
    }

    /// @dev Names the node of level 4 at `index` of one tree.
    function _subtree(
        uint32 domain,
        bytes32 hook,
        uint32 index,
        bytes32 node
    ) private pure returns (bytes32 name) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, or(shl(32, domain), index))
            mstore(add(free, 32), hook)
            mstore(add(free, 64), node)
            name := keccak256(free, 96)
        }
    }
}
