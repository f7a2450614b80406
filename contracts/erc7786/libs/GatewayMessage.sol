// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {StandardHookMetadata} from "../../libs/StandardHookMetadata.sol";

/// @title GatewayMessage
/// @notice What a gateway tells the gateway on another chain, as the body of a message:
///
/// | offset | size | content                                             |
/// |--------|------|-----------------------------------------------------|
/// | 0      | 4    | nonce of the message, from which follows its id     |
/// | 4      | 20   | sender on the chain that the message comes from     |
/// | 24     | 20   | recipient on the chain that the message goes to     |
/// | 44     | rest | payload                                             |
library GatewayMessage {
    /// @dev Offset of the payload.
    uint256 internal constant HEADER = 44;

    bytes4 internal constant DISPATCH = bytes4(
        keccak256("dispatch(uint32,bytes32,bytes,bytes,address)")
    );

    bytes4 internal constant QUOTE_DISPATCH = bytes4(
        keccak256("quoteDispatch(uint32,bytes32,bytes,bytes,address)")
    );

    /// @notice The account that sent the message. The body must not be shorter than `HEADER`, as
    /// for all functions here.
    function sender(bytes calldata body) internal pure returns (address) {
        return address(bytes20(body[4:24]));
    }

    function recipient(bytes calldata body) internal pure returns (address) {
        return address(bytes20(body[24:44]));
    }

    function payload(bytes calldata body) internal pure returns (bytes calldata) {
        return body[HEADER:];
    }

    /// @notice The id of the message that has this body. Source: docs/protocol/message.md.
    function messageId(
        bytes calldata body,
        uint32 origin,
        bytes32 gateway,
        uint32 destination
    ) internal view returns (bytes32) {
        return
            keccak256(
                abi.encodePacked(
                    uint8(3),
                    bytes4(body[0:4]),
                    origin,
                    gateway,
                    destination,
                    bytes32(uint256(uint160(address(this)))),
                    body
                )
            );
    }
}
