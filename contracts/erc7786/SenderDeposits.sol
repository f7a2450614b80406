// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Refund} from "../libs/Refund.sol";
import {ISenderDeposits} from "./ISenderDeposits.sol";

/// @title SenderDeposits
/// @notice Keeps the deposits of senders.
abstract contract SenderDeposits is ISenderDeposits {
    /// @inheritdoc ISenderDeposits
    mapping(address sender => uint256) public deposits;

    /// @inheritdoc ISenderDeposits
    function deposit(address sender) external payable {
        deposits[sender] += msg.value;

        emit Deposited(sender, msg.value);
    }

    /// @inheritdoc ISenderDeposits
    function withdraw(address to, uint256 amount) external {
        _setDeposit(deposits[msg.sender], amount);

        emit Withdrawn(msg.sender, to, amount);

        Refund.send(to, amount);
    }

    /// @dev Leaves the caller `available - amount`. Reverts `DepositTooLow`.
    function _setDeposit(uint256 available, uint256 amount) internal {
        if (amount > available) revert DepositTooLow(msg.sender, available, amount);
        unchecked {
            deposits[msg.sender] = available - amount; // not below zero, as just checked
        }
    }
}
