// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title TransferCall
/// @notice Lays out the call of a Mailbox with a token message and its hook metadata.
///
/// With `StandardHookMetadata` of 106 bytes, a `DispatchCall` is:
///
/// | offset | size | content                                     |
/// |--------|------|---------------------------------------------|
/// | 0      | 4    | selector                                    |
/// | 4      | 32   | destination                                 |
/// | 36     | 32   | router                                      |
/// | 68     | 32   | 0xa0, where the body starts                 |
/// | 100    | 32   | 0x100, where the metadata starts            |
/// | 132    | 32   | hook                                        |
/// | 164    | 32   | 64, length of the body                      |
/// | 196    | 32   | token recipient                             |
/// | 228    | 32   | message amount                              |
/// | 260    | 32   | 106, length of the metadata                 |
/// | 292    | 2    | variant 1                                   |
/// | 294    | 32   | zero, value to carry to the destination     |
/// | 326    | 32   | gas limit                                   |
/// | 358    | 20   | refund address                              |
/// | 378    | 20   | fee token                                   |
/// | 398    | 22   | zeros                                       |
library TransferCall {
    /// @notice Lays out the call in fresh memory.
    function encode(
        bytes4 selector,
        uint32 destination,
        bytes32 router,
        address hook,
        bytes32 recipient,
        uint256 amount,
        uint256 gasLimit,
        address refund,
        address feeToken
    ) internal pure returns (bytes memory data) {
        assembly ("memory-safe") {
            data := mload(0x40)
            let start := add(data, 32)
            mstore(data, 420)
            mstore(start, selector)
            mstore(add(start, 4), destination)
            mstore(add(start, 36), router)
            mstore(add(start, 68), 0xa0)
            mstore(add(start, 100), 0x100)
            mstore(add(start, 132), hook)
            mstore(add(start, 164), 64)
            mstore(add(start, 196), recipient)
            mstore(add(start, 228), amount)
            mstore(add(start, 260), 106)
            // Back to front: what a store writes before its field, the next one overwrites.
            mstore(add(start, 388), 0)
            mstore(add(start, 378), shl(96, feeToken))
            mstore(add(start, 346), refund)
            mstore(add(start, 326), gasLimit)
            mstore(add(start, 294), 0)
            mstore(add(start, 262), 0x6a0001) // the length again, then the variant
            mstore(0x40, add(start, 448)) // 420 up to the next multiple of 32
        }
    }
}
