// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IThresholdAddressFactory} from "./IThresholdAddressFactory.sol";

/// @title IStaticSetFactory
/// @notice Deploys contracts whose configuration cannot change, at an address that follows from it.
/// @dev `deploy` returns the contract that is there already if the configuration was deployed
/// before. It reverts `FailedDeployment` when code and values together exceed 24,576 bytes.
interface IStaticSetFactory is IThresholdAddressFactory {
    /// @notice Address at which `deploy` puts the contract for this configuration.
    function getAddress(address[] calldata values, uint8 threshold) external view returns (address);
}
