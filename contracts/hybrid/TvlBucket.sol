// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Bucket} from "../base/Bucket.sol";
import {IHypERC4626} from "../interfaces/IHypERC4626.sol";
import {ILpCollateralRouter} from "../interfaces/ILpCollateralRouter.sol";
import {ITokenRouter} from "../interfaces/ITokenRouter.sol";

/// @title TvlBucket
/// @notice A bucket whose capacity is a fraction of a token router's holdings: of its collateral
/// without lent collateral, or of a synthetic token's supply. Outflows of the router drain the
/// bucket, inflows refill it.
///
/// Time is divided into periods of `DURATION`. The capacity depends on the holdings when the period
/// began, or on the current ones if they are less: donations and loans during a period do not raise
/// it. Donations since the last flow count a period later, as their time is not known. A period
/// with a capacity of zero, such as that of a new route, ends when the router has holdings.
/// @dev For `HypNative`, `HypERC20Collateral`, `CrossCollateralRouter`, `HypERC20` and
/// `HypERC4626`, whose supply is counted in shares as messages do. Routers without holdings of
/// their own are refused: their capacity would always be zero.
abstract contract TvlBucket is Bucket, Ownable {
    /// @notice An inflow of `amount` raised the level to `newLevel`.
    event Credited(uint256 amount, uint256 newLevel);

    /// @notice The router is not a contract, or neither its own token nor an `ILpCollateralRouter`.
    error InvalidRouter();

    /// @notice The fraction exceeds its upper bound.
    error InvalidThresholdBps();

    /// @notice The capacity follows from `thresholdBps` and cannot be set.
    error UseThresholdBps();

    /// @notice The denominator of `thresholdBps`.
    uint256 public constant BPS_DENOMINATOR = 10_000;

    /// @notice Always zero, as the capacity is not set. For clients that read it from other
    /// buckets.
    uint256 public constant refillRate = 0;

    /// @notice The router whose holdings define the capacity.
    address public immutable warpRouter;

    /// @notice The token of the holdings: zero for the native token, the router itself for a
    /// synthetic supply.
    address public immutable capacityToken;

    /// @notice The capacity as a fraction of the holdings, in basis points.
    uint256 public immutable thresholdBps;

    /// @dev True if the supply is in shares.
    bool private immutable inShares;

    /// @dev The holdings when the period began, and the time of that, Unix seconds. Fits one slot.
    uint208 private basis;
    uint48 internal began;

    /// @dev The holdings after the last flow.
    uint256 private seen;

    /// @param router The token router.
    /// @param thresholdBps_ See `thresholdBps`.
    /// @param maxBps The upper bound of `thresholdBps_`.
    /// @param duration Seconds in which an empty bucket becomes full.
    /// @dev The bucket is full at first, for any later capacity.
    constructor(
        address router,
        uint256 thresholdBps_,
        uint256 maxBps,
        uint256 duration
    ) Bucket(duration, MAX_CAPACITY) {
        if (router.code.length == 0) revert InvalidRouter();
        if (thresholdBps_ > maxBps) revert InvalidThresholdBps();
        warpRouter = router;
        capacityToken = ITokenRouter(router).token();
        thresholdBps = thresholdBps_;
        if (capacityToken == router) inShares = _answers(router, IHypERC4626.totalShares.selector);
        else if (!_answers(router, ILpCollateralRouter.totalAssets.selector)) {
            revert InvalidRouter();
        }
        _enterPeriod(0, 0);
    }

    /// @notice Reverts `UseThresholdBps`. Only the owner.
    function setRefillRate(uint256) external onlyOwner returns (uint256) {
        revert UseThresholdBps();
    }

    /// @notice The holdings when this period began, and the time of that, Unix seconds.
    function currentPeriod() external view returns (uint256 basis_, uint256 began_) {
        return _period(localCollateral());
    }

    /// @notice The current holdings, in the smallest unit of the token, or in shares.
    function localCollateral() public view returns (uint256) {
        if (inShares) return IHypERC4626(warpRouter).totalShares();
        if (capacityToken == warpRouter) return IERC20(capacityToken).totalSupply();
        uint256 held =
            capacityToken == address(0)
                ? warpRouter.balance
                : IERC20(capacityToken).balanceOf(warpRouter);
        return Math.saturatingSub(held, ILpCollateralRouter(warpRouter).totalAssets());
    }

    /// @inheritdoc Bucket
    function maxCapacity() public view override returns (uint256) {
        uint256 held = localCollateral();
        (uint256 basis_, ) = _period(held);
        return _fraction(Math.min(basis_, held));
    }

    /// @dev Enters the current period. Must be called for each flow.
    /// @param came The inflow. Collateral has arrived already, a synthetic supply is minted later.
    /// @param goes The outflow. Collateral is paid out later, a synthetic supply was burnt already.
    /// @return entered True if the period differs from that of the last flow.
    /// @return came_ The part of `came` that arrived since the last flow; all of it for a synthetic
    /// supply.
    function _enterPeriod(
        uint256 came,
        uint256 goes
    ) internal returns (bool entered, uint256 came_) {
        uint256 held = localCollateral();
        came_ = came;
        if (capacityToken == warpRouter) (came, goes) = (0, 0);
        else came_ = Math.min(came, Math.saturatingSub(held, seen));
        (uint256 basis_, uint256 began_) = _period(Math.saturatingSub(held, came));
        seen = Math.saturatingSub(held, goes);
        if (began_ == began && basis_ == basis) return (false, came_);

        basis = uint208(basis_); // `_period` has cut it
        began = uint48(began_);
        return (true, came_);
    }

    /// @dev The holdings when this period began, capped at 208 bits, and the time of that.
    /// @param held The current holdings.
    function _period(uint256 held) internal view returns (uint256 basis_, uint256 began_) {
        (basis_, began_) = (basis, began);
        uint256 passed = (block.timestamp - began_) / DURATION;
        if (passed != 0) (basis_, began_) = (Math.min(seen, held), began_ + passed * DURATION);
        if (_fraction(basis_) == 0) (basis_, began_) = (held, block.timestamp);
        basis_ = Math.min(basis_, type(uint208).max);
    }

    /// @dev Refills the bucket by `amount`, up to its capacity.
    function _credit(uint256 amount) internal {
        int256 capacity = int256(maxCapacity());
        int256 level = _level() + int256(Math.min(amount, MAX_CAPACITY));
        if (level > capacity) level = capacity;
        _setLevel(level);
        emit Credited(amount, _positive(level));
    }

    /// @dev The capacity for these holdings.
    function _fraction(uint256 held) internal view returns (uint256) {
        return Math.min(Math.mulDiv(held, thresholdBps, BPS_DENOMINATOR), MAX_CAPACITY);
    }

    /// @dev The local amount that the router pays out for a message amount.
    function _toLocal(uint256 messageAmount) internal view returns (uint256) {
        ITokenRouter router = ITokenRouter(warpRouter);
        return Math.mulDiv(messageAmount, router.scaleDenominator(), router.scaleNumerator());
    }

    /// @dev Tells whether the router answers a view without arguments with one word.
    function _answers(address router, bytes4 selector) private view returns (bool) {
        (bool success, bytes memory answer) = router.staticcall(abi.encodePacked(selector));
        return success && answer.length == 32;
    }
}
