// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IMessageRecipient} from "../interfaces/IMessageRecipient.sol";
import {IRouter} from "../interfaces/IRouter.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";
import {MailboxClient} from "./MailboxClient.sol";

/// @title Router
/// @notice A client that accepts messages only from the routers that its owner enrolled.
abstract contract Router is MailboxClient, IRouter, IMessageRecipient {
    using EnumerableSet for EnumerableSet.UintSet;
    using TypeCasts for address;

    /// @dev Fits one slot, which a dispatch reads once.
    struct Remote {
        /// @dev The enrolled router; zero if there is none, or if it is not an EVM address.
        address router;
        /// @dev The gas limit of deliveries. Used by `GasRouter`.
        uint88 gas;
        /// @dev Whether transfers need no hook and no fees. Used by `TokenRouter`.
        bool plain;
    }

    mapping(uint32 domain => Remote) internal remotes;

    /// @dev The enrolled routers that are not EVM addresses.
    mapping(uint32 domain => bytes32) private wideRouters;

    EnumerableSet.UintSet private enrolled;

    /// @inheritdoc IRouter
    function enrollRemoteRouter(uint32 domain, bytes32 router) external onlyOwner {
        _enroll(domain, router);
    }

    /// @inheritdoc IRouter
    function enrollRemoteRouters(
        uint32[] calldata domains_,
        bytes32[] calldata routers_
    ) external onlyOwner {
        if (domains_.length != routers_.length) {
            revert LengthMismatch(domains_.length, routers_.length);
        }
        for (uint256 i; i < domains_.length; ++i) {
            _enroll(domains_[i], routers_[i]);
        }
    }

    /// @inheritdoc IRouter
    function unenrollRemoteRouter(uint32 domain) external onlyOwner {
        _unenroll(domain);
    }

    /// @inheritdoc IRouter
    function unenrollRemoteRouters(uint32[] calldata domains_) external onlyOwner {
        for (uint256 i; i < domains_.length; ++i) {
            _unenroll(domains_[i]);
        }
    }

    /// @inheritdoc IMessageRecipient
    function handle(
        uint32 origin,
        bytes32 sender,
        bytes calldata body
    ) external payable virtual onlyMailbox {
        bytes32 router = _requireRouter(origin);
        if (sender != router) revert SenderNotRouter(origin, sender, router);
        _handle(origin, body);
    }

    /// @inheritdoc IRouter
    function domains() public view returns (uint32[] memory list) {
        uint256[] memory values = enrolled.values();
        assembly ("memory-safe") {
            list := values // Both take a word per element, and every element came from a uint32.
        }
    }

    /// @inheritdoc IRouter
    function routers(uint32 domain) public view returns (bytes32 router) {
        router = remotes[domain].router.addressToBytes32();
        if (router == 0) router = wideRouters[domain];
    }

    /// @dev Handles a message from the enrolled router of `origin`.
    function _handle(uint32 origin, bytes calldata body) internal virtual;

    /// @dev Enrolls a router. A subclass that stores more for a domain overrides this.
    function _enroll(uint32 domain, bytes32 router) internal virtual {
        if (router == 0) revert RouterIsZero(domain);

        bool wide = uint256(router) >> 160 != 0;
        remotes[domain].router = wide ? address(0) : address(uint160(uint256(router)));
        wideRouters[domain] = wide ? router : bytes32(0);
        enrolled.add(domain);
    }

    /// @dev Unenrolls a router. A subclass that stores more for a domain overrides this.
    function _unenroll(uint32 domain) internal virtual {
        if (!enrolled.remove(domain)) revert RouterNotEnrolled(domain);

        remotes[domain].router = address(0);
        delete wideRouters[domain];
    }

    /// @dev Reverts `RouterNotEnrolled` unless a router of the domain is trusted.
    function _requireDomain(uint32 domain) internal view virtual {
        _requireRouter(domain);
    }

    /// @dev The router of a domain; reverts `RouterNotEnrolled` if there is none.
    function _requireRouter(uint32 domain) internal view returns (bytes32 router) {
        router = routers(domain);
        if (router == 0) revert RouterNotEnrolled(domain);
    }

    /// @dev As above, with gas limit and `plain` of the domain.
    function _requireRemote(
        uint32 domain
    ) internal view returns (bytes32 router, uint256 gas, bool plain) {
        Remote storage remote = remotes[domain];
        (router, gas, plain) = (remote.router.addressToBytes32(), remote.gas, remote.plain);
        if (router == 0) {
            router = wideRouters[domain];
            if (router == 0) revert RouterNotEnrolled(domain);
        }
    }
}
