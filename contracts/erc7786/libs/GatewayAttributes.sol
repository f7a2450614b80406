// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC7786GatewaySource} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";

import {IHyperlaneGateway} from "../IHyperlaneGateway.sol";

/// @title GatewayAttributes
/// @notice Reads the attributes of a message, each encoded as a call of its key. Source: ERC-7786.
library GatewayAttributes {
    bytes4 internal constant GAS_LIMIT = bytes4(keccak256("gasLimit(uint256)"));

    bytes4 internal constant REFUND_ADDRESS = bytes4(keccak256("refundAddress(address)"));

    bytes4 internal constant HOOK_METADATA = bytes4(keccak256("hookMetadata(bytes)"));

    /// @notice Values of all attributes, those that were not given at their defaults.
    /// @dev Reverts `UnsupportedAttribute`, `MalformedAttribute`, `RepeatedAttribute`.
    function read(
        bytes[] calldata attributes,
        uint256 defaultGasLimit,
        address sender
    ) internal pure returns (uint256 gasLimit, address refundAddress, bytes calldata hookMetadata) {
        (gasLimit, refundAddress, hookMetadata) = (defaultGasLimit, sender, msg.data[0:0]);
        if (attributes.length == 0) return (gasLimit, refundAddress, hookMetadata);
        uint256 seen;
        for (uint256 i; i < attributes.length; ++i) {
            bytes calldata attribute = attributes[i];
            // Shorter ones get zeros at the end, and so are some other selector.
            bytes4 selector = bytes4(attribute);
            uint256 bit;
            if (selector == GAS_LIMIT) {
                bit = 1;
                gasLimit = _word(attribute);
            } else if (selector == REFUND_ADDRESS) {
                bit = 2;
                uint256 word = _word(attribute);
                if (word >> 160 != 0) revert IHyperlaneGateway.MalformedAttribute(attribute);
                refundAddress = address(uint160(word));
            } else if (selector == HOOK_METADATA) {
                bit = 4;
                hookMetadata = _bytes(attribute);
            } else {
                revert IERC7786GatewaySource.UnsupportedAttribute(selector);
            }
            if (seen & bit != 0) revert IHyperlaneGateway.RepeatedAttribute(selector);
            seen |= bit;
        }
    }

    /// @notice Tells whether there is an attribute with that selector.
    function isSupported(bytes4 selector) internal pure returns (bool) {
        return selector == GAS_LIMIT || selector == REFUND_ADDRESS || selector == HOOK_METADATA;
    }

    function _word(bytes calldata attribute) private pure returns (uint256) {
        if (attribute.length != 36) revert IHyperlaneGateway.MalformedAttribute(attribute);
        return uint256(bytes32(attribute[4:36]));
    }

    /// @dev The ABI's encoding of one `bytes`: 0x20, its length, the bytes, zeros up to a whole
    /// word.
    function _bytes(bytes calldata attribute) private pure returns (bytes calldata value) {
        if (attribute.length < 68 || uint256(bytes32(attribute[4:36])) != 32) {
            revert IHyperlaneGateway.MalformedAttribute(attribute);
        }
        uint256 length = uint256(bytes32(attribute[36:68]));
        uint256 room = attribute.length - 68;
        if (length > room || room - length > 31 || room % 32 != 0) {
            revert IHyperlaneGateway.MalformedAttribute(attribute);
        }
        return attribute[68:68 + length];
    }
}
