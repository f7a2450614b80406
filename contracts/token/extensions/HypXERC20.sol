// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IXERC20} from "../../interfaces/IXERC20.sol";
import {TokenRouter} from "../TokenRouter.sol";
import {WrappedTokenRouter} from "../WrappedTokenRouter.sol";
import {MeasuredPull} from "../libs/MeasuredPull.sol";

/// @title HypXERC20
/// @notice Burns and mints an xERC20, within the limits its issuer gave this router. Senders approve
/// the router for what they send.
contract HypXERC20 is WrappedTokenRouter {
    constructor(address xerc20, uint256 numerator, uint256 denominator, address mailbox)
        WrappedTokenRouter(xerc20)
        TokenRouter(numerator, denominator, mailbox)
    {}

    /// @inheritdoc TokenRouter
    function _takeFromSender(uint256 amount, uint256 dispatchFee)
        internal
        override
        returns (uint256)
    {
        if (dispatchFee != 0) MeasuredPull.pull(wrappedToken, dispatchFee);
        IXERC20(address(wrappedToken)).burn(msg.sender, amount);
        return msg.value;
    }

    /// @inheritdoc TokenRouter
    function _transferTo(address recipient, uint256 amount) internal override {
        IXERC20(address(wrappedToken)).mint(recipient, amount);
    }
}
