// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {AllowanceERC20} from "./AllowanceERC20.sol";
import {TokenRouter} from "./TokenRouter.sol";

/// @title HypERC20
/// @notice A synthetic ERC-20, backed by tokens that are locked on other domains: minted by
/// incoming transfers, burnt by outgoing ones.
contract HypERC20 is AllowanceERC20, TokenRouter {
    uint8 private immutable tokenDecimals;

    string private tokenName;

    string private tokenSymbol;

    constructor(
        uint8 decimals_,
        uint256 numerator,
        uint256 denominator,
        address mailbox
    ) ERC20("", "") TokenRouter(numerator, denominator, mailbox) {
        tokenDecimals = decimals_;
    }

    /// @notice Initializes the contract, once, and mints `supply` to the caller. Only the
    /// deployer: see `Initializable`.
    function initialize(
        uint256 supply,
        string memory name_,
        string memory symbol_,
        address hook,
        address ism,
        address owner
    ) public virtual initializer {
        tokenName = name_;
        tokenSymbol = symbol_;
        _mint(msg.sender, supply);
        _MailboxClient_initialize(hook, ism, owner);
    }

    /// @inheritdoc ERC20
    function name() public view override returns (string memory) {
        return tokenName;
    }

    /// @inheritdoc ERC20
    function symbol() public view override returns (string memory) {
        return tokenSymbol;
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return tokenDecimals;
    }

    /// @inheritdoc TokenRouter
    function token() public view override returns (address) {
        return address(this);
    }

    /// @inheritdoc TokenRouter
    function _takeFromSender(
        uint256 amount,
        uint256 dispatchFee
    ) internal virtual override returns (uint256) {
        if (dispatchFee != 0) _transfer(msg.sender, address(this), dispatchFee);
        _burn(msg.sender, amount);
        return msg.value;
    }

    /// @inheritdoc TokenRouter
    function _transferTo(address recipient, uint256 amount) internal override {
        _mint(recipient, amount);
    }
}
