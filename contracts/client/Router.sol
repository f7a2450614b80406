// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

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
    struct EnrolledRouter {
        /// @dev The enrolled router; zero if there is none, or if it is not an EVM address.
        address router;
        /// @dev The gas limit of deliveries. Used by `GasRouter`.
        uint88 gas;
        /// @dev True if a dispatch finds all that it needs in this slot: there is no hook, and
        /// whatever else a subclass has for dispatches. Used by `TokenRouter` and
        /// `AbstractInterchainAccountRouter`.
        bool plain;
    }

    mapping(uint32 domain => EnrolledRouter) internal _enrolledRouters;

    /// @dev The enrolled routers that are not EVM addresses.
    mapping(uint32 domain => bytes32) private wideRouters;

    EnumerableSet.UintSet private enrolled;

    constructor(address mailbox_) MailboxClient(mailbox_) {}

    /// @inheritdoc IRouter
    function enrollRemoteRouter(uint32 domain, bytes32 router) external virtual onlyOwner {
        _enrollRemoteRouter(domain, router);
    }

    /// @inheritdoc IRouter
    function enrollRemoteRouters(
        uint32[] calldata domains_,
        bytes32[] calldata routers_
    ) external virtual onlyOwner {
        if (domains_.length != routers_.length) {
            revert LengthMismatch(domains_.length, routers_.length);
        }
        for (uint256 i; i < domains_.length; ++i) {
            _enrollRemoteRouter(domains_[i], routers_[i]);
        }
    }

    /// @inheritdoc IRouter
    function unenrollRemoteRouter(uint32 domain) external virtual onlyOwner {
        _unenrollRemoteRouter(domain);
    }

    /// @inheritdoc IRouter
    function unenrollRemoteRouters(uint32[] calldata domains_) external virtual onlyOwner {
        for (uint256 i; i < domains_.length; ++i) {
            _unenrollRemoteRouter(domains_[i]);
        }
    }

    /// @inheritdoc IMessageRecipient
    function handle(
        uint32 origin,
        bytes32 sender,
        bytes calldata body
    ) external payable virtual onlyMailbox {
        bytes32 router = _mustHaveRemoteRouter(origin);
        if (sender != router) revert SenderNotRouter(origin, sender, router);
        _handle(origin, sender, body);
    }

    /// @inheritdoc IRouter
    function domains() public view returns (uint32[] memory list) {
        uint256[] memory values = enrolled.values();
        assembly ("memory-safe") {
            list := values // Both take a word per element, and every element came from a uint32.
        }
    }

    /// @inheritdoc IRouter
    function routers(uint32 domain) public view virtual returns (bytes32 router) {
        router = _enrolledRouters[domain].router.addressToBytes32();
        if (router == 0) router = wideRouters[domain];
    }

    /// @dev Handles a message from the enrolled router of `origin`.
    /// @param sender That router.
    function _handle(uint32 origin, bytes32 sender, bytes calldata body) internal virtual;

    /// @dev Dispatches a message to the router of a domain, paid with `_value` wei. Reverts
    /// `RouterNotEnrolled`.
    /// @param _hook The hook to call beside the required one; zero for the Mailbox's default.
    /// @return The id of the message.
    function _Router_dispatch(
        uint32 _destinationDomain,
        uint256 _value,
        bytes memory _messageBody,
        bytes memory _hookMetadata,
        address _hook
    ) internal returns (bytes32) {
        return
            _MailboxClient_dispatch(
                _destinationDomain,
                _mustHaveRemoteRouter(_destinationDomain),
                _value,
                _messageBody,
                _hookMetadata,
                _hook
            );
    }

    /// @dev Dispatches with this contract's hook and no metadata. Reverts `RouterNotEnrolled`.
    function _Router_dispatch(
        uint32 _destinationDomain,
        uint256 _value,
        bytes memory _messageBody
    ) internal returns (bytes32) {
        return _Router_dispatch(_destinationDomain, _value, _messageBody, "", address(hook));
    }

    /// @dev Dispatches with all of `msg.value`. Older apps use this name.
    function _dispatch(
        uint32 _destinationDomain,
        bytes memory _messageBody
    ) internal virtual returns (bytes32) {
        return _Router_dispatch(_destinationDomain, msg.value, _messageBody);
    }

    /// @dev The value in wei that `_Router_dispatch` needs. Reverts `RouterNotEnrolled`.
    function _Router_quoteDispatch(
        uint32 _destinationDomain,
        bytes memory _messageBody,
        bytes memory _hookMetadata,
        address _hook
    ) internal view returns (uint256) {
        return
            _MailboxClient_quoteDispatch(
                _destinationDomain,
                _mustHaveRemoteRouter(_destinationDomain),
                _messageBody,
                _hookMetadata,
                _hook
            );
    }

    /// @dev Quotes a dispatch with this contract's hook and no metadata.
    function _Router_quoteDispatch(
        uint32 _destinationDomain,
        bytes memory _messageBody
    ) internal view returns (uint256) {
        return _Router_quoteDispatch(_destinationDomain, _messageBody, "", address(hook));
    }

    /// @dev Quotes as `_Router_quoteDispatch` does. Older apps use this name.
    function _quoteDispatch(
        uint32 _destinationDomain,
        bytes memory _messageBody
    ) internal view virtual returns (uint256) {
        return _Router_quoteDispatch(_destinationDomain, _messageBody);
    }

    /// @dev Enrolls a router. A subclass that stores more for a domain overrides this.
    function _enrollRemoteRouter(uint32 domain, bytes32 router) internal virtual {
        if (router == 0) revert RouterIsZero(domain);

        bool wide = uint256(router) >> 160 != 0;
        _enrolledRouters[domain].router = wide ? address(0) : address(uint160(uint256(router)));
        wideRouters[domain] = wide ? router : bytes32(0);
        enrolled.add(domain);
    }

    /// @dev Unenrolls a router. A subclass that stores more for a domain overrides this.
    function _unenrollRemoteRouter(uint32 domain) internal virtual {
        if (!enrolled.remove(domain)) revert RouterNotEnrolled(domain);

        _enrolledRouters[domain].router = address(0);
        delete wideRouters[domain];
    }

    /// @dev Tells whether `_address` is the router of the domain.
    function _isRemoteRouter(uint32 _domain, bytes32 _address) internal view returns (bool) {
        return routers(_domain) == _address;
    }

    /// @dev Reverts `RouterNotEnrolled` unless a router of the domain is trusted.
    function _requireDomain(uint32 domain) internal view virtual {
        _mustHaveRemoteRouter(domain);
    }

    /// @dev The router of a domain; reverts `RouterNotEnrolled` if there is none.
    function _mustHaveRemoteRouter(uint32 domain) internal view returns (bytes32 router) {
        router = routers(domain);
        if (router == 0) revert RouterNotEnrolled(domain);
    }

    /// @dev Returns the router of a domain with its gas limit and `plain`. Reverts
    /// `RouterNotEnrolled`.
    function _requireRemote(
        uint32 domain
    ) internal view returns (bytes32 router, uint256 gas, bool plain) {
        EnrolledRouter storage remote = _enrolledRouters[domain];
        (router, gas, plain) = (remote.router.addressToBytes32(), remote.gas, remote.plain);
        if (router == 0) {
            router = wideRouters[domain];
            if (router == 0) revert RouterNotEnrolled(domain);
        }
    }
}
