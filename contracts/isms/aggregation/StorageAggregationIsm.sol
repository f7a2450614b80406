// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {StorageSet, StorageSetFactory} from "../../base/StorageSet.sol";
import {IAggregationIsm} from "../../interfaces/isms/IAggregationIsm.sol";
import {Threshold} from "../../libs/Threshold.sol";
import {AbstractAggregationIsm} from "./AbstractAggregationIsm.sol";

/// @title StorageAggregationIsm
/// @notice Verifies a message with metadata for exactly `threshold` of its modules, if all of these
/// verify it. The owner may change modules and threshold.
contract StorageAggregationIsm is AbstractAggregationIsm, StorageSet {
    /// @notice The modules and the threshold changed.
    event ModulesAndThresholdSet(address[] modules, uint8 threshold);

    constructor(address[] memory modules_, uint8 threshold_) StorageSet(modules_, threshold_) {}

    /// @notice Changes the modules and the threshold. Only the owner; reverts `InvalidThreshold`
    /// and `DuplicateValue`.
    function setModulesAndThreshold(
        address[] calldata modules_,
        uint8 threshold_
    ) external onlyOwner {
        _set(modules_, threshold_);
    }

    /// @notice The module at an index of the list.
    function modules(uint256 index) external view returns (address) {
        return values[index];
    }

    /// @inheritdoc IAggregationIsm
    function modulesAndThreshold(bytes calldata) external view returns (address[] memory, uint8) {
        return (values, threshold);
    }

    /// @inheritdoc StorageSet
    function _set(address[] memory modules_, uint8 threshold_) internal override {
        super._set(modules_, threshold_);
        emit ModulesAndThresholdSet(modules_, threshold_);
    }

    /// @inheritdoc AbstractAggregationIsm
    /// @dev Reverts `InvalidThreshold` for a clone that is not initialized: zero of zero modules
    /// would verify everything.
    function _modulesAndThreshold() internal view override returns (address[] memory, uint256) {
        if (threshold == 0) revert Threshold.InvalidThreshold(0, 0);
        return (values, threshold);
    }
}

/// @title StorageAggregationIsmFactory
/// @notice Deploys `StorageAggregationIsm`s.
contract StorageAggregationIsmFactory is StorageSetFactory {
    constructor() StorageSetFactory(address(new StorageAggregationIsm(_nobody(), 1))) {}
}
