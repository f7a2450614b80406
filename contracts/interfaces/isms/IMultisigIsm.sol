// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IInterchainSecurityModule} from "../IInterchainSecurityModule.sol";

/// @title IMultisigIsm
/// @notice Believes a message when enough validators have signed a checkpoint that covers it.
interface IMultisigIsm is IInterchainSecurityModule {
    /// @notice The validators in the order in which they must sign, and how many signatures it
    /// takes.
    function validatorsAndThreshold(
        bytes calldata message
    ) external view returns (address[] memory validators, uint8 threshold);
}
