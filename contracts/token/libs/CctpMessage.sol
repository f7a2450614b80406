// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title CctpMessage
/// @notice Reads messages of Circle's CCTP, and the metadata that brings them.
///
/// | v1  | v2  | size | field of a message        |
/// |-----|-----|------|---------------------------|
/// | 0   | 0   | 4    | version                   |
/// | 4   | 4   | 4    | source domain             |
/// | 8   | 8   | 4    | destination domain        |
/// | 12  | 12  | 8/32 | nonce                     |
/// | 20  | 44  | 32   | sender                    |
/// | 52  | 76  | 32   | recipient                 |
/// | 84  | 108 | 32   | destination caller        |
/// |     | 140 | 4    | least finality wanted     |
/// |     | 144 | 4    | finality when attested    |
/// | 116 | 148 | n    | body                      |
///
/// | offset | size | field of a burn message's body     |
/// |--------|------|------------------------------------|
/// | 0      | 4    | version                            |
/// | 4      | 32   | burnt token                        |
/// | 36     | 32   | recipient of what is minted        |
/// | 68     | 32   | amount                             |
/// | 100    | 32   | who had it burnt                   |
/// | 132    |      | v2 only: fees, expiry, hook data   |
///
/// @dev Every reader reverts with empty data when the field is not all there.
library CctpMessage {
    /// @notice Element of metadata, which is `abi.encode(bytes, bytes)`: the first or the second.
    function element(
        bytes calldata metadata,
        uint256 index
    ) internal pure returns (bytes calldata) {
        uint256 start = uint256(word(metadata, index * 32)) + 32;
        uint256 length = uint256(word(metadata, start - 32));
        return metadata[start:start + length];
    }

    function sourceDomain(bytes calldata message) internal pure returns (uint32) {
        return uint32(bytes4(message[4:8]));
    }

    function mintRecipient(bytes calldata burn) internal pure returns (bytes32) {
        return word(burn, 36);
    }

    function burnAmount(bytes calldata burn) internal pure returns (uint256) {
        return uint256(word(burn, 68));
    }

    function burnSender(bytes calldata burn) internal pure returns (bytes32) {
        return word(burn, 100);
    }

    /// @notice The 32 bytes at `offset`.
    function word(bytes calldata data, uint256 offset) internal pure returns (bytes32) {
        return bytes32(data[offset:offset + 32]);
    }
}
