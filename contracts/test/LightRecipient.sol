// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {
    IInterchainSecurityModule,
    ISpecifiesInterchainSecurityModule
} from "../interfaces/IInterchainSecurityModule.sol";
import {IMessageRecipient} from "../interfaces/IMessageRecipient.sol";

/// @title LightRecipient
/// @notice Receives and forgets. Keeps its security module in storage, as real ones do. For
/// measurements.
contract LightRecipient is IMessageRecipient, ISpecifiesInterchainSecurityModule {
    /// @inheritdoc ISpecifiesInterchainSecurityModule
    IInterchainSecurityModule public interchainSecurityModule;

    /// @notice Chooses a module; zero for the Mailbox's default.
    function setInterchainSecurityModule(IInterchainSecurityModule module) external {
        interchainSecurityModule = module;
    }

    /// @inheritdoc IMessageRecipient
    function handle(uint32, bytes32, bytes calldata) external payable {}
}
