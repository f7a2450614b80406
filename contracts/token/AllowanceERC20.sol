// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title AllowanceERC20
/// @notice An ERC-20 whose allowances can be changed by differences, as those of the reference.
abstract contract AllowanceERC20 is ERC20 {
    /// @notice An allowance cannot be decreased by more than it is.
    error AllowanceBelowZero(uint256 allowance, uint256 decrease);

    /// @notice Adds to what `spender` may spend of the caller's.
    function increaseAllowance(address spender, uint256 added) external returns (bool) {
        _approve(msg.sender, spender, allowance(msg.sender, spender) + added);
        return true;
    }

    /// @notice Takes from what `spender` may spend of the caller's. Reverts `AllowanceBelowZero`.
    function decreaseAllowance(address spender, uint256 subtracted) external returns (bool) {
        uint256 current = allowance(msg.sender, spender);
        if (current < subtracted) revert AllowanceBelowZero(current, subtracted);
        _approve(msg.sender, spender, current - subtracted);
        return true;
    }

    /// @dev Always with an event, as in the reference: indexers follow allowances by it.
    /// @inheritdoc ERC20
    function _approve(address owner, address spender, uint256 amount, bool) internal override {
        super._approve(owner, spender, amount, true);
    }
}
