// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {CheckpointLib} from "./CheckpointLib.sol";
import {MerkleTree} from "./MerkleTree.sol";
import {Message} from "./Message.sol";

/// @title MessageIdMultisigMetadata
/// @notice What proves a message by signatures on the checkpoint of its own leaf.
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

    /// @notice What the validators signed if the message is real.
    function digest(bytes calldata metadata, bytes calldata message) internal pure returns (bytes32) {
        bytes calldata fixedPart = metadata[:SIGNATURES_OFFSET];
        return CheckpointLib.digest(
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
/// @notice What proves a message by signatures on its own or a later checkpoint, and a merkle proof.
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
/// @dev Functions revert with empty data when the fixed part is not there.
library MerkleRootMultisigMetadata {
    using Message for bytes;

    /// @notice The leaf is behind the signed checkpoint, whose root cannot cover it.
    error LeafAfterCheckpoint(uint32 leafIndex, uint32 signedIndex);

    uint256 private constant SIGNATURES_OFFSET = 1096;

    /// @notice What the validators signed if the message is real. Reverts `LeafAfterCheckpoint`.
    function digest(bytes calldata metadata, bytes calldata message) internal pure returns (bytes32) {
        bytes calldata fixedPart = metadata[:SIGNATURES_OFFSET];
        uint32 leafIndex = uint32(bytes4(fixedPart[32:]));
        uint32 signedIndex = uint32(bytes4(fixedPart[1092:]));
        if (leafIndex > signedIndex) revert LeafAfterCheckpoint(leafIndex, signedIndex);

        bytes32 root = MerkleTree.branchRoot(message.id(), fixedPart[68:1092], leafIndex);
        return CheckpointLib.digest(
            message.origin(), bytes32(fixedPart), root, signedIndex, bytes32(fixedPart[36:])
        );
    }

    function signatures(bytes calldata metadata) internal pure returns (bytes calldata) {
        return metadata[SIGNATURES_OFFSET:];
    }
}
