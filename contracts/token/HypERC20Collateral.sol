// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {MeasuredPull} from "../libs/MeasuredPull.sol";
import {LpCollateralRouter} from "./LpCollateralRouter.sol";
import {TokenRouter} from "./TokenRouter.sol";

/// @title HypERC20Collateral
/// @notice Locks an existing ERC-20 in outgoing transfers, and pays it out in incoming ones.
/// @dev See `MeasuredPull` for tokens that are refused, and tokens that must not be used.
contract HypERC20Collateral is LpCollateralRouter {
    using MeasuredPull for IERC20;
    using SafeERC20 for IERC20;

    /// @notice The token that is locked.
    IERC20 public immutable wrappedToken;

    constructor(
        address erc20,
        uint256 numerator,
        uint256 denominator,
        address mailbox
    ) TokenRouter(numerator, denominator, mailbox) {
        wrappedToken = MeasuredPull.checked(erc20);
    }

    /// @notice Initializes the contract, once. Only the deployer: see `Initializable`.
    function initialize(address hook, address ism, address owner) external initializer {
        _MailboxClient_initialize(hook, ism, owner);
    }

    /// @inheritdoc ERC20
    /// @dev Shares have the decimals of the token.
    function decimals() public view override returns (uint8) {
        return IERC20Metadata(address(wrappedToken)).decimals();
    }

    /// @inheritdoc TokenRouter
    function token() public view override returns (address) {
        return address(wrappedToken);
    }

    /// @inheritdoc TokenRouter
    function _takeFromSender(
        uint256 amount,
        uint256 dispatchFee
    ) internal override returns (uint256) {
        wrappedToken.pull(amount + dispatchFee);
        return msg.value;
    }

    /// @inheritdoc TokenRouter
    function _transferTo(address recipient, uint256 amount) internal override {
        wrappedToken.safeTransfer(recipient, amount);
    }

    /// @inheritdoc LpCollateralRouter
    function _receive(uint256 assets) internal override {
        if (msg.value != 0) revert UnexpectedValue(msg.value);
        wrappedToken.pull(assets);
    }

    /// @inheritdoc LpCollateralRouter
    function _collateral() internal view override returns (uint256) {
        return wrappedToken.balanceOf(address(this));
    }
}
