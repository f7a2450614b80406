// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";
import {Message} from "../libs/Message.sol";

/// @title MetadataIsm
/// @notice Believes whole messages that come with the expected metadata.
contract MetadataIsm is IInterchainSecurityModule {
    using Message for bytes;

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.UNUSED);

    bytes private expected;

    constructor(bytes memory expected_) {
        expected = expected_;
    }

    /// @inheritdoc IInterchainSecurityModule
    function verify(bytes calldata metadata, bytes calldata message) external view returns (bool) {
        return message.version() == Message.VERSION && keccak256(metadata) == keccak256(expected);
    }
}
