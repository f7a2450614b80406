// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {MeasuredPull} from "../../libs/MeasuredPull.sol";
import {TokenRouter} from "../TokenRouter.sol";
import {WrappedTokenRouter} from "../WrappedTokenRouter.sol";

/// @title HypERC4626Collateral
/// @notice Deposits transferred tokens into a vault, where they earn yield. Messages carry shares,
/// and as metadata `abi.encode(uint256 assets of 1e10 shares, uint32 nonce)`: the exchange rate by
/// which `HypERC4626` on other domains passes the yield on.
contract HypERC4626Collateral is WrappedTokenRouter {
    using SafeERC20 for IERC20;

    /// @notice `PRECISION` shares are worth zero assets: other domains could not convert shares,
    /// and not send them back.
    error RateIsZero();

    /// @notice The vault gave `shares` for `assets` that are worth only `value`: it charges a fee,
    /// its share price is inflated, or it gave none.
    error UnbackedDeposit(uint256 assets, uint256 shares, uint256 value);

    /// @notice The vault returned a larger number of shares than this router received.
    error SharesMissing(uint256 received, uint256 expected);

    /// @notice The number of shares whose assets are the exchange rate.
    uint256 public constant PRECISION = 1e10;

    /// @dev The largest accepted rounding loss of a deposit: two units and a millionth. Where a
    /// share is worth many units, deposits of less than a million shares may be refused.
    uint256 private constant ROUNDING_UNITS = 2;
    uint256 private constant ROUNDING_PART = 1e6;

    /// @notice The recipient of the zero amount that `rebase` sends.
    bytes32 public constant NULL_RECIPIENT = bytes32(uint256(1));

    /// @notice The vault. Its asset is the transferred token.
    IERC4626 public immutable vault;

    /// @notice The number of exchange rates sent.
    uint32 public rateUpdateNonce;

    constructor(
        address vault_,
        uint256 numerator,
        uint256 denominator,
        address mailbox
    ) WrappedTokenRouter(IERC4626(vault_).asset()) TokenRouter(numerator, denominator, mailbox) {
        vault = IERC4626(vault_);
    }

    /// @inheritdoc WrappedTokenRouter
    function initialize(address hook, address ism, address owner) external override initializer {
        // Unlimited, as this router holds no assets between transfers that the vault could take.
        wrappedToken.forceApprove(address(vault), type(uint256).max);
        _MailboxClient_initialize(hook, ism, owner);
    }

    /// @notice Sends the exchange rate to a domain. Anyone may call and pay for the message.
    function rebase(uint32 destination) external payable {
        _transferRemote(destination, NULL_RECIPIENT, 0);
    }

    /// @inheritdoc TokenRouter
    function _takeFromSender(
        uint256 amount,
        uint256 dispatchFee
    ) internal override returns (uint256) {
        MeasuredPull.pull(wrappedToken, amount + dispatchFee);
        return msg.value;
    }

    /// @inheritdoc TokenRouter
    function _lock(uint32, bytes32, uint256 amount) internal override returns (uint256) {
        ++rateUpdateNonce;
        _requireRate();
        return _outbound(amount == 0 ? 0 : _deposit(amount)); // many vaults refuse to take nothing
    }

    /// @dev Deposits assets into the vault.
    /// @return The amount for the message, in local units.
    function _deposit(uint256 assets) internal virtual returns (uint256) {
        return _depositBacked(assets);
    }

    /// @dev Reverts `RateIsZero` if the exchange rate is rounded to zero.
    function _requireRate() internal view virtual {
        if (_rate() == 0) revert RateIsZero();
    }

    /// @dev Deposits assets into the vault, and checks that the received shares are worth as much.
    /// Reverts `SharesMissing` and `UnbackedDeposit`.
    function _depositBacked(uint256 assets) internal returns (uint256 shares) {
        uint256 before = vault.balanceOf(address(this));
        shares = vault.deposit(assets, address(this));
        // Returns `shares`, not the difference: a nested deposit would count in both differences.
        uint256 received = vault.balanceOf(address(this)) - before;
        if (received < shares) revert SharesMissing(received, shares);
        uint256 value = vault.previewRedeem(shares);
        if (shares == 0 || value + ROUNDING_UNITS + assets / ROUNDING_PART < assets) {
            revert UnbackedDeposit(assets, shares, value);
        }
    }

    /// @inheritdoc TokenRouter
    function _transferTo(address recipient, uint256 shares) internal virtual override {
        vault.redeem(shares, recipient, address(this));
    }

    /// @inheritdoc TokenRouter
    function _payFee(address recipient, uint256 fee) internal override {
        wrappedToken.safeTransfer(recipient, fee);
    }

    /// @inheritdoc TokenRouter
    function _messageAmount(uint256 amount) internal view virtual override returns (uint256) {
        return _outbound(vault.previewDeposit(amount));
    }

    /// @inheritdoc TokenRouter
    function _metadata(uint256) internal view override returns (bytes memory) {
        return abi.encode(_rate(), rateUpdateNonce);
    }

    function _rate() private view returns (uint256) {
        return vault.convertToAssets(PRECISION);
    }
}
