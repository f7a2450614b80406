// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IRememberingIsm} from "../interfaces/isms/IRememberingIsm.sol";

/// @title RememberCall
/// @notice Gives a module a proof to remember.
///
/// The call of `remember(bytes metadata, uint32 origin, bytes32 messageId)` in memory:
///
/// | offset | size | content                            |
/// |--------|------|------------------------------------|
/// | 0      | 4    | selector                           |
/// | 4      | 32   | 0x60, where the metadata starts    |
/// | 36     | 32   | domain that the message comes from |
/// | 68     | 32   | message id                         |
/// | 100    | 32   | metadata length                    |
/// | 132    | rest | metadata, padded to 32             |
library RememberCall {
    /// @notice Calls `module.remember(metadata, domain, messageId)` with at most `gasLimit` gas,
    /// and ignores failure.
    /// @dev Copies nothing that comes back: a hostile module cannot make its caller pay for that.
    /// Uses memory after the free pointer and leaves the pointer, so that a loop does not grow it.
    function remember(
        address module,
        bytes calldata metadata,
        uint32 domain,
        bytes32 messageId,
        uint256 gasLimit
    ) internal {
        bytes4 selector = IRememberingIsm.remember.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            mstore(add(free, 4), 0x60)
            mstore(add(free, 36), domain)
            mstore(add(free, 68), messageId)
            mstore(add(free, 100), metadata.length)
            calldatacopy(add(free, 132), metadata.offset, metadata.length)
            mstore(add(free, add(132, metadata.length)), 0)
            let size := add(132, and(add(metadata.length, 31), not(31)))
            pop(call(gasLimit, module, 0, free, size, 0, 0))
        }
    }
}
