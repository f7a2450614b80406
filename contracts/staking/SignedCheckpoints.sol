// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Checkpoint, CheckpointLib} from "../libs/CheckpointLib.sol";
import {Signature} from "../libs/Signature.sol";

/// @title SignedCheckpoints
/// @notice Recovers the signers of checkpoints.
abstract contract SignedCheckpoints {
    /// @notice The signature is not 65 bytes long, or no signer can be recovered from it.
    error InvalidSignature(bytes signature);

    /// @dev Reverts `InvalidSignature`.
    /// @return signer Never zero.
    /// @return digest The signed digest.
    function _signerOf(
        Checkpoint calldata checkpoint,
        bytes calldata signature
    ) internal view returns (address signer, bytes32 digest) {
        digest = CheckpointLib.digest(
            checkpoint.origin,
            checkpoint.merkleTree,
            checkpoint.root,
            checkpoint.index,
            checkpoint.messageId
        );
        if (signature.length != Signature.LENGTH) revert InvalidSignature(signature);
        uint256 offset;
        assembly ("memory-safe") {
            offset := signature.offset
        }
        signer = Signature.recover(digest, offset);
        if (signer == address(0)) revert InvalidSignature(signature);
    }
}
