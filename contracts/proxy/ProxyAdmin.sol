// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ProxyAdmin as Admin} from "@openzeppelin/contracts/proxy/transparent/ProxyAdmin.sol";

/// @title ProxyAdmin
/// @notice The admin of proxies: its owner decides what code they run.
contract ProxyAdmin is Admin {
    constructor(address owner) Admin(owner) {}
}
