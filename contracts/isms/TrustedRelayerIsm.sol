// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {IInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";
import {IMailbox} from "../interfaces/IMailbox.sol";
import {Message} from "../libs/Message.sol";

/// @title TrustedRelayerIsm
/// @notice Verifies the messages that one account delivers.
/// @dev The Mailbox records the relayer before it calls modules.
contract TrustedRelayerIsm is IInterchainSecurityModule, PackageVersioned {
    using Message for bytes;

    /// @notice The Mailbox has no code.
    error MailboxNotContract(address mailbox);

    /// @notice The relayer is the zero address.
    error InvalidRelayer(address relayer);

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    /// @notice The Mailbox that delivers the messages.
    IMailbox public immutable mailbox;

    /// @notice The account whose deliveries are verified.
    address public immutable trustedRelayer;

    constructor(address mailbox_, address trustedRelayer_) {
        if (mailbox_.code.length == 0) revert MailboxNotContract(mailbox_);
        if (trustedRelayer_ == address(0)) revert InvalidRelayer(trustedRelayer_);
        mailbox = IMailbox(mailbox_);
        trustedRelayer = trustedRelayer_;
    }

    /// @inheritdoc IInterchainSecurityModule
    function verify(bytes calldata, bytes calldata message) external view returns (bool) {
        return mailbox.processor(message.id()) == trustedRelayer;
    }
}
