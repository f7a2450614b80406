// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {Signature} from "./Signature.sol";

/// @title Multisig
/// @notice Counts the signatures of validators on a digest.
library Multisig {
    using Signature for bytes32;

    /// @notice The threshold is zero: the module refuses every message.
    error NoThreshold();

    /// @notice The metadata ends before the last signature that is needed.
    error SignaturesTooShort(uint256 length, uint256 needed);

    /// @notice Signature number `index` has a high s or an invalid v, or no signer can be recovered
    /// from it.
    error InvalidSignature(uint256 index);

    /// @notice The signer of signature number `index` is no validator, or stands in the list of
    /// validators before the signer of an earlier signature.
    error UnexpectedSigner(uint256 index, address signer);

    /// @notice All signatures together weigh too little.
    error InsufficientWeight(uint256 weight, uint256 threshold);

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
        // No overflow: thresholds are counts of validators, and offsets end after the last element.
        unchecked {
            if (signatures.length < threshold * Signature.LENGTH) {
                revert SignaturesTooShort(signatures.length, threshold * Signature.LENGTH);
            }
            (uint256 candidates, uint256 end) = _elements(validators);
            uint256 signature = _offset(signatures);
            for (uint256 i; i < threshold; ++i) {
                address signer = digest.recover(signature);
                if (signer == address(0)) revert InvalidSignature(i);
                candidates = _behind(signer, candidates, end);
                if (candidates == 0) revert UnexpectedSigner(i, signer);
                signature += Signature.LENGTH;
            }
        }
    }

    /// @notice Reverts unless the first signatures that together weigh `threshold` are of different
    /// validators, in the order of the list. What comes after them is ignored.
    /// @param validators In each word an address, and its weight in the 96 bits above.
    function requireWeight(
        bytes32 digest,
        bytes calldata signatures,
        uint256[] memory validators,
        uint256 threshold
    ) internal view {
        uint256 available = signatures.length / Signature.LENGTH;
        uint256 next;
        uint256 weight;
        // Counters stay below the lengths of things that exist; a set has fewer than 2^16 weights
        // of 96 bits.
        unchecked {
            for (uint256 i; weight < threshold; ++i) {
                if (i == available) revert InsufficientWeight(weight, threshold);
                address signer = digest.recover(_offset(signatures) + i * Signature.LENGTH);
                if (signer == address(0)) revert InvalidSignature(i);
                do {
                    if (next == validators.length) revert UnexpectedSigner(i, signer);
                } while (address(uint160(validators[next++])) != signer);
                weight += validators[next - 1] >> 160;
            }
        }
    }

    /// @notice Counts the signatures in these bytes. Reverts `InvalidSignaturesLength`.
    function count(bytes calldata signatures) internal pure returns (uint256) {
        if (signatures.length % Signature.LENGTH != 0) {
            revert InvalidSignaturesLength(signatures.length);
        }
        return signatures.length / Signature.LENGTH;
    }

    /// @dev The memory offset after the first `signer` in [start, end), or zero if there is none.
    function _behind(
        address signer,
        uint256 start,
        uint256 end
    ) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            for {} lt(start, end) {} {
                let candidate := mload(start)
                start := add(start, 32)
                if eq(candidate, signer) {
                    place := start
                    break
                }
            }
        }
    }

    /// @dev Where the elements of an array start and end in memory.
    function _elements(address[] memory array) private pure returns (uint256 start, uint256 end) {
        assembly ("memory-safe") {
            start := add(array, 32)
            end := add(start, shl(5, mload(array)))
        }
    }

    function _offset(bytes calldata data) private pure returns (uint256 offset) {
        assembly ("memory-safe") {
            offset := data.offset
        }
    }
}
