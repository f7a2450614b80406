// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title RateLimited
/// @notice A bucket that messages drain by their amounts, each message once, and that fills again
/// steadily: level = min(capacity, level then + seconds since × capacity / `DURATION`).
abstract contract RateLimited is Ownable {
    /// @notice The bucket fills by `newRefillRate` a second from now on.
    event RateLimitSet(uint256 oldRefillRate, uint256 newRefillRate);

    /// @notice A message left `filledLevel` in the bucket.
    event ConsumedFilledLevel(uint256 filledLevel, uint256 lastUpdated);

    /// @notice The bucket cannot fill in no time.
    error InvalidDuration();

    /// @notice A capacity is zero, or at least the seconds of `DURATION` and at most 2^208 - 1.
    error InvalidCapacity(uint256 capacity, uint256 duration);

    /// @notice There is less in the bucket than the message moves.
    error RateLimitExceeded(uint256 amount, uint256 level);

    /// @notice The message was counted before.
    error MessageAlreadyValidated(bytes32 messageId);

    /// @notice Seconds in which an empty bucket becomes full.
    uint256 public immutable DURATION;

    /// @notice What comes into the bucket each second.
    uint256 public refillRate;

    /// @dev One slot: what was in the bucket, and at which second.
    uint208 private filled;
    uint48 private updated;

    /// @notice Whether a message was counted.
    mapping(bytes32 messageId => bool) public messageValidated;

    /// @param capacity What a full bucket holds; zero lets nothing pass. Rounded down to a multiple of
    /// `duration`.
    /// @param duration In seconds.
    constructor(uint256 capacity, uint256 duration) {
        if (duration == 0) revert InvalidDuration();
        DURATION = duration;
        _setRefillRate(capacity, duration);
        filled = uint208(capacity);
        updated = uint48(block.timestamp);
    }

    /// @notice Changes what a full bucket holds. Only the owner; reverts `InvalidCapacity`.
    /// @dev The new rate counts for the time since the last message too.
    /// @return The new refill rate.
    function setRefillRate(uint256 capacity) external onlyOwner returns (uint256) {
        return _setRefillRate(capacity, DURATION);
    }

    /// @notice What was in the bucket after the last message.
    function filledLevel() external view returns (uint256) {
        return filled;
    }

    /// @notice The second of the last message, or of the creation.
    function lastUpdated() external view returns (uint256) {
        return updated;
    }

    /// @notice What is in the bucket now.
    function calculateCurrentLevel() public view returns (uint256) {
        uint256 capacity = maxCapacity();
        // No overflow: a capacity has 208 bits, a time 48.
        uint256 level = filled + (block.timestamp - updated) * capacity / DURATION;
        return level < capacity ? level : capacity;
    }

    /// @notice What a full bucket holds.
    function maxCapacity() public view virtual returns (uint256) {
        return refillRate * DURATION;
    }

    /// @dev Takes `amount` out of the bucket, once per message. Reverts `MessageAlreadyValidated`,
    /// `RateLimitExceeded`.
    function _consumeOnce(bytes32 messageId, uint256 amount) internal {
        if (messageValidated[messageId]) revert MessageAlreadyValidated(messageId);
        uint256 level = calculateCurrentLevel();
        if (amount > level) revert RateLimitExceeded(amount, level);

        messageValidated[messageId] = true;
        unchecked {
            level -= amount; // just compared
        }
        filled = uint208(level);
        updated = uint48(block.timestamp);

        emit ConsumedFilledLevel(level, block.timestamp);
    }

    function _setRefillRate(uint256 capacity, uint256 duration) private returns (uint256 newRate) {
        if ((capacity != 0 && capacity < duration) || capacity > type(uint208).max) {
            revert InvalidCapacity(capacity, duration);
        }
        uint256 oldRate = refillRate;
        newRate = capacity / duration;

        refillRate = newRate;

        emit RateLimitSet(oldRate, newRate);
    }
}
