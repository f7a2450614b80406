// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";

import {IStaticSetFactory} from "../interfaces/IStaticSetFactory.sol";
import {IThresholdAddressFactory} from "../interfaces/IThresholdAddressFactory.sol";
import {Distinct} from "../libs/Distinct.sol";
import {StaticSet} from "../libs/StaticSet.sol";
import {Threshold} from "../libs/Threshold.sol";
import {PackageVersioned} from "./PackageVersioned.sol";

/// @title StaticSetDeployer
/// @notice Deploys copies of an implementation's code with a `StaticSet` appended, by CREATE2.
abstract contract StaticSetDeployer is PackageVersioned {
    /// @dev Init code that returns all bytes after its own 11.
    bytes11 internal constant RETURN_THE_REST = 0x600b380380600b3d393df3;

    /// @notice The contract whose code all deployed contracts copy. Must not be used itself.
    address public immutable implementation;

    constructor(address implementation_) {
        implementation = implementation_;
    }

    /// @dev Deploys the contract, or returns the existing one.
    function _deploy(bytes32 salt, bytes memory arguments) internal returns (address deployed) {
        bytes memory initCode = _initCode(arguments);
        deployed = Create2.computeAddress(salt, keccak256(initCode));
        if (deployed.code.length == 0) Create2.deploy(0, salt, initCode);
    }

    function _addressOf(bytes32 salt, bytes memory arguments) internal view returns (address) {
        return Create2.computeAddress(salt, keccak256(_initCode(arguments)));
    }

    /// @dev The init code of a contract with these arguments at the end of its code.
    function _initCode(bytes memory arguments) internal view virtual returns (bytes memory) {
        return abi.encodePacked(RETURN_THE_REST, implementation.code, arguments);
    }
}

/// @title StaticSetFactory
/// @notice Deploys contracts whose `StaticSet` is a list of addresses.
abstract contract StaticSetFactory is IStaticSetFactory, StaticSetDeployer {
    constructor(address implementation_) StaticSetDeployer(implementation_) {}

    /// @inheritdoc IThresholdAddressFactory
    function deploy(address[] calldata values, uint8 threshold) public virtual returns (address) {
        Threshold.check(threshold, values.length);
        Distinct.check(values);
        return _deploy(_salt(values, threshold), _arguments(values, threshold));
    }

    /// @inheritdoc IStaticSetFactory
    function getAddress(address[] calldata values, uint8 threshold) public view returns (address) {
        return _addressOf(_salt(values, threshold), _arguments(values, threshold));
    }

    function _salt(address[] calldata values, uint8 threshold) private pure returns (bytes32) {
        return keccak256(abi.encode(values, threshold));
    }

    function _arguments(
        address[] calldata values,
        uint8 threshold
    ) private pure returns (bytes memory) {
        // Packed arrays have a whole word for each element.
        return StaticSet.encode(abi.encodePacked(values), threshold);
    }
}

/// @title ClonedSetFactory
/// @notice Deploys minimal proxies (ERC-1167) with a `StaticSet` at the end of their code: much
/// cheaper to deploy than a copy of the implementation, and dearer to call.
abstract contract ClonedSetFactory is StaticSetFactory {
    /// @dev The code of a minimal proxy, before and after the implementation.
    bytes10 private constant PROXY_HEAD = 0x363d3d373d3d3d363d73;
    bytes15 private constant PROXY_TAIL = 0x5af43d82803e903d91602b57fd5bf3;

    constructor(address implementation_) StaticSetFactory(implementation_) {}

    /// @inheritdoc StaticSetDeployer
    function _initCode(bytes memory arguments) internal view override returns (bytes memory) {
        return abi.encodePacked(RETURN_THE_REST, PROXY_HEAD, implementation, PROXY_TAIL, arguments);
    }
}
