// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {EnumerableMap} from "@openzeppelin/contracts/utils/structs/EnumerableMap.sol";

import {Initializable} from "../../base/Initializable.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IDomainRoutingIsm} from "../../interfaces/isms/IDomainRoutingIsm.sol";
import {IRoutingIsm} from "../../interfaces/isms/IRoutingIsm.sol";
import {Message} from "../../libs/Message.sol";
import {AbstractRoutingIsm} from "./AbstractRoutingIsm.sol";

/// @title DomainRoutingIsm
/// @notice Calls the module of a message's origin.
contract DomainRoutingIsm is IDomainRoutingIsm, AbstractRoutingIsm, Ownable, Initializable {
    using EnumerableMap for EnumerableMap.UintToAddressMap;
    using Message for bytes;

    EnumerableMap.UintToAddressMap private modules;

    constructor() Ownable(msg.sender) {}

    /// @inheritdoc IDomainRoutingIsm
    function initialize(address owner_) external initializer {
        _transferOwnership(owner_);
    }

    /// @inheritdoc IDomainRoutingIsm
    function initialize(
        address owner_,
        uint32[] calldata domains_,
        IInterchainSecurityModule[] calldata modules_
    ) external initializer {
        _initialize(owner_, domains_, modules_);
    }

    /// @inheritdoc IDomainRoutingIsm
    function set(uint32 domain, IInterchainSecurityModule module_) external onlyOwner {
        _set(domain, address(module_));
    }

    /// @inheritdoc IDomainRoutingIsm
    function setIsms(DomainModule[] calldata configs) external onlyOwner {
        for (uint256 i; i < configs.length; ++i) {
            _set(configs[i].domain, address(configs[i].ism));
        }
    }

    /// @inheritdoc IDomainRoutingIsm
    function remove(uint32 domain) external onlyOwner {
        _remove(domain);
    }

    /// @inheritdoc IDomainRoutingIsm
    function removeIsms(uint32[] calldata domains_) external onlyOwner {
        for (uint256 i; i < domains_.length; ++i) {
            _remove(domains_[i]);
        }
    }

    /// @inheritdoc IDomainRoutingIsm
    function domains() external view returns (uint256[] memory) {
        return modules.keys();
    }

    /// @inheritdoc IRoutingIsm
    function route(
        bytes calldata message
    ) public view override(AbstractRoutingIsm, IRoutingIsm) returns (IInterchainSecurityModule) {
        return module(message.origin());
    }

    /// @inheritdoc IDomainRoutingIsm
    function module(uint32 origin) public view virtual returns (IInterchainSecurityModule) {
        (bool exists, address found) = _find(origin);
        if (!exists) revert NoIsmForOrigin(origin);
        return IInterchainSecurityModule(found);
    }

    function _initialize(
        address owner_,
        uint32[] memory domains_,
        IInterchainSecurityModule[] memory modules_
    ) internal {
        if (domains_.length != modules_.length) {
            revert LengthMismatch(domains_.length, modules_.length);
        }
        _transferOwnership(owner_);
        for (uint256 i; i < domains_.length; ++i) {
            _set(domains_[i], address(modules_[i]));
        }
    }

    function _set(uint32 domain, address module_) internal virtual {
        if (module_.code.length == 0) revert IsmNotContract(module_);

        modules.set(domain, module_);

        emit ModuleSet(domain, module_);
    }

    function _remove(uint32 domain) internal virtual {
        if (!modules.remove(domain)) revert NoIsmForOrigin(domain);

        emit ModuleRemoved(domain);
    }

    function _find(uint32 domain) internal view returns (bool exists, address found) {
        return modules.tryGet(domain);
    }
}

/// @title AtomicInitDomainRoutingIsm
/// @notice A `DomainRoutingIsm` that is set up by its constructor.
contract AtomicInitDomainRoutingIsm is DomainRoutingIsm {
    constructor(
        address owner_,
        uint32[] memory domains_,
        IInterchainSecurityModule[] memory modules_
    ) initializer {
        _initialize(owner_, domains_, modules_);
    }
}
