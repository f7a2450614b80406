// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {MeasuredPull} from "../../libs/MeasuredPull.sol";
import {TokenRouter} from "../TokenRouter.sol";
import {WrappedTokenRouter} from "../WrappedTokenRouter.sol";

/// @title HypERC4626Collateral
/// @notice Puts what is sent into a vault, where it earns. Messages carry shares, and as metadata
/// `abi.encode(uint256 assets of 1e10 shares, uint32 nonce)`, by which `HypERC4626` on other
/// domains shows its holders' yield.
contract HypERC4626Collateral is WrappedTokenRouter {
    using SafeERC20 for IERC20;

    /// @notice So many shares are worth nothing: other domains could not tell what they stand for,
    /// and send nothing back.
    error RateIsZero();

    /// @notice For `assets` the vault gave `shares`, worth only `value`: a vault that keeps a fee,
    /// is inflated or gives none. Nothing is sent.
    error UnbackedDeposit(uint256 assets, uint256 shares, uint256 value);

    /// @notice The vault says that it gave more shares than came.
    error SharesMissing(uint256 received, uint256 expected);

    /// @notice Exchange rates are assets of so many shares.
    uint256 public constant PRECISION = 1e10;

    /// @dev Rounding may cost a deposit two units and a millionth: where a share is worth many
    /// units, a deposit of fewer than a million of them may be refused.
    uint256 private constant ROUNDING_UNITS = 2;
    uint256 private constant ROUNDING_PART = 1e6;

    /// @notice Whom `rebase` sends nothing to.
    bytes32 public constant NULL_RECIPIENT = bytes32(uint256(1));

    /// @notice The vault, whose asset is what is sent.
    IERC4626 public immutable vault;

    /// @notice How many exchange rates were sent.
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
        // This router keeps no assets that the vault could take at the wrong time.
        wrappedToken.forceApprove(address(vault), type(uint256).max);
        _initializeClient(hook, ism, owner);
    }

    /// @notice Tells a domain the exchange rate. For anybody who pays for the message.
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

    /// @dev Puts assets into the vault.
    /// @return What a message says about them, in local units.
    function _deposit(uint256 assets) internal virtual returns (uint256) {
        return _depositBacked(assets);
    }

    /// @dev Reverts `RateIsZero` where messages could not tell what shares are worth.
    function _requireRate() internal view virtual {
        if (_rate() == 0) revert RateIsZero();
    }

    /// @dev Puts assets into the vault, and sees that what came for them is worth as much. Reverts
    /// `SharesMissing` and `UnbackedDeposit`.
    function _depositBacked(uint256 assets) internal returns (uint256 shares) {
        uint256 before = vault.balanceOf(address(this));
        shares = vault.deposit(assets, address(this));
        // Not the difference itself: a deposit within this one would count in both.
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
