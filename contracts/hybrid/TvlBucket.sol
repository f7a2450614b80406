// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ITokenRouter} from "../interfaces/ITokenRouter.sol";
import {Bucket} from "../libs/Bucket.sol";

/// @title TvlBucket
/// @notice A bucket whose size follows what a token router holds: a fraction of its collateral, or of
/// a synthetic token's supply. What leaves the router drains it, what comes back fills it.
/// @dev For routers whose holdings are `token()`'s balance or supply, at a fixed scale: `HypNative`,
/// `HypERC20Collateral`, `HypERC20`. Who gives the router tokens, to enlarge the bucket, gives more
/// than can be drawn through it.
abstract contract TvlBucket is Bucket, Ownable {
    /// @notice `amount` came back, which leaves `newLevel` in the bucket.
    event Credited(uint256 amount, uint256 newLevel);

    /// @notice A router must be a contract.
    error InvalidRouter();

    /// @notice The fraction is too large.
    error InvalidThresholdBps();

    /// @notice The size follows from `thresholdBps`; nobody sets it.
    error UseThresholdBps();

    /// @notice What `thresholdBps` are parts of.
    uint256 public constant BPS_DENOMINATOR = 10_000;

    /// @notice Always zero: nothing but the capacity counts. Here for clients of other buckets.
    uint256 public constant refillRate = 0;

    /// @notice The router whose holdings size the bucket.
    address public immutable warpRouter;

    /// @notice What the router holds: zero for the native token; the router itself for its supply.
    address public immutable capacityToken;

    /// @notice The fraction of the holdings that a full bucket has, in parts of 10,000.
    uint256 public immutable thresholdBps;

    /// @param router The token router.
    /// @param thresholdBps_ See `thresholdBps`.
    /// @param maxBps The most that it may be.
    /// @param duration Seconds in which an empty bucket becomes full.
    /// @dev Full at first, whatever the capacity will be when the router has something.
    constructor(address router, uint256 thresholdBps_, uint256 maxBps, uint256 duration)
        Bucket(duration, MAX_CAPACITY)
    {
        if (router.code.length == 0) revert InvalidRouter();
        if (thresholdBps_ > maxBps) revert InvalidThresholdBps();
        warpRouter = router;
        capacityToken = ITokenRouter(router).token();
        thresholdBps = thresholdBps_;
    }

    /// @notice Reverts `UseThresholdBps`. Only the owner.
    function setRefillRate(uint256) external onlyOwner returns (uint256) {
        revert UseThresholdBps();
    }

    /// @notice What the router holds now, in the token's smallest unit.
    function localCollateral() public view returns (uint256) {
        if (capacityToken == address(0)) return warpRouter.balance;
        if (capacityToken == warpRouter) return IERC20(capacityToken).totalSupply();
        return IERC20(capacityToken).balanceOf(warpRouter);
    }

    /// @inheritdoc Bucket
    function maxCapacity() public view override returns (uint256) {
        return Math.min(Math.mulDiv(localCollateral(), thresholdBps, BPS_DENOMINATOR), MAX_CAPACITY);
    }

    /// @dev Puts `amount` back, as far as the bucket holds it.
    function _credit(uint256 amount) internal {
        int256 capacity = int256(maxCapacity());
        int256 level = _level() + int256(Math.min(amount, MAX_CAPACITY));
        if (level > capacity) level = capacity;
        _setLevel(level);
        emit Credited(amount, _positive(level));
    }

    /// @dev What the router pays out for a message amount.
    function _toLocal(uint256 messageAmount) internal view returns (uint256) {
        ITokenRouter router = ITokenRouter(warpRouter);
        return Math.mulDiv(messageAmount, router.scaleDenominator(), router.scaleNumerator());
    }
}
