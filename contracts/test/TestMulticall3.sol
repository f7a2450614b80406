// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title TestMulticall3
/// @notice The one function of Multicall3 that relayers use, with the interface of the original.
contract TestMulticall3 {
    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Result {
        bool success;
        bytes returnData;
    }

    /// @notice Makes the calls in order; reverts when one fails that may not.
    function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory results) {
        results = new Result[](calls.length);
        for (uint256 i; i < calls.length; ++i) {
            (bool success, bytes memory data) = calls[i].target.call(calls[i].callData);
            require(success || calls[i].allowFailure);
            results[i] = Result(success, data);
        }
    }
}
