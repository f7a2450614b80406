// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ERC1967Utils} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Utils.sol";

/// @title TransparentUpgradeableProxy
/// @notice Runs the code of another contract on its own storage. Only the admin can replace that
/// contract, and the admin can do nothing else, so that the proxy hides no function of the code
/// from its users.
/// @dev One admin serves many proxies and is given, unlike in OpenZeppelin's contract of this name.
contract TransparentUpgradeableProxy is ERC1967Proxy {
    /// @notice The admin can do nothing but upgrade.
    error ProxyDeniedAdminAccess();

    /// @dev The selector of `ITransparentUpgradeableProxy.upgradeToAndCall`.
    bytes4 private constant UPGRADE = bytes4(keccak256("upgradeToAndCall(address,bytes)"));

    address private immutable admin;

    /// @param data A call of the code that sets it up; empty when an initializer does that later.
    constructor(
        address logic,
        address admin_,
        bytes memory data
    ) payable ERC1967Proxy(logic, data) {
        admin = admin_;
        ERC1967Utils.changeAdmin(admin_);
    }

    /// @dev Reverts `ProxyDeniedAdminAccess` for any call of the admin but `upgradeToAndCall`.
    function _fallback() internal override {
        if (msg.sender != admin) {
            super._fallback();
        } else if (msg.sig == UPGRADE) {
            (address logic, bytes memory data) = abi.decode(msg.data[4:], (address, bytes));
            ERC1967Utils.upgradeToAndCall(logic, data);
        } else {
            revert ProxyDeniedAdminAccess();
        }
    }

    /// @dev Our initializers accept only the deployer of the code. See
    /// docs/decisions/0001-initializers-bound-to-the-deployer.md.
    function _unsafeAllowUninitialized() internal pure override returns (bool) {
        return true;
    }
}
