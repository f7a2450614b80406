// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title CannedAnswer
/// @notice Answers every call alike: with some bytes, padded with zeros to a size, or
/// reverts with them. Stands in for whatever a test needs to answer badly.
contract CannedAnswer {
    bytes private answer;
    uint256 private immutable size;
    bool private immutable reverting;

    constructor(bytes memory answer_, uint256 size_, bool reverting_) {
        answer = answer_;
        size = size_;
        reverting = reverting_;
    }

    fallback() external payable {
        bytes memory data = answer;
        uint256 length = data.length > size ? data.length : size;
        bool fails = reverting;
        assembly ("memory-safe") {
            if fails {
                revert(add(data, 32), length)
            }
            return(add(data, 32), length)
        }
    }
}
