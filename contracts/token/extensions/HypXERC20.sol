// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IXERC20} from "../../interfaces/IXERC20.sol";
import {MeasuredPull} from "../../libs/MeasuredPull.sol";
import {TokenRouter} from "../TokenRouter.sol";
import {WrappedTokenRouter} from "../WrappedTokenRouter.sol";

/// @title HypXERC20
/// @notice Burns and mints an xERC20, within the limits its issuer gave this router. Senders
/// approve the router for what they send.
contract HypXERC20 is WrappedTokenRouter {
    using MeasuredPull for IERC20;

    /// @notice The token burnt an amount of the sender's balance other than `expected`.
    error UnexpectedAmountBurnt(uint256 burnt, uint256 expected);

    constructor(
        address xerc20,
        uint256 numerator,
        uint256 denominator,
        address mailbox
    ) WrappedTokenRouter(xerc20) TokenRouter(numerator, denominator, mailbox) {}

    /// @inheritdoc TokenRouter
    function _takeFromSender(
        uint256 amount,
        uint256 dispatchFee
    ) internal override returns (uint256) {
        if (dispatchFee != 0) wrappedToken.pull(dispatchFee);
        uint256 before = wrappedToken.balanceOf(msg.sender);
        IXERC20(address(wrappedToken)).burn(msg.sender, amount);
        uint256 burnt = before - wrappedToken.balanceOf(msg.sender);
        if (burnt != amount) revert UnexpectedAmountBurnt(burnt, amount);
        return msg.value;
    }

    /// @inheritdoc TokenRouter
    function _transferTo(address recipient, uint256 amount) internal override {
        IXERC20(address(wrappedToken)).mint(recipient, amount);
    }
}
