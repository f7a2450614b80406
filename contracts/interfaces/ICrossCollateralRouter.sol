// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {ICrossCollateralFee} from "./ICrossCollateralFee.sol";

/// @title ICrossCollateralRouter
/// @notice A warp route's end that knows several routers per domain, its own among them, each with
/// another token of the same worth: what goes in as one token comes out as another. Source:
/// docs/warp-routes.md, "Several tokens of the same worth".
///
/// The routers that `IRouter` enrols are trusted as well, and are where `transferRemote` goes. A
/// transfer to a router of the same domain takes no message: the two routers settle it at once, and
/// it costs nothing but its fee.
interface ICrossCollateralRouter is ICrossCollateralFee {
    /// @notice Transfers to and from this router are taken from now on.
    event CrossCollateralRouterEnrolled(uint32 indexed domain, bytes32 indexed router);

    /// @notice Transfers to and from this router are refused from now on.
    event CrossCollateralRouterUnenrolled(uint32 indexed domain, bytes32 indexed router);

    /// @notice A bridge may be used to a domain from now on.
    event CCRBridgeAdded(uint32 indexed domain, address indexed bridge);

    /// @notice `rebalance` sends collateral for this domain to `recipient` from now on.
    event CCRRecipientSet(uint32 indexed domain, bytes32 recipient);

    /// @notice Collateral may be moved to this account from now on.
    event RebalanceTargetAdded(uint32 indexed domain, bytes32 indexed target);

    /// @notice Collateral may not be moved to this account any more.
    event RebalanceTargetRemoved(uint32 indexed domain, bytes32 indexed target);

    /// @notice The router is none of those enrolled for the domain.
    error RouterNotTrusted(uint32 domain, bytes32 router);

    /// @notice A router of this domain must be a contract.
    error RouterNotContract(bytes32 router);

    /// @notice Collateral cannot be moved to the zero address.
    error TargetIsZero(uint32 domain);

    /// @notice Sends `amount` of the sender's tokens to `recipient` on `destination`, where
    /// `targetRouter` pays them out. Reverts `RouterNotTrusted`; to a router of this domain, no
    /// ether may come with the call.
    /// @return messageId Zero if the transfer took no message.
    function transferRemoteTo(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        bytes32 targetRouter
    ) external payable returns (bytes32 messageId);

    /// @notice Trusts further routers. Only the owner; reverts `LengthMismatch`, `RouterIsZero`,
    /// `RouterNotContract`.
    function enrollCrossCollateralRouters(
        uint32[] calldata domains,
        bytes32[] calldata routers
    ) external;

    /// @notice Trusts routers no longer; those that never were are passed over. Only the owner;
    /// reverts `LengthMismatch`.
    function unenrollCrossCollateralRouters(
        uint32[] calldata domains,
        bytes32[] calldata routers
    ) external;

    /// @notice Allows collateral to be moved to an account of a domain, in addition to the
    /// recipient of `rebalance`. Only the owner; reverts `RouterNotEnrolled`, `TargetIsZero`.
    function addRebalanceTarget(uint32 domain, bytes32 target) external;

    /// @notice Removes a target that `addRebalanceTarget` added. Only the owner.
    function removeRebalanceTarget(uint32 domain, bytes32 target) external;

    /// @notice True if `enrollCrossCollateralRouters` enrolled the router; the router that
    /// `IRouter` enrols for the domain does not count.
    function crossCollateralRouters(uint32 domain, bytes32 router) external view returns (bool);

    /// @notice The routers enrolled here for a domain, in no particular order.
    function getCrossCollateralRouters(uint32 domain) external view returns (bytes32[] memory);

    /// @notice The domains with routers enrolled here, in no particular order.
    function getCrossCollateralDomains() external view returns (uint32[] memory);

    /// @notice The accounts that were added as targets, in no particular order.
    function rebalanceTargets(uint32 domain) external view returns (bytes32[] memory);

    /// @notice True if collateral may be moved to this account: it was added as a target, or it is
    /// the recipient of `rebalance`.
    function isRebalanceTarget(uint32 domain, bytes32 target) external view returns (bool);
}
