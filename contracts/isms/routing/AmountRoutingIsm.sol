// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {AmountPartition} from "../../base/AmountPartition.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {AbstractRoutingIsm} from "./AbstractRoutingIsm.sol";

/// @title AmountRoutingIsm
/// @notice Calls one of two modules for a token message, by the amount that it transfers.
contract AmountRoutingIsm is AbstractRoutingIsm, AmountPartition {
    constructor(
        address lower_,
        address upper_,
        uint256 threshold_
    ) AmountPartition(lower_, upper_, threshold_) {}

    /// @inheritdoc AbstractRoutingIsm
    /// @dev Reverts with empty data when the body has no amount.
    function route(
        bytes calldata message
    ) public view override returns (IInterchainSecurityModule) {
        return IInterchainSecurityModule(_partition(message));
    }
}
