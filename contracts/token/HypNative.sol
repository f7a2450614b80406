// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {SafeTransferLib} from "solady/src/utils/SafeTransferLib.sol";

import {LpCollateralRouter} from "./LpCollateralRouter.sol";
import {TokenRouter} from "./TokenRouter.sol";

/// @title HypNative
/// @notice Locks the chain's native token and pays it out again.
contract HypNative is LpCollateralRouter {
    /// @notice `msg.value` differs from the `assets` argument.
    error WrongValue(uint256 value, uint256 expected);

    /// @notice `msg.value` is less than the amount and its fees.
    error NativeAmountExceedsValue(uint256 amount, uint256 value);

    constructor(
        uint256 numerator,
        uint256 denominator,
        address mailbox
    ) TokenRouter(numerator, denominator, mailbox) {}

    /// @notice Accepts hooks' refunds, and additions to the collateral from anybody.
    receive() external payable {}

    /// @notice Initializes the contract, once. Only the deployer: see `Initializable`.
    function initialize(address hook, address ism, address owner) external initializer {
        _MailboxClient_initialize(hook, ism, owner);
    }

    /// @notice Deposits `msg.value` and mints shares for it to `receiver`.
    function deposit(address receiver) external payable returns (uint256 shares) {
        shares = previewDeposit(msg.value);
        _lend(msg.value, shares, receiver);
    }

    /// @notice Deposits as `deposit` does, for at least `minShares`. Reverts `TooFewShares`.
    function depositAtLeast(
        address receiver,
        uint256 minShares
    ) external payable returns (uint256 shares) {
        shares = previewDeposit(msg.value);
        _lendAtLeast(msg.value, shares, minShares, receiver);
    }

    /// @inheritdoc TokenRouter
    function token() public pure override returns (address) {
        return address(0);
    }

    /// @dev There is never a dispatch fee: a fee hook needs an ERC-20.
    /// @inheritdoc TokenRouter
    function _takeFromSender(uint256 amount, uint256) internal override returns (uint256) {
        if (msg.value < amount) revert NativeAmountExceedsValue(amount, msg.value);
        unchecked {
            return msg.value - amount; // just compared
        }
    }

    /// @inheritdoc TokenRouter
    function _transferTo(address recipient, uint256 amount) internal override {
        // The balance is compared after a failure only, to save its cost in every transfer.
        if (SafeTransferLib.trySafeTransferETH(recipient, amount, gasleft())) return;
        if (address(this).balance < amount) {
            revert Errors.InsufficientBalance(address(this).balance, amount);
        }
        if (LowLevelCall.returnDataSize() != 0) LowLevelCall.bubbleRevert();
        revert Errors.FailedCall();
    }

    /// @inheritdoc LpCollateralRouter
    function _receive(uint256 assets) internal view override {
        if (msg.value != assets) revert WrongValue(msg.value, assets);
    }

    /// @inheritdoc LpCollateralRouter
    function _collateral() internal view override returns (uint256) {
        return address(this).balance;
    }
}
