// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {Bucket} from "./Bucket.sol";

/// @title RateLimited
/// @notice A bucket of a size that its owner sets, drained by messages by their amounts, each
/// message once.
abstract contract RateLimited is Bucket, Ownable {
    /// @notice The bucket fills by `newRefillRate` a second from now on.
    event RateLimitSet(uint256 oldRefillRate, uint256 newRefillRate);

    /// @notice A capacity is zero, or at least the seconds of `DURATION` and at most 2^207 - 1.
    error InvalidCapacity(uint256 capacity, uint256 duration);

    /// @notice The message was counted before.
    error MessageAlreadyValidated(bytes32 messageId);

    /// @notice What comes into the bucket each second.
    uint256 public refillRate;

    /// @notice Whether a message was counted.
    mapping(bytes32 messageId => bool) public messageValidated;

    /// @param capacity What a full bucket holds; zero lets nothing pass. Rounded down to a multiple
    /// of `duration`.
    /// @param duration In seconds.
    constructor(uint256 capacity, uint256 duration) Bucket(duration, capacity) {
        _setRefillRate(capacity, duration);
    }

    /// @notice Changes what a full bucket holds. Only the owner; reverts `InvalidCapacity`.
    /// @dev The new rate counts for the time since the last message too.
    /// @return The new refill rate.
    function setRefillRate(uint256 capacity) external onlyOwner returns (uint256) {
        return _setRefillRate(capacity, DURATION);
    }

    /// @inheritdoc Bucket
    function maxCapacity() public view override returns (uint256) {
        return refillRate * DURATION;
    }

    /// @dev Takes `amount` out of the bucket, once per message. Reverts `MessageAlreadyValidated`,
    /// `RateLimitExceeded`.
    function _consumeOnce(bytes32 messageId, uint256 amount) internal {
        if (messageValidated[messageId]) revert MessageAlreadyValidated(messageId);
        messageValidated[messageId] = true;
        _consume(amount);
    }

    function _setRefillRate(uint256 capacity, uint256 duration) private returns (uint256 newRate) {
        if ((capacity != 0 && capacity < duration) || capacity > MAX_CAPACITY) {
            revert InvalidCapacity(capacity, duration);
        }
        uint256 oldRate = refillRate;
        newRate = capacity / duration;

        refillRate = newRate;

        emit RateLimitSet(oldRate, newRate);
    }
}
