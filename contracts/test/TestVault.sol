// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";

/// @title TestVault
/// @notice A vault that earns what is sent to it and loses what it is told to. Refuses to take
/// nothing, as many do.
contract TestVault is ERC4626 {
    /// @notice Nothing was to be deposited.
    error ZeroAssets();

    constructor(IERC20 asset) ERC20("Vault", "VLT") ERC4626(asset) {}

    /// @notice Gives assets away.
    function lose(uint256 assets) external {
        IERC20(asset()).transfer(msg.sender, assets);
    }

    /// @inheritdoc ERC4626
    function deposit(uint256 assets, address receiver) public override returns (uint256) {
        if (assets == 0) revert ZeroAssets();
        return super.deposit(assets, receiver);
    }
}

/// @title OffsetVault
/// @notice Its shares have more decimals than its assets, as those of many vaults against
/// inflation.
contract OffsetVault is TestVault {
    uint8 private immutable offset;

    constructor(IERC20 asset, uint8 offset_) TestVault(asset) {
        offset = offset_;
    }

    function _decimalsOffset() internal view override returns (uint8) {
        return offset;
    }
}
