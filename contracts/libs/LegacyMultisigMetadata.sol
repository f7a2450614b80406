// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {CheckpointLib} from "./CheckpointLib.sol";
import {MerkleTree} from "./MerkleTree.sol";
import {Message} from "./Message.sol";

/// @title LegacyMultisigMetadata
/// @notice Metadata that proves a message by signatures on the checkpoint of its own leaf, and a
/// merkle proof that the leaf is under the checkpoint's root.
///
/// | offset | size | field                                           |
/// |--------|------|-------------------------------------------------|
/// | 0      | 32   | root                                            |
/// | 32     | 4    | leaf index                                      |
/// | 36     | 32   | merkle tree hook on the origin, 32-byte address |
/// | 68     | 1024 | the leaf's 32 siblings, level 0 first           |
/// | 1092   | 65 n | signatures                                      |
///
/// Source: docs/decisions/0006-the-legacy-multisig.md.
/// @dev Functions revert with empty data when the fixed part is not there.
library LegacyMultisigMetadata {
    using Message for bytes;

    /// @notice The proof leads from the message to another root than the metadata names.
    error RootMismatch(bytes32 proven, bytes32 root);

    uint256 private constant SIGNATURES_OFFSET = 1092;

    /// @notice Digest that the validators signed if the message is real. Reverts `RootMismatch`.
    function digest(
        bytes calldata metadata,
        bytes calldata message
    ) internal pure returns (bytes32) {
        bytes calldata fixedPart = metadata[:SIGNATURES_OFFSET];
        bytes32 root = bytes32(fixedPart);
        uint32 index = uint32(bytes4(fixedPart[32:]));
        uint32 origin = message.origin();
        bytes32 id = message.id();
        bytes32 proven = MerkleTree.branchRoot(id, fixedPart[68:], index);
        if (proven != root) revert RootMismatch(proven, root);
        return CheckpointLib.digest(origin, bytes32(fixedPart[36:]), root, index, id);
    }

    function signatures(bytes calldata metadata) internal pure returns (bytes calldata) {
        return metadata[SIGNATURES_OFFSET:];
    }
}
