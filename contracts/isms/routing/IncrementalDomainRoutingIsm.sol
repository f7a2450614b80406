// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {DomainRoutingIsm} from "./DomainRoutingIsm.sol";

/// @title IncrementalDomainRoutingIsm
/// @notice A `DomainRoutingIsm` whose owner can only add domains.
contract IncrementalDomainRoutingIsm is DomainRoutingIsm {
    /// @notice The domain has a module, which stays.
    error DomainAlreadySet(uint32 domain);

    function _set(uint32 domain, address module_) internal override {
        (bool exists, ) = _find(domain);
        if (exists) revert DomainAlreadySet(domain);
        super._set(domain, module_);
    }

    /// @dev Clients of the reference recognise this contract by a text in its code. A compiler
    /// keeps only 32 bytes of a string together. Here, the topics of a log, which the revert
    /// undoes, follow one another in the code as in the text: "o" is the opcode that
    /// pushes the 16 bytes after it, "d" the one that pushes 5.
    function _remove(uint32) internal override {
        assembly ("memory-safe") {
            log3(
                0,
                0,
                0x2020202020, // five blanks
                0x76616c206e6f7420737570706f727465, // "val not supporte"
                "IncrementalDomainRoutingIsm: rem"
            )
        }
        revert("IncrementalDomainRoutingIsm: removal not supported");
    }
}

/// @title AtomicInitIncrementalDomainRoutingIsm
/// @notice An `IncrementalDomainRoutingIsm` that is set up by its constructor.
contract AtomicInitIncrementalDomainRoutingIsm is IncrementalDomainRoutingIsm {
    constructor(
        address owner_,
        uint32[] memory domains_,
        IInterchainSecurityModule[] memory modules_
    ) initializer {
        _initialize(owner_, domains_, modules_);
    }
}
