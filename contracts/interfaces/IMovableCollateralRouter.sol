// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {ITokenBridge} from "./ITokenBridge.sol";

/// @title IMovableCollateralRouter
/// @notice A warp route's end whose collateral may be moved to where it is needed: by accounts that
/// its owner trusts, over bridges that its owner trusts, to recipients that its owner sets. Source:
/// docs/warp-routes.md, "The file".
interface IMovableCollateralRouter {
    /// @notice Collateral was sent over a bridge.
    event CollateralMoved(
        uint32 indexed domain,
        bytes32 recipient,
        uint256 amount,
        address indexed rebalancer
    );

    /// @notice Only a rebalancer may move collateral.
    error NotRebalancer(address caller);

    /// @notice The bridge is not allowed for the domain.
    error BridgeNotAllowed(uint32 domain, address bridge);

    /// @notice The bridge asks for more wei than the router has.
    error NativeFeeExceedsBalance(uint256 fee, uint256 balance);

    /// @notice Accounts that may move collateral.
    function allowedRebalancers() external view returns (address[] memory);

    /// @notice Tells whether an account may move collateral.
    function isAllowedRebalancer(address rebalancer) external view returns (bool);

    /// @notice The bridges that may be used to a domain.
    function allowedBridges(uint32 domain) external view returns (address[] memory);

    /// @notice Recipient of collateral that is moved to a domain; zero for the router enrolled
    /// there.
    function allowedRecipient(uint32 domain) external view returns (bytes32);

    /// @notice Lets an account move collateral. Only the owner.
    function addRebalancer(address rebalancer) external;

    /// @notice Takes that right away. Only the owner.
    function removeRebalancer(address rebalancer) external;

    /// @notice Allows a bridge to a domain. Only the owner; reverts `RouterNotEnrolled`.
    function addBridge(uint32 domain, ITokenBridge bridge) external;

    /// @notice Forbids a bridge to a domain, and any spending by it. Only the owner.
    function removeBridge(uint32 domain, ITokenBridge bridge) external;

    /// @notice Chooses who gets what is moved to a domain. Only the owner; reverts
    /// `RouterNotEnrolled`.
    function setRecipient(uint32 domain, bytes32 recipient) external;

    /// @notice Goes back to the enrolled router. Only the owner.
    function removeRecipient(uint32 domain) external;

    /// @notice Forbids a bridge to spend the router's `token`: bridges are approved for the time of
    /// a `rebalance` only. Only the owner.
    function approveTokenForBridge(address token, ITokenBridge bridge) external;

    /// @notice Moves `amount` of the collateral to `domain` over `bridge`.
    /// @dev What the bridge charges in the route's token beyond `amount` is paid by the rebalancer:
    /// by allowance, or, in a native route, with the call. What the bridge charges in the native
    /// token is paid from the router's balance, to which the call's value belongs; value
    /// that pays for none of this goes back to the rebalancer. Unenrolling a domain forgets its
    /// bridges and recipient. Only a rebalancer; reverts `NotRebalancer`, `BridgeNotAllowed`,
    /// `RouterNotEnrolled`, `NativeFeeExceedsBalance`, `ETHTransferFailed`.
    function rebalance(uint32 domain, uint256 amount, ITokenBridge bridge) external payable;
}
