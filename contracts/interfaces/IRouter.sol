// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IRouter
/// @notice A client that exchanges messages with one contract of its kind per domain, the router
/// that its owner enrolled for the domain.
interface IRouter {
    /// @notice No router is enrolled for the domain.
    error RouterNotEnrolled(uint32 domain);

    /// @notice The message's sender is not the router enrolled for its origin.
    error SenderNotRouter(uint32 origin, bytes32 sender, bytes32 router);

    /// @notice A router cannot be zero: what is sent there would be lost.
    error RouterIsZero(uint32 domain);

    /// @notice There must be as many routers as domains.
    error LengthMismatch(uint256 domains, uint256 routers);

    /// @notice The domains with a router, in no particular order.
    function domains() external view returns (uint32[] memory);

    /// @notice The router of a domain as a 32-byte address; zero if there is none.
    function routers(uint32 domain) external view returns (bytes32);

    /// @notice Sets or replaces the router of a domain. Only the owner; reverts `RouterIsZero`.
    function enrollRemoteRouter(uint32 domain, bytes32 router) external;

    /// @notice Sets or replaces the routers of several domains. Only the owner; reverts
    /// `RouterIsZero`, `LengthMismatch`.
    function enrollRemoteRouters(uint32[] calldata domains, bytes32[] calldata routers) external;

    /// @notice Forgets the router of a domain. Only the owner; reverts `RouterNotEnrolled`.
    function unenrollRemoteRouter(uint32 domain) external;

    /// @notice Forgets the routers of several domains. Only the owner; reverts `RouterNotEnrolled`.
    function unenrollRemoteRouters(uint32[] calldata domains) external;
}
