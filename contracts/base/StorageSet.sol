// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {IStorageSet} from "../interfaces/IStorageSet.sol";
import {IThresholdAddressFactory} from "../interfaces/IThresholdAddressFactory.sol";
import {Distinct} from "../libs/Distinct.sol";
import {Threshold} from "../libs/Threshold.sol";
import {Initializable} from "./Initializable.sol";
import {PackageVersioned} from "./PackageVersioned.sol";

/// @title StorageSet
/// @notice A list of addresses and a threshold that the owner may change.
abstract contract StorageSet is IStorageSet, Ownable2Step, Initializable {
    address[] internal values;

    /// @inheritdoc IStorageSet
    uint8 public threshold;

    constructor(address[] memory values_, uint8 threshold_) Ownable(msg.sender) initializer {
        _set(values_, threshold_);
    }

    /// @inheritdoc IStorageSet
    function initialize(
        address owner_,
        address[] calldata values_,
        uint8 threshold_
    ) external initializer {
        _transferOwnership(owner_);
        _set(values_, threshold_);
    }

    /// @dev Reverts `InvalidThreshold` and `DuplicateValue`.
    function _set(address[] memory values_, uint8 threshold_) internal virtual {
        Threshold.check(threshold_, values_.length);
        Distinct.check(values_);

        values = values_;
        threshold = threshold_;
    }
}

/// @title StorageSetFactory
/// @notice Deploys minimal proxies to one `StorageSet`, each initialized in the same transaction.
abstract contract StorageSetFactory is IThresholdAddressFactory, PackageVersioned {
    /// @notice A contract was deployed.
    event ModuleDeployed(address module);

    /// @notice The contract whose code all deployed contracts run. Must not be used itself.
    address public immutable implementation;

    constructor(address implementation_) {
        implementation = implementation_;
    }

    /// @inheritdoc IThresholdAddressFactory
    /// @dev The caller becomes the owner.
    function deploy(
        address[] calldata values,
        uint8 threshold
    ) external returns (address deployed) {
        deployed = Clones.clone(implementation);
        IStorageSet(deployed).initialize(msg.sender, values, threshold);
        emit ModuleDeployed(deployed);
    }

    /// @dev The list for the constructor of an implementation: an address without code and without
    /// a known key.
    function _nobody() internal pure returns (address[] memory) {
        return new address[](1);
    }
}
