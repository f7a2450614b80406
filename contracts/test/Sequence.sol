// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title Sequence
/// @notice Makes several calls in one transaction, and returns which succeeded.
contract Sequence {
    function run(
        address[] calldata targets,
        bytes[] calldata data
    ) external returns (bool[] memory successes, bytes[] memory answers) {
        successes = new bool[](targets.length);
        answers = new bytes[](targets.length);
        for (uint256 i; i < targets.length; ++i) {
            (successes[i], answers[i]) = targets[i].call(data[i]);
        }
    }
}
