// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {PackageVersioned} from "../../base/PackageVersioned.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IRoutingIsm} from "../../interfaces/isms/IRoutingIsm.sol";
import {Forward} from "../../libs/Forward.sol";

/// @title AbstractRoutingIsm
/// @notice Calls the module that a subclass chooses for the message.
abstract contract AbstractRoutingIsm is IRoutingIsm, PackageVersioned {
    using Forward for address;

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.ROUTING);

    /// @inheritdoc IInterchainSecurityModule
    function verify(bytes calldata, bytes calldata message) external returns (bool) {
        return address(route(message)).toCallForWord(this.verify.selector) == 1;
    }

    /// @inheritdoc IRoutingIsm
    function route(bytes calldata message) public view virtual returns (IInterchainSecurityModule);
}
