// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IGasRouter
/// @notice A router that knows how much gas a delivery takes on each domain.
interface IGasRouter {
    /// @notice A delivery on `domain` takes `gas`.
    struct GasRouterConfig {
        uint32 domain;
        uint256 gas;
    }

    /// @notice Deliveries on the domain are paid with this gas limit from now on.
    event GasSet(uint32 domain, uint256 gas);

    /// @notice A gas limit does not fit 88 bits.
    error GasTooLarge(uint32 domain, uint256 gas);

    /// @notice Nothing is paid for deliveries on the router's own domain.
    error LocalDomain(uint32 domain);

    /// @notice The gas limit of a delivery on the domain; zero if it was never set. Outlives the
    /// router's enrolment.
    function destinationGas(uint32 domain) external view returns (uint256 gasLimit);

    /// @notice Changes a gas limit. Only the owner; reverts `RouterNotEnrolled`, `GasTooLarge`,
    /// `LocalDomain`.
    function setDestinationGas(uint32 domain, uint256 gas) external;

    /// @notice Changes several gas limits, like `setDestinationGas(uint32,uint256)`.
    function setDestinationGas(GasRouterConfig[] calldata configs) external;

    /// @notice The value in wei that a message with an empty body to the domain's router needs.
    /// Reverts `RouterNotEnrolled`.
    function quoteGasPayment(uint32 domain) external view returns (uint256);
}
