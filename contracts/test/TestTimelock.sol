// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title TestTimelock
/// @notice OpenZeppelin's timelock, with one account that schedules and executes.
contract TestTimelock is TimelockController {
    constructor(
        uint256 delay,
        address[] memory accounts
    ) TimelockController(delay, accounts, accounts, address(0)) {}
}
