// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IInterchainSecurityModule} from "../IInterchainSecurityModule.sol";
import {IRoutingIsm} from "./IRoutingIsm.sol";

/// @title IDomainRoutingIsm
/// @notice Has a module for each origin domain.
interface IDomainRoutingIsm is IRoutingIsm {
    /// @notice The module of a domain.
    struct DomainModule {
        uint32 domain;
        IInterchainSecurityModule ism;
    }

    /// @notice Messages from this domain are left to this module from now on.
    event ModuleSet(uint32 indexed domain, address indexed module);

    /// @notice The domain has no module any more.
    event ModuleRemoved(uint32 indexed domain);

    /// @notice No module is set for the domain.
    error NoIsmForOrigin(uint32 origin);

    /// @notice A module must be a contract.
    error IsmNotContract(address ism);

    /// @notice Each domain needs one module.
    error LengthMismatch(uint256 domains, uint256 modules);

    /// @notice Sets the owner, once; for who may call see `Initializable`.
    function initialize(address owner) external;

    /// @notice Sets the owner and modules, once. Reverts `LengthMismatch`, `IsmNotContract`.
    function initialize(
        address owner,
        uint32[] calldata domains,
        IInterchainSecurityModule[] calldata modules
    ) external;

    /// @notice Sets the module of a domain. Only the owner; reverts `IsmNotContract`.
    function set(uint32 domain, IInterchainSecurityModule module) external;

    /// @notice Sets the modules of several domains. Only the owner; reverts `IsmNotContract`.
    function setIsms(DomainModule[] calldata configs) external;

    /// @notice Removes the module of a domain. Only the owner; reverts `NoIsmForOrigin`.
    function remove(uint32 domain) external;

    /// @notice Removes the modules of several domains. Only the owner; reverts `NoIsmForOrigin`.
    function removeIsms(uint32[] calldata domains) external;

    /// @notice The domains that have modules, in no particular order.
    function domains() external view returns (uint256[] memory);

    /// @notice The module that decides about messages from `origin`.
    function module(uint32 origin) external view returns (IInterchainSecurityModule);
}
