// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {MovableCollateralRouter} from "./MovableCollateralRouter.sol";
import {TokenRouter} from "./TokenRouter.sol";

/// @title HypERC20Collateral
/// @notice Locks an existing ERC-20 and pays it out again.
/// @dev Tokens that take a fee from transfers are refused when they are sent. Tokens that change
/// balances by themselves cannot be recognised and must not be used.
contract HypERC20Collateral is MovableCollateralRouter {
    using SafeERC20 for IERC20;

    /// @notice The wrapped token must be a contract.
    error TokenNotContract(address token);

    /// @notice The router's balance did not grow by what was taken from the sender.
    error UnexpectedAmountReceived(uint256 received, uint256 expected);

    /// @notice The token that is locked.
    IERC20 public immutable wrappedToken;

    constructor(address erc20, uint256 numerator, uint256 denominator, address mailbox)
        TokenRouter(numerator, denominator, mailbox)
    {
        if (erc20.code.length == 0) revert TokenNotContract(erc20);

        wrappedToken = IERC20(erc20);
    }

    /// @notice Sets everything up, once; for who may call see `Initializable`.
    function initialize(address hook, address ism, address owner) external initializer {
        _initializeClient(hook, ism, owner);
    }

    /// @inheritdoc TokenRouter
    function token() public view override returns (address) {
        return address(wrappedToken);
    }

    /// @inheritdoc TokenRouter
    function _takeFromSender(uint256 amount, uint256 dispatchFee)
        internal
        override
        returns (uint256)
    {
        uint256 expected = amount + dispatchFee;
        uint256 before = _balance();
        wrappedToken.safeTransferFrom(msg.sender, address(this), expected);
        uint256 received = _balance() - before;
        if (received != expected) revert UnexpectedAmountReceived(received, expected);
        return msg.value;
    }

    function _balance() private view returns (uint256) {
        return SafeTransferLib.balanceOf(address(wrappedToken), address(this));
    }

    /// @inheritdoc TokenRouter
    function _transferTo(address recipient, uint256 amount) internal override {
        wrappedToken.safeTransfer(recipient, amount);
    }
}
