// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeTransferLib} from "solady/src/utils/SafeTransferLib.sol";

/// @title MeasuredPull
/// @notice Takes tokens from the caller, and checks by the balance that all arrived: tokens that
/// charge a fee on transfers are refused.
/// @dev Rebasing tokens cannot be recognised and must not be used.
library MeasuredPull {
    using SafeERC20 for IERC20;

    /// @notice The token has no code.
    error TokenNotContract(address token);

    /// @notice The balance did not grow by the amount taken from the caller.
    error UnexpectedAmountReceived(uint256 received, uint256 expected);

    /// @notice The balance after a burn or a deposit of this contract's tokens is not `expected`.
    error UnexpectedBalance(address token, uint256 balance, uint256 expected);

    /// @notice Takes `amount` of the caller's tokens. Reverts `UnexpectedAmountReceived`, and as
    /// `SafeERC20` does.
    function pull(IERC20 token, uint256 amount) internal {
        uint256 before = balance(token);
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = balance(token) - before;
        if (received != amount) revert UnexpectedAmountReceived(received, amount);
    }

    /// @notice `token` as an ERC-20. Reverts `TokenNotContract`.
    function checked(address token) internal view returns (IERC20) {
        if (token.code.length == 0) revert TokenNotContract(token);
        return IERC20(token);
    }

    /// @notice Reverts `UnexpectedBalance` unless this contract holds exactly `expected`.
    function requireBalance(IERC20 token, uint256 expected) internal view {
        uint256 found = balance(token);
        if (found != expected) revert UnexpectedBalance(address(token), found, expected);
    }

    /// @notice This contract's balance of `token`.
    function balance(IERC20 token) internal view returns (uint256) {
        return SafeTransferLib.balanceOf(address(token), address(this));
    }
}
