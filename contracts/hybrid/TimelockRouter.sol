// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {MailboxClient} from "../client/MailboxClient.sol";
import {Router} from "../client/Router.sol";
import {IInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";
import {IMailboxHook} from "../interfaces/hooks/IMailboxHook.sol";
import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";
import {Message} from "../libs/Message.sol";
import {StandardHookMetadata} from "../libs/StandardHookMetadata.sol";

/// @title TimelockRouter
/// @notice Lets time pass between a message's announcement and its delivery. As a hook it announces
/// each message to the router enrolled for its destination, by a message of its own; as a router it
/// takes announcements; as a security module it believes a message when the router of the message's
/// own origin announced exactly what it would have announced of it, long enough ago. Aggregate it
/// with a `PausableIsm`, so that somebody can use the time.
/// @dev Announcements are guarded by this contract's own security module. They change what the
/// Mailbox dispatched last: in an aggregation, this hook goes behind the merkle tree. It must not
/// be reached from the Mailbox's own hooks or from its own `hook`: announcements would announce
/// each other.
contract TimelockRouter is Router, IPostDispatchHook, IInterchainSecurityModule {
    using Message for bytes;
    using StandardHookMetadata for bytes;

    /// @dev One slot: what was announced of a message, and from which second on it is believed.
    struct Announcement {
        uint48 readyAt;
        bytes26 digest;
    }

    /// @notice A message was announced, and is believed from `readyAt` on.
    event MessageQueued(bytes32 indexed messageId, uint48 readyAt);

    /// @notice A wait has at most 2^32 - 1 seconds.
    error WaitTooLong(uint48 wait);

    /// @notice The message was not announced by its origin, or as another one than it is.
    error MessageNotPreverified(bytes32 messageId);

    /// @notice The same origin announced the same of the message before.
    error MessageAlreadyPreverified(bytes32 messageId);

    /// @notice The message is not believed before that second.
    error MessageNotReadyUntil(uint48 readyAt);

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.ROUTING);

    /// @notice Seconds between announcement and delivery.
    uint48 public immutable timelockWindow;

    /// @dev What was announced first of each message; mostly there is nothing else.
    mapping(bytes32 messageId => Announcement) private announcements;

    /// @dev What else was announced, by another origin or of another amount: a wrong announcement
    /// must not stand in the way of the right one.
    mapping(bytes32 messageId => mapping(bytes26 digest => uint48)) private others;

    constructor(address mailbox_, uint48 timelockWindow_) MailboxClient(mailbox_) {
        _checkWait(timelockWindow_);
        timelockWindow = timelockWindow_;
    }

    /// @inheritdoc IPostDispatchHook
    /// @dev Costs what the announcement costs; surplus goes back as the announcement's hooks send
    /// it. Reverts `MessageNotDispatching`, `RouterNotEnrolled`.
    function postDispatch(bytes calldata metadata, bytes calldata message) external payable {
        bytes32 id = message.id();
        bytes32 latest = mailbox.latestDispatchedId();
        if (id != latest) revert IMailboxHook.MessageNotDispatching(id, latest);
        _beforeAnnouncement(message);

        uint32 destination = message.destination();
        mailbox.dispatch{value: msg.value}(
            destination,
            _requireRouter(destination),
            _announcement(message),
            _hookMetadata(metadata, message),
            IPostDispatchHook(hookAndFlags.hook)
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
                _requireRouter(destination),
                _announcement(message),
                _hookMetadata(metadata, message),
                IPostDispatchHook(hookAndFlags.hook)
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

    /// @notice From which second on a message is believed, if what was announced first is true of
    /// it; zero if nothing was announced.
    function readyAt(bytes32 messageId) external view returns (uint48 timestamp) {
        return announcements[messageId].readyAt;
    }

    /// @notice The hook of announcements, whatever the destination; zero for the Mailbox's default.
    function hooks(uint32) external view returns (address) {
        return hookAndFlags.hook;
    }

    /// @inheritdoc IPostDispatchHook
    /// @dev Always: only the refund address is read, if it is there.
    function supportsMetadata(bytes calldata) external pure returns (bool) {
        return true;
    }

    /// @dev What a subclass does about a message that is being dispatched.
    function _beforeAnnouncement(bytes calldata message) internal virtual {}

    /// @inheritdoc Router
    function _handle(uint32 origin, bytes calldata body) internal virtual override {
        _queue(origin, abi.decode(body, (bytes32)), body, timelockWindow);
    }

    /// @dev Remembers an announcement. Reverts `MessageAlreadyPreverified`.
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

    /// @dev Gas of an announcement's delivery.
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

    /// @dev Who says what of a message, in 208 bits.
    function _digest(uint32 origin, bytes memory announcement) private pure returns (bytes26) {
        return bytes26(keccak256(abi.encodePacked(origin, announcement)));
    }

    function _hookMetadata(
        bytes calldata metadata,
        bytes calldata message
    ) private pure returns (bytes memory) {
        address refund = message.senderAddress();
        if (metadata.variant() == StandardHookMetadata.VARIANT) {
            refund = metadata.refundAddress(refund);
        }
        return StandardHookMetadata.format(0, _announcementGas(), refund);
    }
}
