// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title AllowanceERC20
/// @notice An ERC-20 with `increaseAllowance` and `decreaseAllowance`, as in the reference.
abstract contract AllowanceERC20 is ERC20 {
    /// @notice The decrease exceeds the allowance.
    error AllowanceBelowZero(uint256 allowance, uint256 decrease);

    /// @notice Raises the caller's allowance for `spender`.
    function increaseAllowance(address spender, uint256 added) external returns (bool) {
        _approve(msg.sender, spender, allowance(msg.sender, spender) + added);
        return true;
    }

    /// @notice Lowers the caller's allowance for `spender`. Reverts `AllowanceBelowZero`.
    function decreaseAllowance(address spender, uint256 subtracted) external returns (bool) {
        uint256 current = allowance(msg.sender, spender);
        if (current < subtracted) revert AllowanceBelowZero(current, subtracted);
        _approve(msg.sender, spender, current - subtracted);
        return true;
    }

    /// @dev Always emits `Approval`, as in the reference: indexers follow allowances by that event.
    /// @inheritdoc ERC20
    function _approve(address owner, address spender, uint256 amount, bool) internal override {
        super._approve(owner, spender, amount, true);
    }
}
