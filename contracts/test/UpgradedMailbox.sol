// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Mailbox} from "../Mailbox.sol";

/// @title UpgradedMailbox
/// @notice A later Mailbox with a new storage variable after the Mailbox's own.
contract UpgradedMailbox is Mailbox {
    /// @notice A number that the former version does not store.
    uint256 public added;

    constructor(uint32 domain) Mailbox(domain) {}

    function setAdded(uint256 added_) external {
        added = added_;
    }
}
