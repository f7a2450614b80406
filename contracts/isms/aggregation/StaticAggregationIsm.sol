// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {StaticSetFactory} from "../../base/StaticSetFactory.sol";
import {IAggregationIsm} from "../../interfaces/isms/IAggregationIsm.sol";
import {StaticSet} from "../../libs/StaticSet.sol";
import {AbstractAggregationIsm} from "./AbstractAggregationIsm.sol";

/// @title StaticAggregationIsm
/// @notice Verifies a message with metadata for exactly `threshold` of a fixed set of modules, if
/// all of these verify it.
contract StaticAggregationIsm is AbstractAggregationIsm {
    /// @inheritdoc IAggregationIsm
    function modulesAndThreshold(
        bytes calldata
    ) external pure returns (address[] memory modules, uint8 threshold) {
        uint256 word;
        (modules, word) = StaticSet.addresses();
        threshold = uint8(word); // The factory took it from a uint8.
    }

    /// @inheritdoc AbstractAggregationIsm
    function _modulesAndThreshold() internal pure override returns (address[] memory, uint256) {
        return StaticSet.addresses();
    }
}

/// @title StaticAggregationIsmFactory
/// @notice Deploys `StaticAggregationIsm`s.
contract StaticAggregationIsmFactory is StaticSetFactory {
    constructor() StaticSetFactory(address(new StaticAggregationIsm())) {}
}
