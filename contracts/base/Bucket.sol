// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title Bucket
/// @notice A rate limit as a bucket that flows drain, and that refills at a constant rate: level =
/// min(capacity, last level + seconds since × capacity / `DURATION`).
/// @dev A subclass may let more flow than the level: the level is then below zero, and the bucket
/// counts as empty.
abstract contract Bucket {
    /// @notice A flow left `filledLevel` in the bucket.
    event ConsumedFilledLevel(uint256 filledLevel, uint256 lastUpdated);

    /// @notice The duration is zero.
    error InvalidDuration();

    /// @notice The level of the bucket is below the amount.
    error RateLimitExceeded(uint256 amount, uint256 level);

    /// @dev The largest capacity.
    uint256 internal constant MAX_CAPACITY = uint208(type(int208).max);

    /// @notice Seconds in which an empty bucket becomes full.
    uint256 public immutable DURATION;

    /// @dev The level after the last flow and the time of that, Unix seconds. Fits one slot.
    int208 private level;
    uint48 private updated;

    /// @param duration In seconds.
    /// @param level_ The initial level, at most `MAX_CAPACITY`.
    constructor(uint256 duration, uint256 level_) {
        if (duration == 0) revert InvalidDuration();
        DURATION = duration;
        _setLevel(int256(level_));
    }

    /// @notice The level after the last flow.
    function filledLevel() external view returns (uint256) {
        return _positive(level);
    }

    /// @notice The time of the last flow, or of the deployment, Unix seconds.
    function lastUpdated() external view returns (uint256) {
        return updated;
    }

    /// @notice The level now.
    function calculateCurrentLevel() public view virtual returns (uint256) {
        return _positive(_level());
    }

    /// @notice The capacity.
    function maxCapacity() public view virtual returns (uint256);

    /// @dev Takes `amount` out. Reverts `RateLimitExceeded`.
    function _consume(uint256 amount) internal {
        uint256 available = calculateCurrentLevel();
        if (amount > available) revert RateLimitExceeded(amount, available);
        unchecked {
            available -= amount; // just compared
        }
        _setLevel(int256(available));
        emit ConsumedFilledLevel(available, block.timestamp);
    }

    /// @dev The level now; below zero if the bucket is overdrawn.
    function _level() internal view returns (int256) {
        // No overflow: capacities and levels have 208 bits, times have 48.
        int256 capacity = int256(maxCapacity());
        int256 refill = (int256(block.timestamp - updated) * capacity) / int256(DURATION);
        int256 now_ = level + refill;
        return now_ < capacity ? now_ : capacity;
    }

    /// @dev The level after the last flow; below zero if the bucket was overdrawn.
    function _lastLevel() internal view returns (int256) {
        return level;
    }

    /// @param level_ Of at most 208 bits.
    function _setLevel(int256 level_) internal {
        level = int208(level_);
        updated = uint48(block.timestamp);
    }

    function _positive(int256 value) internal pure returns (uint256) {
        return value > 0 ? uint256(value) : 0;
    }
}
