// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {Bucket} from "./Bucket.sol";

/// @title RateLimited
/// @notice A bucket whose owner sets its capacity. Each message drains its amount, once.
abstract contract RateLimited is Bucket, Ownable {
    /// @notice The refill rate changed, in units per second.
    event RateLimitSet(uint256 oldRefillRate, uint256 newRefillRate);

    /// @notice The capacity is neither zero nor between `DURATION` and 2^207 - 1.
    error InvalidCapacity(uint256 capacity, uint256 duration);

    /// @notice The message was counted before.
    error MessageAlreadyValidated(bytes32 messageId);

    /// @notice The refill rate, in units per second.
    uint256 public refillRate;

    /// @notice True for messages whose amount this limit has already counted.
    mapping(bytes32 messageId => bool) public messageValidated;

    /// @param capacity The capacity; zero to let nothing pass. Rounded down to a multiple of
    /// `duration`.
    /// @param duration In seconds.
    constructor(uint256 capacity, uint256 duration) Bucket(duration, capacity) {
        _setRefillRate(capacity, duration);
    }

    /// @notice Changes the capacity. Only the owner; reverts `InvalidCapacity`.
    /// @dev The new rate also applies to the time since the last message.
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
