// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IGasOracle
/// @notice Provides the price of gas on other chains. Source:
/// docs/protocol/metadata.md, "Gas fees".
interface IGasOracle {
    /// @notice The price of gas on one chain.
    struct RemoteGasData {
        /// @dev Smallest units of the local fee token for one smallest unit of the remote chain's
        /// gas token, times 1e10.
        uint128 tokenExchangeRate;
        /// @dev Price of a unit of gas in the remote chain's smallest units.
        uint128 gasPrice;
    }

    /// @notice The gas data of a domain; zeros if it was never set.
    function getExchangeRateAndGasPrice(
        uint32 destination
    ) external view returns (uint128 tokenExchangeRate, uint128 gasPrice);
}
