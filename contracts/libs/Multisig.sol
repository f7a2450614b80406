// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Signature} from "./Signature.sol";

/// @title Multisig
/// @notice Counts the signatures of validators on a digest.
library Multisig {
    /// @notice Nobody's signatures are needed: such a module believes nothing.
    error NoThreshold();

    /// @notice The metadata ends before the last signature that is needed.
    error SignaturesTooShort(uint256 length, uint256 needed);

    /// @notice Signature number `index` is malformed, malleated, or nobody's.
    error InvalidSignature(uint256 index);

    /// @notice The signer of signature number `index` is no validator, or stands in the list of
    /// validators before the signer of an earlier signature.
    error UnexpectedSigner(uint256 index, address signer);

    /// @notice The bytes after the fixed part of the metadata are not whole signatures.
    error InvalidSignaturesLength(uint256 length);

    /// @notice Reverts unless the first `threshold` signatures are of different validators, in the
    /// order of the list. What comes after them is ignored.
    function requireThreshold(
        bytes32 digest,
        bytes calldata signatures,
        address[] memory validators,
        uint256 threshold
    ) internal view {
        if (threshold == 0) revert NoThreshold();
        if (signatures.length < threshold * Signature.LENGTH) {
            revert SignaturesTooShort(signatures.length, threshold * Signature.LENGTH);
        }
        uint256 next;
        // Counters stay below the lengths of things that exist.
        unchecked {
            for (uint256 i; i < threshold; ++i) {
                address signer = signerAt(digest, signatures, i);
                do {
                    if (next == validators.length) revert UnexpectedSigner(i, signer);
                } while (validators[next++] != signer);
            }
        }
    }

    /// @notice The signer of signature number `index`, of which the caller knows that it is there.
    /// @dev Reverts `InvalidSignature`.
    function signerAt(bytes32 digest, bytes calldata signatures, uint256 index)
        internal
        view
        returns (address signer)
    {
        uint256 offset;
        assembly ("memory-safe") {
            offset := add(signatures.offset, mul(index, 65)) // inside calldata: cannot overflow
        }
        signer = Signature.recover(digest, offset);
        if (signer == address(0)) revert InvalidSignature(index);
    }

    /// @notice How many signatures these bytes are. Reverts `InvalidSignaturesLength`.
    function count(bytes calldata signatures) internal pure returns (uint256) {
        if (signatures.length % Signature.LENGTH != 0) {
            revert InvalidSignaturesLength(signatures.length);
        }
        return signatures.length / Signature.LENGTH;
    }
}
