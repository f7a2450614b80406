// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title Signature
/// @notice Recovers the signer of a 65-byte signature r(32) ‖ s(32) ‖ v(1) standing in calldata.
library Signature {
    uint256 internal constant LENGTH = 65;

    /// @dev Half of secp256k1's order: a larger s is the malleated twin of a valid signature.
    uint256 private constant MAX_S =
        0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @notice The address that signed `digest`, or zero for a high s, a v other than 27 or 28, or
    /// any pair (r, s) without a signer. Zero is never a signer: callers must not accept it.
    /// @param offset Where the signature stands in calldata; the caller checked that it fits.
    function recover(bytes32 digest, uint256 offset) internal view returns (address signer) {
        assembly ("memory-safe") {
            let s := calldataload(add(offset, 32))
            let v := byte(0, calldataload(add(offset, 64)))
            let free := mload(0x40)
            mstore(free, digest)
            mstore(add(free, 32), mul(v, iszero(gt(s, MAX_S)))) // v = 0 recovers no signer
            mstore(add(free, 64), calldataload(offset))
            mstore(add(free, 96), s)
            mstore(0, 0)
            // The precompile answers nothing when there is no signer: the zero stays.
            pop(staticcall(gas(), 1, free, 128, 0, 32))
            signer := mload(0)
        }
    }
}
