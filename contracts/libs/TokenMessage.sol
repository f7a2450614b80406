// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title TokenMessage
/// @notice Reads the body of a token message. Source: docs/protocol/token-messages.md.
///
/// | offset | size | field                                 |
/// |--------|------|---------------------------------------|
/// | 0      | 32   | recipient                             |
/// | 32     | 32   | amount in message units, or NFT id    |
/// | 64     | n    | metadata, of which plain routes have none |
///
/// @dev Every reader reverts with empty data when the field is not all there.
library TokenMessage {
    function recipient(bytes calldata body) internal pure returns (bytes32) {
        return _word(body, 0);
    }

    function amount(bytes calldata body) internal pure returns (uint256) {
        return uint256(_word(body, 32));
    }

    function metadata(bytes calldata body) internal pure returns (bytes calldata) {
        return body[64:];
    }

    function _word(bytes calldata body, uint256 offset) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            if lt(body.length, 64) {
                revert(0, 0)
            }
            word := calldataload(add(body.offset, offset))
        }
    }
}
