// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IHypERC4626} from "../../interfaces/IHypERC4626.sol";
import {TokenMessage} from "../../libs/TokenMessage.sol";
import {HypERC20} from "../HypERC20.sol";
import {TokenRouter} from "../TokenRouter.sol";

/// @title HypERC4626
/// @notice A synthetic token for shares of a vault on another domain. Balances are in assets, and
/// grow as exchange rates arrive.
/// @dev Amounts and allowances are in assets. Balances are stored in shares, and `Transfer` events
/// are in shares: they add up to `shareBalanceOf` at every exchange rate. A transfer moves the
/// shares for its assets, rounded down.
contract HypERC4626 is HypERC20, IHypERC4626 {
    using TokenMessage for bytes;

    /// @notice A new exchange rate arrived.
    event ExchangeRateUpdated(uint256 newExchangeRate, uint32 rateUpdateNonce);

    /// @notice The number of shares whose assets are the exchange rate.
    uint256 public constant PRECISION = 1e10;

    /// @notice The domain of the vault. Exchange rates are accepted from this domain only.
    uint32 public immutable collateralDomain;

    /// @notice The assets of `PRECISION` shares. Never zero, as shares could then not be sent back.
    uint256 public exchangeRate;

    /// @notice The nonce of the exchange rate. A rate whose nonce is not greater is outdated and
    /// ignored; so is a rate of zero. The transfer that carries it is delivered all the same.
    uint32 public previousNonce;

    constructor(
        uint8 decimals,
        uint256 numerator,
        uint256 denominator,
        address mailbox,
        uint32 collateralDomain_
    ) HypERC20(decimals, numerator, denominator, mailbox) {
        collateralDomain = collateralDomain_;
    }

    /// @inheritdoc HypERC20
    /// @dev `supply` is in shares, each worth one asset at first.
    function initialize(
        uint256 supply,
        string memory name_,
        string memory symbol_,
        address hook,
        address ism,
        address owner
    ) public override {
        exchangeRate = PRECISION;
        super.initialize(supply, name_, symbol_, hook, ism, owner);
    }

    /// @inheritdoc ERC20
    function transfer(address to, uint256 assets) public override returns (bool) {
        _transfer(msg.sender, to, assetsToShares(assets));
        return true;
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 assets) public override returns (bool) {
        _spendAllowance(from, msg.sender, assets);
        _transfer(from, to, assetsToShares(assets));
        return true;
    }

    /// @inheritdoc IHypERC4626
    function shareBalanceOf(address account) external view returns (uint256) {
        return super.balanceOf(account);
    }

    /// @inheritdoc IHypERC4626
    function totalShares() external view returns (uint256) {
        return super.totalSupply();
    }

    /// @inheritdoc ERC20
    function balanceOf(address account) public view override returns (uint256) {
        return sharesToAssets(super.balanceOf(account));
    }

    /// @inheritdoc ERC20
    function totalSupply() public view override returns (uint256) {
        return sharesToAssets(super.totalSupply());
    }

    /// @inheritdoc IHypERC4626
    function assetsToShares(uint256 assets) public view returns (uint256) {
        return Math.mulDiv(assets, PRECISION, exchangeRate);
    }

    /// @inheritdoc IHypERC4626
    function sharesToAssets(uint256 shares) public view returns (uint256) {
        return Math.mulDiv(shares, exchangeRate, PRECISION);
    }

    /// @inheritdoc TokenRouter
    function _handle(uint32 origin, bytes32 sender, bytes calldata body) internal override {
        if (origin == collateralDomain) {
            (uint256 rate, uint32 nonce) = abi.decode(body.metadata(), (uint256, uint32));
            if (rate != 0 && nonce > previousNonce) {
                exchangeRate = rate;
                previousNonce = nonce;
                emit ExchangeRateUpdated(rate, nonce);
            }
        }
        super._handle(origin, sender, body);
    }

    /// @inheritdoc TokenRouter
    function _takeFromSender(
        uint256 assets,
        uint256 dispatchFee
    ) internal override returns (uint256) {
        return super._takeFromSender(assetsToShares(assets), assetsToShares(dispatchFee));
    }

    /// @inheritdoc TokenRouter
    function _payFee(address recipient, uint256 fee) internal override {
        _mint(recipient, assetsToShares(fee));
    }

    /// @inheritdoc TokenRouter
    function _messageAmount(uint256 assets) internal view override returns (uint256) {
        return _outbound(assetsToShares(assets));
    }
}
