// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {CheckpointLib} from "../libs/CheckpointLib.sol";
import {MerkleTree} from "../libs/MerkleTree.sol";
import {Message} from "../libs/Message.sol";
import {Signature} from "../libs/Signature.sol";

/// @title LibraryHarness
/// @notice The library functions, callable from outside, so that tests can compare them with
/// models.
contract LibraryHarness {
    using Message for bytes;

    function fields(
        bytes calldata message
    ) external pure returns (uint8, uint32, uint32, bytes32, uint32, bytes32, bytes memory) {
        return (
            message.version(),
            message.nonce(),
            message.origin(),
            message.sender(),
            message.destination(),
            message.recipient(),
            message.body()
        );
    }

    function id(bytes calldata message) external pure returns (bytes32) {
        return message.id();
    }

    function addresses(bytes calldata message) external pure returns (address, address) {
        return (message.senderAddress(), message.recipientAddress());
    }

    function checkpointDigest(
        uint32 domain,
        bytes32 merkleTree,
        bytes32 root,
        uint32 index,
        bytes32 messageId
    ) external pure returns (bytes32) {
        return CheckpointLib.digest(domain, merkleTree, root, index, messageId);
    }

    function recover(bytes32 digest, bytes calldata signature) external view returns (address) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := signature.offset
        }
        return Signature.recover(digest, offset);
    }

    function branchRoot(
        bytes32 leaf,
        bytes calldata proof,
        uint256 index
    ) external pure returns (bytes32) {
        return MerkleTree.branchRoot(leaf, proof, index);
    }
}
