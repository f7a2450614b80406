// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title ReenteringAccount
/// @notice Answers every wei it is sent with a call, which may carry wei and may fail.
contract ReenteringAccount {
    /// @notice The call was made.
    event Reentered(bool success);

    address private target;
    uint256 private value;
    bytes private data;

    /// @notice Sets the call to make.
    function prepare(address target_, uint256 value_, bytes calldata data_) external payable {
        target = target_;
        value = value_;
        data = data_;
    }

    receive() external payable {
        address callee = target;
        target = address(0); // once
        if (callee == address(0)) return;
        (bool success, ) = callee.call{value: value}(data);
        emit Reentered(success);
    }
}
