// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IMessageRecipient} from "../interfaces/IMessageRecipient.sol";

/// @title HandleCall
/// @notice Hands a message to its recipient.
///
/// The call of `handle(uint32 domain, bytes32 sender, bytes body)` in memory:
///
/// | offset | size | content                    |
/// |--------|------|----------------------------|
/// | 0      | 4    | selector                   |
/// | 4      | 32   | domain that it comes from  |
/// | 36     | 32   | sender                     |
/// | 68     | 32   | 0x60, where the body starts |
/// | 100    | 32   | body length                |
/// | 132    | rest | body, padded to 32         |
library HandleCall {
    /// @notice `recipient.handle{value: msg.value}(domain, sender, body)`.
    /// @dev Passes a revert on as it is. Does not check that `recipient` has code.
    function handle(
        address recipient,
        uint32 domain,
        bytes32 sender,
        bytes calldata body
    ) internal {
        bytes4 selector = IMessageRecipient.handle.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            mstore(add(free, 4), domain)
            mstore(add(free, 36), sender)
            mstore(add(free, 68), 0x60)
            mstore(add(free, 100), body.length)
            calldatacopy(add(free, 132), body.offset, body.length)
            mstore(add(free, add(132, body.length)), 0)
            let size := add(132, and(add(body.length, 31), not(31)))
            if iszero(call(gas(), recipient, callvalue(), free, size, 0, 0)) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
        }
    }
}
