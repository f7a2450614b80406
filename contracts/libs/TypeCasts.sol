// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title TypeCasts
/// @notice 20-byte EVM addresses as the 32-byte addresses of the protocol: left-padded with zeros.
/// Source: docs/protocol/message.md, "Addresses".
library TypeCasts {
    /// @notice A 32-byte address that no EVM account can have: one of its top 96 bits is set.
    error Bytes32ToAddressOverflow(bytes32 value);

    function addressToBytes32(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    /// @dev Reverts `Bytes32ToAddressOverflow` when any of the top 96 bits is set.
    function bytes32ToAddress(bytes32 value) internal pure returns (address) {
        if (uint256(value) >> 160 != 0) revert Bytes32ToAddressOverflow(value);
        return address(uint160(uint256(value)));
    }
}
