// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title GuardedPausable
/// @notice Pausable by an owner, and by guardians: hot keys that can only pause, each once until
/// the owner acts, and for a limited time. A stolen guardian key costs `guardianPause` seconds.
/// @dev Has the functions, events and errors of OpenZeppelin's `Pausable` and `Ownable`. `paused`
/// reads one slot, which the owner, the end of the pause and `guardianPause` share.
abstract contract GuardedPausable is Ownable {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @notice The owner paused for good, or a guardian paused until `pausedUntil`.
    event Paused(address account);

    /// @notice The owner ended a pause. Not emitted when a guardian's pause ends by itself.
    event Unpaused(address account);

    /// @notice A guardian was named or removed.
    event GuardianSet(address indexed guardian, bool isGuardian);

    /// @notice The duration of a guardian's pause changed, in seconds.
    event GuardianPauseSet(uint256 duration);

    /// @notice All guardians can pause again.
    event GuardiansRearmed();

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

    /// @notice The longest possible duration of a guardian's pause, in seconds.
    uint256 public constant LONGEST_GUARDIAN_PAUSE = 30 days;

    /// @dev The end of a pause by the owner: never.
    uint48 private constant NEVER = type(uint48).max;

    /// @notice When the pause ends by itself, Unix seconds; 2^48 - 1 if never. Not in the future
    /// while this is not paused.
    uint48 public pausedUntil;

    /// @notice The duration of a guardian's pause, in seconds.
    uint32 public guardianPause;

    /// @dev Counts the owner's acts, from one. A guardian that paused in this round is spent.
    uint48 private round = 1;

    EnumerableSet.AddressSet private members;

    mapping(address guardian => uint48 round) private pausedIn;

    constructor(address owner_, address[] memory guardians_, uint256 duration) Ownable(owner_) {
        _setGuardians(guardians_, true);
        _setGuardianPause(duration);
    }

    /// @notice Stops all messages. By the owner: until the owner unpauses, which also confirms a
    /// guardian's pause. By a guardian: for `guardianPause` seconds; a pause of another guardian is
    /// prolonged by as much, so that guardians who pause at once waste nothing.
    /// @dev Reverts `NotGuardian`, `GuardianSpent`, and `EnforcedPause` while the owner has paused.
    function pause() external {
        if (pausedForGood()) revert EnforcedPause();
        pausedUntil = msg.sender == owner() ? NEVER : _spend(msg.sender);
        emit Paused(msg.sender);
    }

    /// @notice Lets messages pass again, and all guardians pause again. Only the owner.
    /// @dev Reverts `ExpectedPause` unless this is paused. Against a stolen guardian key, call
    /// `setGuardians` first.
    function unpause() external onlyOwner {
        if (!paused()) revert ExpectedPause();
        pausedUntil = 0;
        emit Unpaused(msg.sender);
        _rearm();
    }

    /// @notice Lets all guardians pause again, after pauses that ended by themselves. Only the
    /// owner.
    /// @dev Ends no pause.
    function rearm() external onlyOwner {
        _rearm();
    }

    /// @notice Names guardians, or removes them, and lets all guardians pause again. Only the
    /// owner.
    /// @dev Ends no pause.
    function setGuardians(address[] calldata accounts, bool areGuardians) external onlyOwner {
        _setGuardians(accounts, areGuardians);
        _rearm();
    }

    /// @notice Changes the duration of a guardian's pause, in seconds. Only the owner.
    /// @dev Changes no pause that has begun. Reverts `InvalidGuardianPause`.
    function setGuardianPause(uint256 duration) external onlyOwner {
        _setGuardianPause(duration);
    }

    /// @notice All guardians.
    function guardians() external view returns (address[] memory) {
        return members.values();
    }

    /// @notice Tells whether the account is a guardian that can pause, or prolong a guardian's
    /// pause.
    function canPause(address account) external view returns (bool) {
        return members.contains(account) && pausedIn[account] != round && !pausedForGood();
    }

    /// @notice Tells whether messages are stopped.
    function paused() public view returns (bool) {
        return block.timestamp < pausedUntil;
    }

    /// @notice Tells whether the owner has paused, or confirmed a guardian's pause.
    function pausedForGood() public view returns (bool) {
        return pausedUntil == NEVER;
    }

    /// @dev Takes a guardian's one pause of this round.
    /// @return until The end of the pause, Unix seconds.
    function _spend(address guardian) private returns (uint48 until) {
        if (!members.contains(guardian)) revert NotGuardian(guardian);
        if (pausedIn[guardian] == round) revert GuardianSpent(guardian);
        pausedIn[guardian] = round;
        return uint48(Math.max(block.timestamp, pausedUntil)) + guardianPause;
    }

    function _rearm() private {
        ++round;
        emit GuardiansRearmed();
    }

    function _setGuardians(address[] memory accounts, bool areGuardians) private {
        for (uint256 i; i < accounts.length; ++i) {
            address account = accounts[i];
            if (areGuardians ? members.add(account) : members.remove(account)) {
                emit GuardianSet(account, areGuardians);
            }
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
