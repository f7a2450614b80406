// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title BareHook
/// @notice The cheapest hook there can be: answers every call with a zero word. For measurements.
contract BareHook {
    fallback() external payable {
        assembly ("memory-safe") {
            return(0x60, 32) // the zero slot
        }
    }
}
