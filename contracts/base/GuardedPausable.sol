// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title GuardedPausable
/// @notice Pausable by an owner, and by guardians: hot keys that can do nothing but pause, each once
/// until the owner acts, and for a limited time. A stolen guardian key costs one such time.
/// @dev Has the functions, events and errors of OpenZeppelin's `Pausable`. `paused` reads one slot.
abstract contract GuardedPausable is Ownable {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @notice The owner or a guardian paused, or paused for longer.
    event Paused(address account);

    /// @notice The owner ended a pause. None is emitted when a guardian's pause ends by itself.
    event Unpaused(address account);

    /// @notice A guardian was named or removed.
    event GuardianSet(address indexed guardian, bool isGuardian);

    /// @notice The time for which a guardian can pause changed, in seconds.
    event GuardianPauseSet(uint256 duration);

    /// @notice The operation is not possible while this is paused.
    error EnforcedPause();

    /// @notice The operation is possible only while this is paused.
    error ExpectedPause();

    /// @notice The account is neither the owner nor a guardian.
    error NotGuardian(address account);

    /// @notice The guardian has paused already, and the owner has not acted since.
    error GuardianSpent(address guardian);

    /// @notice The duration is zero, or longer than `LONGEST_GUARDIAN_PAUSE`.
    error InvalidGuardianPause(uint256 duration);

    /// @notice The longest time for which a guardian can be allowed to pause, in seconds.
    uint256 public constant LONGEST_GUARDIAN_PAUSE = 30 days;

    /// @dev A pause of the owner: it does not end by itself.
    uint48 private constant FOR_GOOD = type(uint48).max;

    /// @notice When the pause ends by itself: a Unix time in seconds, 2^48 - 1 if never. In the past
    /// while this is not paused.
    uint48 public pausedUntil;

    /// @notice For how many seconds a guardian pauses.
    uint32 public guardianPause;

    /// @dev Counts what the owner did, from one. A guardian that paused in this round is spent.
    uint48 private round = 1;

    EnumerableSet.AddressSet private members;

    mapping(address guardian => uint48 round) private pausedIn;

    constructor(address owner_, address[] memory guardians_, uint256 duration) Ownable(owner_) {
        for (uint256 i; i < guardians_.length; ++i) {
            _setGuardian(guardians_[i], true);
        }
        _setGuardianPause(duration);
    }

    /// @notice Stops all messages. By the owner: until the owner unpauses; this also confirms a
    /// guardian's pause. By a guardian: for `guardianPause` seconds from now.
    /// @dev Reverts `NotGuardian`, `EnforcedPause` while the owner has paused, and `GuardianSpent`.
    function pause() external {
        if (pausedUntil == FOR_GOOD) revert EnforcedPause();
        if (msg.sender == owner()) {
            pausedUntil = FOR_GOOD;
            ++round;
        } else {
            _pauseAsGuardian();
        }
        emit Paused(msg.sender);
    }

    /// @notice Lets messages pass again, and all guardians pause again. Only the owner.
    /// @dev Reverts `ExpectedPause` unless this is paused.
    function unpause() external onlyOwner {
        if (!paused()) revert ExpectedPause();
        pausedUntil = 0;
        ++round;
        emit Unpaused(msg.sender);
    }

    /// @notice Lets all guardians pause again, after a pause that ended by itself. Only the owner.
    function rearm() external onlyOwner {
        ++round;
    }

    /// @notice Names guardians, or removes them. A named one can pause, whether it has before or not.
    /// Only the owner.
    function setGuardians(address[] calldata accounts, bool areGuardians) external onlyOwner {
        for (uint256 i; i < accounts.length; ++i) {
            _setGuardian(accounts[i], areGuardians);
        }
    }

    /// @notice Changes the time for which a guardian pauses, in seconds. Only the owner.
    /// @dev Changes no pause that has begun. Reverts `InvalidGuardianPause`.
    function setGuardianPause(uint256 duration) external onlyOwner {
        _setGuardianPause(duration);
    }

    /// @notice All guardians.
    function guardians() external view returns (address[] memory) {
        return members.values();
    }

    /// @notice Tells whether the account is a guardian that can pause now, or prolong a guardian's
    /// pause.
    function canPause(address account) external view returns (bool) {
        return members.contains(account) && pausedIn[account] != round && pausedUntil != FOR_GOOD;
    }

    /// @notice Tells whether messages are stopped.
    function paused() public view returns (bool) {
        return block.timestamp < pausedUntil;
    }

    function _pauseAsGuardian() private {
        if (!members.contains(msg.sender)) revert NotGuardian(msg.sender);
        if (pausedIn[msg.sender] == round) revert GuardianSpent(msg.sender);
        pausedIn[msg.sender] = round;
        uint48 until = uint48(block.timestamp + guardianPause);
        // A shorter `guardianPause` since the pause of another guardian does not shorten that.
        if (until > pausedUntil) pausedUntil = until;
    }

    function _setGuardian(address account, bool isGuardian) private {
        delete pausedIn[account];
        if (isGuardian ? members.add(account) : members.remove(account)) {
            emit GuardianSet(account, isGuardian);
        }
    }

    function _setGuardianPause(uint256 duration) private {
        if (duration == 0 || duration > LONGEST_GUARDIAN_PAUSE) {
            revert InvalidGuardianPause(duration);
        }
        guardianPause = uint32(duration);
        emit GuardianPauseSet(duration);
    }
}
