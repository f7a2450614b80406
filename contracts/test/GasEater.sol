// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title GasEater
/// @notice Spends all gas, whatever it is called for.
contract GasEater {
    fallback() external payable {
        assembly ("memory-safe") {
            invalid()
        }
    }
}
