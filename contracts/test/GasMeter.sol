// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title GasMeter
/// @notice Writes down how much gas each call gets, as a recipient or as a module.
contract GasMeter {
    uint256[] private readings;

    fallback() external payable {
        readings.push(gasleft());
    }

    function read() external view returns (uint256[] memory) {
        return readings;
    }

    /// @dev So that the Mailbox's question about the module is no reading.
    function interchainSecurityModule() external pure returns (address) {
        return address(0);
    }
}
