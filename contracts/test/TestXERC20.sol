// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IXERC20} from "../interfaces/IXERC20.sol";
import {IXERC20Lockbox} from "../interfaces/IXERC20Lockbox.sol";

/// @title TestXERC20
/// @notice An xERC20: bridges mint and burn it within limits, its lockbox without. Limits do not
/// fill up again by themselves.
contract TestXERC20 is ERC20, IXERC20 {
    /// @notice More than the bridge may still mint or burn.
    error IXERC20_NotHighEnoughLimits();

    address private immutable issuer = msg.sender;

    address private lockbox;

    /// @notice Amount that a bridge may still mint.
    mapping(address bridge => uint256) public mintingCurrentLimitOf;

    /// @notice Amount that a bridge may still burn.
    mapping(address bridge => uint256) public burningCurrentLimitOf;

    /// @notice Most that a bridge may mint, after a period without mints.
    mapping(address bridge => uint256) public mintingMaxLimitOf;

    /// @notice Most that a bridge may burn, after a period without burns.
    mapping(address bridge => uint256) public burningMaxLimitOf;

    constructor(uint256 supply) ERC20("X", "XER") {
        _mint(msg.sender, supply);
    }

    /// @notice Sets what a bridge may mint and burn. Only the issuer.
    function setLimits(address bridge, uint256 minting, uint256 burning) external {
        assert(msg.sender == issuer);
        (mintingMaxLimitOf[bridge], burningMaxLimitOf[bridge]) = (minting, burning);
        (mintingCurrentLimitOf[bridge], burningCurrentLimitOf[bridge]) = (minting, burning);
    }

    /// @notice Sets the lockbox. Only the issuer.
    function setLockbox(address lockbox_) external {
        assert(msg.sender == issuer);
        lockbox = lockbox_;
    }

    /// @inheritdoc IXERC20
    function mint(address user, uint256 amount) external {
        if (msg.sender != lockbox) _use(mintingCurrentLimitOf, amount);
        _mint(user, amount);
    }

    /// @inheritdoc IXERC20
    function burn(address user, uint256 amount) external {
        if (msg.sender != user) _spendAllowance(user, msg.sender, amount);
        if (msg.sender != lockbox) _use(burningCurrentLimitOf, amount);
        _burn(user, amount);
    }

    function _use(mapping(address bridge => uint256) storage limits, uint256 amount) private {
        if (limits[msg.sender] < amount) revert IXERC20_NotHighEnoughLimits();
        limits[msg.sender] -= amount;
    }
}

/// @title TestLockbox
/// @notice Holds a token against as many xERC20s.
contract TestLockbox is IXERC20Lockbox {
    using SafeERC20 for IERC20;

    /// @inheritdoc IXERC20Lockbox
    address public immutable XERC20;

    /// @inheritdoc IXERC20Lockbox
    address public immutable ERC20;

    constructor(address xerc20, address erc20) {
        (XERC20, ERC20) = (xerc20, erc20);
    }

    /// @inheritdoc IXERC20Lockbox
    function deposit(uint256 amount) external {
        IERC20(ERC20).safeTransferFrom(msg.sender, address(this), amount);
        IXERC20(XERC20).mint(msg.sender, amount);
    }

    /// @inheritdoc IXERC20Lockbox
    function withdrawTo(address to, uint256 amount) external {
        IXERC20(XERC20).burn(msg.sender, amount);
        IERC20(ERC20).safeTransfer(to, amount);
    }
}
