// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

import {PackageVersioned} from "../../base/PackageVersioned.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IDomainRoutingIsm} from "../../interfaces/isms/IDomainRoutingIsm.sol";
import {DomainRoutingIsm} from "./DomainRoutingIsm.sol";
import {IncrementalDomainRoutingIsm} from "./IncrementalDomainRoutingIsm.sol";

/// @title AbstractDomainRoutingIsmFactory
/// @notice Deploys minimal proxies to a routing module, each set up in the same transaction.
abstract contract AbstractDomainRoutingIsmFactory is PackageVersioned {
    /// @notice A module was deployed.
    event ModuleDeployed(address module);

    /// @notice The contract whose code all deployed modules run; not to be used itself.
    address public immutable implementation;

    constructor(address implementation_) {
        implementation = implementation_;
    }

    /// @notice Deploys a module with this owner and these modules per domain.
    /// @dev Reverts `LengthMismatch`, `IsmNotContract`.
    function deploy(
        address owner,
        uint32[] calldata domains,
        IInterchainSecurityModule[] calldata modules
    ) external returns (address deployed) {
        deployed = Clones.clone(implementation);
        IDomainRoutingIsm(deployed).initialize(owner, domains, modules);
        emit ModuleDeployed(deployed);
    }
}

/// @title DomainRoutingIsmFactory
/// @notice Deploys `DomainRoutingIsm`s.
contract DomainRoutingIsmFactory is AbstractDomainRoutingIsmFactory {
    constructor() AbstractDomainRoutingIsmFactory(address(new DomainRoutingIsm())) {}
}

/// @title IncrementalDomainRoutingIsmFactory
/// @notice Deploys `IncrementalDomainRoutingIsm`s.
contract IncrementalDomainRoutingIsmFactory is AbstractDomainRoutingIsmFactory {
    constructor() AbstractDomainRoutingIsmFactory(address(new IncrementalDomainRoutingIsm())) {}
}
