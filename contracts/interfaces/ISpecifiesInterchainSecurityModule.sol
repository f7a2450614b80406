// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IInterchainSecurityModule} from "./IInterchainSecurityModule.sol";

/// @title ISpecifiesInterchainSecurityModule
/// @notice A recipient that chooses its security module.
interface ISpecifiesInterchainSecurityModule {
    /// @notice The module that guards this recipient; zero for the Mailbox's default.
    function interchainSecurityModule() external view returns (IInterchainSecurityModule);
}
