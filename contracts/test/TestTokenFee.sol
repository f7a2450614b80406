// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ITokenFee, Quote} from "../interfaces/ITokenFee.sol";

/// @title TestTokenFee
/// @notice Asks for the fees it was told to ask for, and takes them.
contract TestTokenFee is ITokenFee {
    Quote[] private fees;

    constructor(Quote[] memory fees_) {
        for (uint256 i; i < fees_.length; ++i) {
            fees.push(fees_[i]);
        }
    }

    /// @notice Takes its fees.
    receive() external payable {}

    /// @inheritdoc ITokenFee
    function quoteTransferRemote(uint32, bytes32, uint256) external view returns (Quote[] memory) {
        return fees;
    }
}
