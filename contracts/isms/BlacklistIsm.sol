// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {IInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";
import {Message} from "../libs/Message.sol";

/// @title BlacklistIsm
/// @notice Verifies every message except those that the owner has blacklisted. For aggregations.
contract BlacklistIsm is IInterchainSecurityModule, Ownable, PackageVersioned {
    using EnumerableSet for EnumerableSet.Bytes32Set;
    using Message for bytes;

    /// @notice A message was blacklisted.
    event MessageBlacklisted(bytes32 indexed messageId);

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    EnumerableSet.Bytes32Set private ids;

    constructor(address owner_) Ownable(owner_) {}

    /// @notice Blacklists messages, for good. Only the owner.
    function blacklist(bytes32[] calldata messageIds) external onlyOwner {
        for (uint256 i; i < messageIds.length; ++i) {
            if (ids.add(messageIds[i])) emit MessageBlacklisted(messageIds[i]);
        }
    }

    /// @notice Tells whether the message is blacklisted.
    function blacklistedIds(bytes32 messageId) external view returns (bool) {
        return ids.contains(messageId);
    }

    /// @notice All blacklisted messages, in order.
    function values() external view returns (bytes32[] memory) {
        return ids.values();
    }

    /// @inheritdoc IInterchainSecurityModule
    function verify(bytes calldata, bytes calldata message) external view returns (bool) {
        return !ids.contains(message.id());
    }
}
