// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title ISenderDeposits
/// @notice Wei that pay for messages of senders which send no value along, as OpenZeppelin's
/// crosschain tokens. A deposit pays for one sender only.
interface ISenderDeposits {
    /// @notice `amount` wei were added to the deposit of `sender`.
    event Deposited(address indexed sender, uint256 amount);

    /// @notice `sender` took `amount` wei of its deposit.
    event Withdrawn(address indexed sender, address to, uint256 amount);

    /// @notice The sender's deposit is less than the amount, in wei, that it withdraws.
    error DepositTooLow(address sender, uint256 deposit, uint256 amount);

    /// @notice Adds call value to the deposit of `sender`. Anyone may call; only `sender` can take
    /// it back.
    function deposit(address sender) external payable;

    /// @notice Takes wei from the caller's deposit. Reverts `DepositTooLow`, `NoRefundAddress` when
    /// `to` is zero, `ETHTransferFailed` when `to` refuses.
    function withdraw(address to, uint256 amount) external;

    /// @notice Balance of the deposit that pays for messages of `sender`, in wei.
    function deposits(address sender) external view returns (uint256);
}
