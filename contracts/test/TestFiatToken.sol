// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {IFiatToken} from "../interfaces/IFiatToken.sol";

/// @title TestFiatToken
/// @notice A token like the big stablecoins: minters mint within an allowance and burn their own,
/// and blacklisted accounts cannot send or receive.
contract TestFiatToken is ERC20, IFiatToken {
    /// @notice Only minters, within their allowance.
    error NotMinter(address caller, uint256 allowance);

    /// @notice The account is on the list.
    error Blacklisted(address account);

    address private immutable issuer = msg.sender;

    /// @notice True if `mint` mints nothing and returns false.
    bool public lazy;

    /// @notice Amount that an account may still mint.
    mapping(address minter => uint256) public minterAllowance;

    mapping(address account => bool) public isMinter;

    mapping(address account => bool) public isBlacklisted;

    constructor(uint256 supply) ERC20("Fiat", "FIAT") {
        _mint(msg.sender, supply);
    }

    /// @notice Lets an account mint up to `allowance`, and burn.
    function configureMinter(address minter, uint256 allowance) external {
        assert(msg.sender == issuer);
        (isMinter[minter], minterAllowance[minter]) = (true, allowance);
    }

    /// @notice Puts an account on the list or takes it off.
    function setBlacklisted(address account, bool blacklisted) external {
        assert(msg.sender == issuer);
        isBlacklisted[account] = blacklisted;
    }

    /// @notice Makes `mint` answer false.
    function setLazy(bool lazy_) external {
        lazy = lazy_;
    }

    /// @inheritdoc IFiatToken
    function mint(address to, uint256 amount) external returns (bool) {
        if (minterAllowance[msg.sender] < amount) {
            revert NotMinter(msg.sender, minterAllowance[msg.sender]);
        }
        if (lazy) return false;
        minterAllowance[msg.sender] -= amount;
        _mint(to, amount);
        return true;
    }

    /// @inheritdoc IFiatToken
    function burn(uint256 amount) external {
        if (!isMinter[msg.sender]) revert NotMinter(msg.sender, 0);
        _burn(msg.sender, amount);
    }

    /// @inheritdoc ERC20
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (isBlacklisted[from]) revert Blacklisted(from);
        if (isBlacklisted[to]) revert Blacklisted(to);
        super._update(from, to, amount);
    }
}
