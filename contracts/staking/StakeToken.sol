// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {SafeTransferLib} from "solady/src/utils/SafeTransferLib.sol";

import {IStakingManager} from "../interfaces/staking/IStakingManager.sol";

/// @title StakeToken
/// @notice Moves the stake token into and out of staking contracts.
library StakeToken {
    using SafeTransferLib for address;

    /// @notice Takes `amount` of the caller's tokens.
    /// @dev Reverts `UnexpectedTransfer` unless this contract's balance grew by `amount`, and
    /// `TransferFromFailed` of `SafeTransferLib` when the token refuses.
    function pull(address token, uint256 amount) internal {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert IStakingManager.UnexpectedTransfer(received, amount);
    }

    /// @notice Pays `amount` to an account. Makes no call for zero: some tokens refuse it.
    /// @dev Reverts `TransferFailed` of `SafeTransferLib` when the token refuses.
    function pay(address token, address account, uint256 amount) internal {
        if (amount != 0) token.safeTransfer(account, amount);
    }
}
