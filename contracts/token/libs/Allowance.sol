// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title Allowance
/// @notice Revokes allowances of this contract's tokens.
library Allowance {
    using SafeERC20 for IERC20;

    /// @notice Sets the allowance of `spender` to zero. Does nothing for the native token, zero.
    /// @dev Reads the allowance first: some tokens refuse to approve zero again.
    function revoke(address token, address spender) internal {
        if (token == address(0) || IERC20(token).allowance(address(this), spender) == 0) return;
        IERC20(token).forceApprove(spender, 0);
    }
}
