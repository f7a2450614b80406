// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title TestERC20
/// @notice A token like most, all of it the creator's at first. Nobody can mint: clients take a
/// token that its router could mint for one that it does.
contract TestERC20 is ERC20 {
    uint8 private immutable tokenDecimals;

    constructor(
        string memory name,
        string memory symbol,
        uint256 supply,
        uint8 decimals_
    ) ERC20(name, symbol) {
        tokenDecimals = decimals_;
        _mint(msg.sender, supply);
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return tokenDecimals;
    }
}
