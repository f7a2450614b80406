// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title StandardHookMetadata
/// @notice The metadata that a dispatching account passes to its hooks. Source:
/// docs/protocol/metadata.md, "Hooks".
///
/// | offset | size | field                                             | when too short |
/// |--------|------|---------------------------------------------------|----------------|
/// | 0      | 2    | variant, 1                                        | 0              |
/// | 2      | 32   | wei to carry to the destination                   | given default  |
/// | 34     | 32   | gas limit of the delivery                         | given default  |
/// | 66     | 20   | who gets surplus payment back                     | given default  |
/// | 86     | 20   | ERC-20 that pays the fees, zero for native        | zero           |
/// | 106    | n    | custom                                            | empty          |
///
/// @dev A field is read only if the metadata reaches its end; a cut field counts as absent.
library StandardHookMetadata {
    uint16 internal constant VARIANT = 1;

    function variant(bytes calldata metadata) internal pure returns (uint16) {
        if (metadata.length < 2) return 0;
        return uint16(bytes2(_word(metadata, 0)));
    }

    function msgValue(bytes calldata metadata, uint256 default_) internal pure returns (uint256) {
        if (metadata.length < 34) return default_;
        return uint256(_word(metadata, 2));
    }

    function gasLimit(bytes calldata metadata, uint256 default_) internal pure returns (uint256) {
        if (metadata.length < 66) return default_;
        return uint256(_word(metadata, 34));
    }

    function refundAddress(
        bytes calldata metadata,
        address default_
    ) internal pure returns (address) {
        if (metadata.length < 86) return default_;
        return address(bytes20(_word(metadata, 66)));
    }

    function feeToken(bytes calldata metadata) internal pure returns (address) {
        if (metadata.length < 106) return address(0);
        return address(bytes20(_word(metadata, 86)));
    }

    function customMetadata(bytes calldata metadata) internal pure returns (bytes calldata) {
        if (metadata.length < 106) return metadata[0:0];
        return metadata[106:];
    }

    /// @notice Metadata of 86 bytes: everything but a fee token.
    function format(
        uint256 value,
        uint256 gas,
        address refund
    ) internal pure returns (bytes memory) {
        return abi.encodePacked(VARIANT, value, gas, refund);
    }

    /// @notice Metadata of 106 bytes.
    function format(
        uint256 value,
        uint256 gas,
        address refund,
        address token
    ) internal pure returns (bytes memory) {
        return abi.encodePacked(VARIANT, value, gas, refund, token);
    }

    /// @notice Metadata of 86 bytes and custom ones. No fee token can be given: the first 20 custom
    /// bytes are read as one.
    function formatMetadata(
        uint256 _msgValue,
        uint256 _gasLimit,
        address _refundAddress,
        bytes memory _customMetadata
    ) internal pure returns (bytes memory) {
        return abi.encodePacked(VARIANT, _msgValue, _gasLimit, _refundAddress, _customMetadata);
    }

    /// @notice Metadata with wei to carry, gas limit zero, and the caller to refund.
    function overrideMsgValue(uint256 _msgValue) internal view returns (bytes memory) {
        return format(_msgValue, 0, msg.sender);
    }

    /// @notice Metadata with a gas limit, and the caller to refund.
    function overrideGasLimit(uint256 _gasLimit) internal view returns (bytes memory) {
        return format(0, _gasLimit, msg.sender);
    }

    /// @notice Metadata with a refund address, gas limit zero.
    function overrideRefundAddress(address _refundAddress) internal pure returns (bytes memory) {
        return format(0, 0, _refundAddress);
    }

    /// @dev The 32 bytes at `offset`; callers have checked that the part they keep is inside.
    function _word(bytes calldata metadata, uint256 offset) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := calldataload(add(metadata.offset, offset))
        }
    }
}
