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
/// @notice A bucket whose size is a fraction of what belongs to a token router: of its collateral
/// less what people have lent it, or of a synthetic token's supply. What leaves the router drains
/// it, what comes back fills it.
///
/// Time is cut into periods of `DURATION`. Through a period counts what belonged to the router when
/// it began, or what does now if that is less: whatever is given or lent meanwhile makes the bucket
/// no larger. What was given since the last flow counts a period later still, since nobody has told
/// when it came. A period in which nothing can leave, as that of a new route, ends when there is
/// something.
/// @dev For `HypNative`, `HypERC20Collateral`, `CrossCollateralRouter`, `HypERC20` and
/// `HypERC4626`, whose supply is counted in shares as messages do. Routers that hold no tokens of
/// their own are refused: a fraction of nothing lets nothing pass.
abstract contract TvlBucket is Bucket, Ownable {
    /// @notice `amount` came back, which leaves `newLevel` in the bucket.
    event Credited(uint256 amount, uint256 newLevel);

    /// @notice A router must be a contract that is its own token, or that tells what it was lent.
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

    /// @dev Whether the supply is in shares.
    bool private immutable inShares;

    /// @dev One slot: what belonged to the router when the period began, and at which second it
    /// did.
    uint208 private basis;
    uint48 internal began;

    /// @dev What belonged to the router behind the last flow.
    uint256 private seen;

    /// @param router The token router.
    /// @param thresholdBps_ See `thresholdBps`.
    /// @param maxBps The most that it may be.
    /// @param duration Seconds in which an empty bucket becomes full.
    /// @dev Full at first, whatever the capacity will be when the router has something.
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

    /// @notice What belonged to the router when this period began, and at which second that was.
    function currentPeriod() external view returns (uint256 basis_, uint256 began_) {
        return _period(localCollateral());
    }

    /// @notice What belongs to the router now, in the smallest unit that its messages move.
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

    /// @dev Goes on to the period that it is by now. For each flow.
    /// @param came What the flow has brought: collateral is there already, a supply is minted
    /// later.
    /// @param goes What it takes away: collateral is paid out later, a supply was burnt already.
    /// @return entered Whether it is another period than at the last flow.
    /// @return came_ How much of `came` was not there yet at the last flow; of a supply, all.
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

    /// @dev What belonged to the router when this period began, cut to 208 bits, and when that was.
    /// @param held What belongs to it now.
    function _period(uint256 held) internal view returns (uint256 basis_, uint256 began_) {
        (basis_, began_) = (basis, began);
        uint256 passed = (block.timestamp - began_) / DURATION;
        if (passed != 0) (basis_, began_) = (Math.min(seen, held), began_ + passed * DURATION);
        if (_fraction(basis_) == 0) (basis_, began_) = (held, block.timestamp);
        basis_ = Math.min(basis_, type(uint208).max);
    }

    /// @dev Puts `amount` back, as far as the bucket holds it.
    function _credit(uint256 amount) internal {
        int256 capacity = int256(maxCapacity());
        int256 level = _level() + int256(Math.min(amount, MAX_CAPACITY));
        if (level > capacity) level = capacity;
        _setLevel(level);
        emit Credited(amount, _positive(level));
    }

    /// @dev How much of what belongs to the router a full bucket has.
    function _fraction(uint256 held) internal view returns (uint256) {
        return Math.min(Math.mulDiv(held, thresholdBps, BPS_DENOMINATOR), MAX_CAPACITY);
    }

    /// @dev What the router pays out for a message amount.
    function _toLocal(uint256 messageAmount) internal view returns (uint256) {
        ITokenRouter router = ITokenRouter(warpRouter);
        return Math.mulDiv(messageAmount, router.scaleDenominator(), router.scaleNumerator());
    }

    /// @dev Whether a view without arguments answers one word.
    function _answers(address router, bytes4 selector) private view returns (bool) {
        (bool success, bytes memory answer) = router.staticcall(abi.encodePacked(selector));
        return success && answer.length == 32;
    }
}
