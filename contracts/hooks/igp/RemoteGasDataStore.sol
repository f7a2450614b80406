// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {IGasOracle} from "../../interfaces/hooks/IGasOracle.sol";

/// @title RemoteGasDataStore
/// @notice Gas data that an owner sets per domain.
abstract contract RemoteGasDataStore is Ownable {
    /// @notice The gas data of one domain.
    struct RemoteGasDataConfig {
        uint32 remoteDomain;
        /// @dev See `IGasOracle.RemoteGasData`.
        uint128 tokenExchangeRate;
        uint128 gasPrice;
    }

    /// @notice The gas data of `remoteDomain` changed.
    event RemoteGasDataSet(
        uint32 indexed remoteDomain,
        uint128 tokenExchangeRate,
        uint128 gasPrice
    );

    /// @notice The gas data of a domain; zeros if it was never set.
    mapping(uint32 remoteDomain => IGasOracle.RemoteGasData) public remoteGasData;

    /// @notice Sets the gas data of a domain. Only the owner.
    function setRemoteGasData(RemoteGasDataConfig calldata config) external onlyOwner {
        _setRemoteGasData(config);
    }

    /// @notice Sets the gas data of several domains. Only the owner.
    function setRemoteGasDataConfigs(RemoteGasDataConfig[] calldata configs) external onlyOwner {
        for (uint256 i; i < configs.length; ++i) {
            _setRemoteGasData(configs[i]);
        }
    }

    function _setRemoteGasData(RemoteGasDataConfig calldata config) internal virtual {
        remoteGasData[config.remoteDomain] = IGasOracle.RemoteGasData(
            config.tokenExchangeRate,
            config.gasPrice
        );

        emit RemoteGasDataSet(config.remoteDomain, config.tokenExchangeRate, config.gasPrice);
    }
}
