// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {GasRouter} from "../client/GasRouter.sol";
import {IInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";
import {IMailboxHook} from "../interfaces/hooks/IMailboxHook.sol";
import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";
import {Message} from "../libs/Message.sol";
import {StandardHookMetadata} from "../libs/StandardHookMetadata.sol";

/// @title TimelockRouter
/// @notice Delays messages between announcement and delivery. As a hook, it announces each message
/// to the router enrolled for its destination, in a message of its own. As a router, it receives
/// announcements. As a security module, it verifies a message after the delay, if the router of the
/// message's origin sent the announcement that belongs to it. Aggregate it with a `PausableIsm`, so
/// that the owner of that module can stop a message during the delay.
/// @dev Announcements are verified by the security module set for this contract. They change the
/// message that the Mailbox dispatched last, so in an aggregation this hook comes after the merkle
/// tree hook. The Mailbox's own hooks and this contract's `hook` must not lead to it: announcements
/// would be announced endlessly.
contract TimelockRouter is GasRouter, IPostDispatchHook, IInterchainSecurityModule {
    using Message for bytes;
    using StandardHookMetadata for bytes;

    /// @dev The digest of an announcement, and the time from which the message is verified, Unix
    /// seconds. Fits one slot.
    struct Announcement {
        uint48 readyAt;
        bytes26 digest;
    }

    /// @notice A message was announced. It is verified from `readyAt`, Unix seconds.
    event MessageQueued(bytes32 indexed messageId, uint48 readyAt);

    /// @notice The delay exceeds 2^32 - 1 seconds.
    error WaitTooLong(uint48 wait);

    /// @notice The origin of the message has not announced it, or announced different content.
    error MessageNotPreverified(bytes32 messageId);

    /// @notice The origin has sent the same announcement before.
    error MessageAlreadyPreverified(bytes32 messageId);

    /// @notice The message is not verified before `readyAt`, Unix seconds.
    error MessageNotReadyUntil(uint48 readyAt);

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.ROUTING);

    /// @notice Seconds between announcement and delivery.
    uint48 public immutable timelockWindow;

    /// @dev The first announcement of each message. Usually there is no other.
    mapping(bytes32 messageId => Announcement) private announcements;

    /// @dev Further announcements of a message, by another origin or of another amount: a wrong
    /// announcement must not block the right one.
    mapping(bytes32 messageId => mapping(bytes26 digest => uint48)) private others;

    constructor(address mailbox_, uint48 timelockWindow_) GasRouter(mailbox_) {
        _checkWait(timelockWindow_);
        timelockWindow = timelockWindow_;
    }

    /// @inheritdoc IPostDispatchHook
    /// @dev Costs as much as the dispatch of the announcement, whose hooks refund the surplus.
    /// Reverts `MessageNotDispatching`, `RouterNotEnrolled`.
    function postDispatch(bytes calldata metadata, bytes calldata message) external payable {
        bytes32 id = message.id();
        bytes32 latest = mailbox.latestDispatchedId();
        if (id != latest) revert IMailboxHook.MessageNotDispatching(id, latest);
        _beforeAnnouncement(message);

        uint32 destination = message.destination();
        mailbox.dispatch{value: msg.value}(
            destination,
            _mustHaveRemoteRouter(destination),
            _announcement(message),
            _hookMetadata(metadata, message),
            hook
        );
    }

    /// @inheritdoc IPostDispatchHook
    function quoteDispatch(
        bytes calldata metadata,
        bytes calldata message
    ) external view returns (uint256) {
        uint32 destination = message.destination();
        return
            mailbox.quoteDispatch(
                destination,
                _mustHaveRemoteRouter(destination),
                _announcement(message),
                _hookMetadata(metadata, message),
                hook
            );
    }

    /// @inheritdoc IInterchainSecurityModule
    /// @dev Reverts `MessageNotPreverified`, `MessageNotReadyUntil`.
    function verify(bytes calldata, bytes calldata message) public view virtual returns (bool) {
        bytes32 id = message.id();
        uint48 ready = _readyAt(id, _digest(message.origin(), _announcement(message)));
        if (ready == 0) revert MessageNotPreverified(id);
        if (ready > block.timestamp) revert MessageNotReadyUntil(ready);
        return true;
    }

    /// @notice The time from which a message is verified by its first announcement, Unix seconds;
    /// zero if it was not announced.
    function readyAt(bytes32 messageId) external view returns (uint48 timestamp) {
        return announcements[messageId].readyAt;
    }

    /// @notice The hook of announcements, whatever the destination; zero for the Mailbox's default.
    function hooks(uint32) external view returns (address) {
        return address(hook);
    }

    /// @inheritdoc IPostDispatchHook
    /// @dev True: of the metadata, only the refund address is read.
    function supportsMetadata(bytes calldata) external pure returns (bool) {
        return true;
    }

    /// @dev Called before a message is announced. For subclasses.
    function _beforeAnnouncement(bytes calldata message) internal virtual {}

    /// @dev Stores the announcement of a message, which waits from now on.
    function _handle(uint32 origin, bytes32, bytes calldata body) internal virtual override {
        _queue(origin, abi.decode(body, (bytes32)), body, timelockWindow);
    }

    /// @dev Stores an announcement. Reverts `MessageAlreadyPreverified`.
    function _queue(uint32 origin, bytes32 id, bytes calldata body, uint48 wait) internal {
        bytes26 digest = _digest(origin, body);
        if (_readyAt(id, digest) != 0) revert MessageAlreadyPreverified(id);
        uint48 ready = uint48(block.timestamp) + wait;

        if (announcements[id].readyAt == 0) announcements[id] = Announcement(ready, digest);
        else others[id][digest] = ready;

        emit MessageQueued(id, ready);
    }

    /// @dev The body of an announcement: the message's id.
    function _announcement(bytes calldata message) internal view virtual returns (bytes memory) {
        return abi.encode(message.id());
    }

    /// @dev The gas limit of an announcement's delivery where the owner sets no `destinationGas`.
    function _announcementGas() internal pure virtual returns (uint256) {
        return 50_000;
    }

    function _checkWait(uint48 wait) internal pure {
        if (wait > type(uint32).max) revert WaitTooLong(wait);
    }

    function _readyAt(bytes32 id, bytes26 digest) private view returns (uint48) {
        Announcement storage announced = announcements[id];
        return announced.digest == digest ? announced.readyAt : others[id][digest];
    }

    /// @dev The digest of an announcement and its origin, in 208 bits.
    function _digest(uint32 origin, bytes memory announcement) private pure returns (bytes26) {
        return bytes26(keccak256(abi.encodePacked(origin, announcement)));
    }

    function _hookMetadata(
        bytes calldata metadata,
        bytes calldata message
    ) private view returns (bytes memory) {
        address refund = message.senderAddress();
        if (metadata.variant() == StandardHookMetadata.VARIANT) {
            refund = metadata.refundAddress(refund);
        }
        uint256 gas = destinationGas(message.destination());
        return StandardHookMetadata.format(0, gas == 0 ? _announcementGas() : gas, refund);
    }
}
