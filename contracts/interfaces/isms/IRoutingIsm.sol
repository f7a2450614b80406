// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IInterchainSecurityModule} from "../IInterchainSecurityModule.sol";

/// @title IRoutingIsm
/// @notice Leaves a message to another module, which gets the metadata as it is.
interface IRoutingIsm is IInterchainSecurityModule {
    /// @notice The module that decides about this message.
    function route(bytes calldata message) external view returns (IInterchainSecurityModule);
}
