// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title ReenteringContract
/// @notice A hook, module, recipient, beneficiary or whatever it is taken for, that answers the
/// first call of one function with calls of its own. To every call it answers the same word.
contract ReenteringContract {
    /// @notice One of its own calls was made.
    event Reentered(bool success, bytes answer);

    struct Call {
        address target;
        uint256 value;
        bytes data;
    }

    bytes4 private trigger;
    bytes32 private word;
    Call[] private calls;

    receive() external payable {
        _reenter();
    }

    fallback() external payable {
        if (msg.sig == trigger) _reenter();
        bytes32 answer = word;
        assembly ("memory-safe") {
            mstore(0, answer)
            return(0, 32)
        }
    }

    /// @notice Sets the calls to make, the function that triggers them, and the answer to
    /// everything.
    function prepare(bytes4 trigger_, bytes32 word_, Call[] calldata calls_) external payable {
        trigger = trigger_;
        word = word_;
        delete calls;
        for (uint256 i; i < calls_.length; ++i) {
            calls.push(calls_[i]);
        }
    }

    function _reenter() private {
        Call[] memory made = calls;
        delete calls; // once
        for (uint256 i; i < made.length; ++i) {
            (bool success, bytes memory answer) = made[i].target.call{value: made[i].value}(
                made[i].data
            );
            emit Reentered(success, answer);
        }
    }
}
