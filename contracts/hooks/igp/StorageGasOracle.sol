// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {PackageVersioned} from "../../base/PackageVersioned.sol";
import {IGasOracle} from "../../interfaces/hooks/IGasOracle.sol";
import {DomainSet} from "../../libs/DomainSet.sol";
import {RemoteGasDataStore} from "./RemoteGasDataStore.sol";

/// @title StorageGasOracle
/// @notice A gas oracle that several paymasters can share.
contract StorageGasOracle is IGasOracle, RemoteGasDataStore, PackageVersioned {
    using DomainSet for EnumerableSet.UintSet;
    using EnumerableSet for EnumerableSet.UintSet;

    EnumerableSet.UintSet private known;

    constructor() Ownable(msg.sender) {}

    /// @inheritdoc IGasOracle
    function getExchangeRateAndGasPrice(
        uint32 destination
    ) external view returns (uint128, uint128) {
        RemoteGasData memory data = remoteGasData[destination];
        return (data.tokenExchangeRate, data.gasPrice);
    }

    /// @notice The domains that have gas data: a rate or a price that is not zero.
    function domains() external view returns (uint32[] memory) {
        return known.list();
    }

    function _setRemoteGasData(RemoteGasDataConfig calldata config) internal override {
        super._setRemoteGasData(config);
        if (config.tokenExchangeRate == 0 && config.gasPrice == 0)
            known.remove(config.remoteDomain);
        else known.add(config.remoteDomain);
    }
}
