// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IInterchainSecurityModule} from "../IInterchainSecurityModule.sol";

/// @title IStaticWeightedMultisigIsm
/// @notice Believes a message when validators of enough weight have signed a checkpoint that covers
/// it.
interface IStaticWeightedMultisigIsm is IInterchainSecurityModule {
    /// @notice A validator and what its signature weighs.
    struct ValidatorInfo {
        address signingAddress;
        uint96 weight;
    }

    /// @notice The validators in the order in which they must sign, and the weight that it takes.
    function validatorsAndThresholdWeight(
        bytes calldata message
    ) external view returns (ValidatorInfo[] memory validators, uint96 thresholdWeight);
}
