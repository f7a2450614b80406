// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title Bucket
/// @notice Something that flows drain and that fills again steadily:
/// level = min(capacity, level then + seconds since × capacity / `DURATION`).
/// @dev A subclass that lets more flow than there is goes below zero, and counts as empty
/// meanwhile.
abstract contract Bucket {
    /// @notice A flow left `filledLevel` in the bucket.
    event ConsumedFilledLevel(uint256 filledLevel, uint256 lastUpdated);

    /// @notice The bucket cannot fill in no time.
    error InvalidDuration();

    /// @notice There is less in the bucket than was to flow.
    error RateLimitExceeded(uint256 amount, uint256 level);

    /// @dev The most that a bucket can hold.
    uint256 internal constant MAX_CAPACITY = uint208(type(int208).max);

    /// @notice Seconds in which an empty bucket becomes full.
    uint256 public immutable DURATION;

    /// @dev One slot: what was in the bucket, and at which second.
    int208 private level;
    uint48 private updated;

    /// @param duration In seconds.
    /// @param level_ What is in the bucket at first, at most `MAX_CAPACITY`.
    constructor(uint256 duration, uint256 level_) {
        if (duration == 0) revert InvalidDuration();
        DURATION = duration;
        _setLevel(int256(level_));
    }

    /// @notice What was in the bucket after the last flow.
    function filledLevel() external view returns (uint256) {
        return _positive(level);
    }

    /// @notice The second of the last flow, or of the creation.
    function lastUpdated() external view returns (uint256) {
        return updated;
    }

    /// @notice What is in the bucket now.
    function calculateCurrentLevel() public view virtual returns (uint256) {
        return _positive(_level());
    }

    /// @notice What a full bucket holds.
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

    /// @dev What is in the bucket now; below zero if too much has flowed.
    function _level() internal view returns (int256) {
        // No overflow: capacities and levels have 208 bits, times 48.
        int256 capacity = int256(maxCapacity());
        int256 refill = (int256(block.timestamp - updated) * capacity) / int256(DURATION);
        int256 now_ = level + refill;
        return now_ < capacity ? now_ : capacity;
    }

    /// @dev As `_level`, after the last flow.
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
