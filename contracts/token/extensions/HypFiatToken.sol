// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IFiatToken} from "../../interfaces/IFiatToken.sol";
import {MeasuredPull} from "../../libs/MeasuredPull.sol";
import {TokenRouter} from "../TokenRouter.sol";
import {WrappedTokenRouter} from "../WrappedTokenRouter.sol";

/// @title HypFiatToken
/// @notice Burns and mints a token for which this router is a minter.
contract HypFiatToken is WrappedTokenRouter {
    /// @notice `mint` of the token returned false.
    error MintFailed(address recipient, uint256 amount);

    constructor(
        address fiatToken,
        uint256 numerator,
        uint256 denominator,
        address mailbox
    ) WrappedTokenRouter(fiatToken) TokenRouter(numerator, denominator, mailbox) {}

    /// @inheritdoc TokenRouter
    function _takeFromSender(
        uint256 amount,
        uint256 dispatchFee
    ) internal override returns (uint256) {
        uint256 before = MeasuredPull.balance(wrappedToken);
        MeasuredPull.pull(wrappedToken, amount + dispatchFee);
        IFiatToken(address(wrappedToken)).burn(amount);
        MeasuredPull.requireBalance(wrappedToken, before + dispatchFee);
        return msg.value;
    }

    /// @inheritdoc TokenRouter
    function _transferTo(address recipient, uint256 amount) internal override {
        if (!IFiatToken(address(wrappedToken)).mint(recipient, amount)) {
            revert MintFailed(recipient, amount);
        }
    }
}
