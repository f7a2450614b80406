// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IXERC20} from "../../interfaces/IXERC20.sol";
import {IXERC20Lockbox} from "../../interfaces/IXERC20Lockbox.sol";
import {MeasuredPull} from "../../libs/MeasuredPull.sol";
import {TokenRouter} from "../TokenRouter.sol";
import {WrappedTokenRouter} from "../WrappedTokenRouter.sol";

/// @title HypXERC20Lockbox
/// @notice Deposits an ERC-20 into the lockbox of its xERC20 and burns the xERC20 in outgoing
/// transfers; mints the xERC20 and withdraws the ERC-20 in incoming ones. For routes with the
/// xERC20 on other domains and the ERC-20 on this one.
contract HypXERC20Lockbox is WrappedTokenRouter {
    using SafeERC20 for IERC20;

    /// @notice The lockbox, which holds the ERC-20.
    IXERC20Lockbox public immutable lockbox;

    /// @notice The xERC20 of the lockbox.
    IXERC20 public immutable xERC20;

    constructor(
        address lockbox_,
        uint256 numerator,
        uint256 denominator,
        address mailbox
    )
        WrappedTokenRouter(IXERC20Lockbox(lockbox_).ERC20())
        TokenRouter(numerator, denominator, mailbox)
    {
        lockbox = IXERC20Lockbox(lockbox_);
        xERC20 = IXERC20(lockbox.XERC20());
    }

    /// @inheritdoc WrappedTokenRouter
    function initialize(address hook, address ism, address owner) external override initializer {
        approveLockbox();
        _MailboxClient_initialize(hook, ism, owner);
    }

    /// @notice Approves the lockbox for both tokens without limit, as `initialize` does. Anyone may
    /// call: this router holds neither token between transfers.
    function approveLockbox() public {
        wrappedToken.forceApprove(address(lockbox), type(uint256).max);
        _xERC20().forceApprove(address(lockbox), type(uint256).max);
    }

    /// @inheritdoc TokenRouter
    function _takeFromSender(
        uint256 amount,
        uint256 dispatchFee
    ) internal override returns (uint256) {
        MeasuredPull.pull(wrappedToken, amount + dispatchFee);
        uint256 before = MeasuredPull.balance(_xERC20());
        lockbox.deposit(amount);
        MeasuredPull.requireBalance(_xERC20(), before + amount);
        xERC20.burn(address(this), amount);
        MeasuredPull.requireBalance(_xERC20(), before);
        return msg.value;
    }

    function _xERC20() private view returns (IERC20) {
        return IERC20(address(xERC20));
    }

    /// @inheritdoc TokenRouter
    function _transferTo(address recipient, uint256 amount) internal override {
        xERC20.mint(address(this), amount);
        lockbox.withdrawTo(recipient, amount);
    }
}
