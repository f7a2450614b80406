// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {
    IInterchainSecurityModule,
    ISpecifiesInterchainSecurityModule
} from "../interfaces/IInterchainSecurityModule.sol";
import {HostileRecipient} from "./HostileRecipient.sol";

/// @title SwitchingRecipient
/// @notice Anybody changes its module, and how it receives.
contract SwitchingRecipient is HostileRecipient, ISpecifiesInterchainSecurityModule {
    /// @inheritdoc ISpecifiesInterchainSecurityModule
    IInterchainSecurityModule public interchainSecurityModule;

    function setInterchainSecurityModule(IInterchainSecurityModule module) external {
        interchainSecurityModule = module;
    }
}
