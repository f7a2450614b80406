// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

/// @title MeasuredPull
/// @notice Takes tokens from the sender, and refuses those that take a fee from transfers.
/// @dev Tokens that change balances by themselves cannot be recognised and must not be used.
library MeasuredPull {
    using SafeERC20 for IERC20;

    /// @notice The wrapped token must be a contract.
    error TokenNotContract(address token);

    /// @notice The router's balance did not grow by what was taken from the sender.
    error UnexpectedAmountReceived(uint256 received, uint256 expected);

    /// @notice What should have burnt or handed on this contract's tokens left it with another
    /// balance.
    error UnexpectedBalance(address token, uint256 balance, uint256 expected);

    /// @notice Takes `amount` of the sender's tokens. Reverts `UnexpectedAmountReceived`, and as
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

    /// @notice What this contract holds of `token`.
    function balance(IERC20 token) internal view returns (uint256) {
        return SafeTransferLib.balanceOf(address(token), address(this));
    }
}
