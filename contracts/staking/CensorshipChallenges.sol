// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {IMerkleTreeHook} from "../interfaces/hooks/IMerkleTreeHook.sol";
import {IStakingManager} from "../interfaces/staking/IStakingManager.sol";
import {Checkpoint} from "../libs/CheckpointLib.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";
import {CheckpointSlasher} from "./CheckpointSlasher.sol";
import {SignedCheckpoints} from "./SignedCheckpoints.sol";
import {StakingParameters} from "./StakingParameters.sol";

/// @title CensorshipChallenges
/// @notice Makes operators sign leaves that they leave out. Source: docs/concepts/staking.md.
///
/// Anyone may demand, with a bond, that an operator sign a leaf that stood in the tree for the
/// grace period. Whoever was in the active set within the last unbonding period can be asked. The
/// operator answers in time with a checkpoint by the key that it signs with now, which the event
/// carries for relayers, and gets half of the bond; or is punished, and the challenger gets the
/// bond back and a reward, half of which is the resolver's. What was answered is not asked again
/// while the operator signs with that key, unless the answer was proven false. The other half of
/// the bond is the treasury's: an operator that filled its places with challenges of its own, to be
/// asked for nothing else, would pay for it. A place is free again when its challenge is answered,
/// or overdue.
contract CensorshipChallenges is SignedCheckpoints, ReentrancyGuardTransient, PackageVersioned {
    using SafeTransferLib for address;
    using TypeCasts for address;

    /// @dev Two slots.
    struct Challenge {
        address challenger;
        uint48 deadline;
        uint32 index;
        address operator;
        uint96 bond;
    }

    /// @dev How many leaves there were when.
    struct Snapshot {
        uint48 timestamp;
        uint32 count;
    }

    enum Asked {
        Never,
        Open,
        Answered
    }

    /// @dev What an operator was asked for a leaf, and the key that answered. One slot.
    struct Leaf {
        Asked asked;
        address key;
    }

    /// @notice The tree had `count` leaves at this time.
    event SnapshotTaken(uint256 indexed snapshot, uint32 count);

    /// @notice An operator must sign leaf `index` by `deadline`, Unix seconds.
    event Challenged(
        uint256 indexed challenge,
        address indexed operator,
        uint32 index,
        uint256 deadline,
        uint256 bond
    );

    /// @notice The operator signed. Whoever needs it can use the checkpoint as it stands here.
    event Answered(
        uint256 indexed challenge,
        address indexed operator,
        Checkpoint checkpoint,
        bytes signature
    );

    /// @notice The operator did not sign in time, and was punished, unless it was since it was
    /// asked.
    event Unanswered(uint256 indexed challenge, address indexed operator);

    /// @notice There is no such challenge any more.
    error NotOpen(uint256 challenge);

    /// @notice The operator was not in the active set within the last unbonding period, is in jail
    /// for a fixed time, or is out for good.
    error NotActive(address operator);

    /// @notice The leaf was not in the tree yet when the snapshot was taken; of no leaves, if there
    /// is no such snapshot.
    error NotInSnapshot(uint32 index, uint32 count);

    /// @notice The operator still has time; until then, Unix seconds.
    error InGrace(uint256 until);

    /// @notice The time to answer is over; it was until, Unix seconds.
    error TooLate(uint256 deadline);

    /// @notice The operator is asked for this leaf already, or has answered.
    error AlreadyAsked(address operator, uint32 index);

    /// @notice An operator has as many open challenges as it may have.
    error TooManyOpen(address operator);

    /// @notice The bond is more than the caller allowed.
    error BondTooHigh(uint256 bond, uint256 most);

    /// @notice The checkpoint is not the one that was asked for.
    error WrongCheckpoint(uint32 index, bytes32 merkleTree);

    /// @notice The signer is not the key that the operator signs with now.
    error WrongSigner(address signer);

    /// @notice The token did not move as many tokens as it was told to.
    error UnexpectedTransfer(uint256 received, uint256 expected);

    /// @dev As many deadlines as a slot has room for.
    uint256 private constant MAX_OPEN = 8;
    uint256 private constant DEADLINE_BITS = 32;

    /// @notice Where stake is.
    IStakingManager public immutable manager;

    /// @notice The tree that operators sign checkpoints of.
    IMerkleTreeHook public immutable merkleTreeHook;

    /// @notice What bonds are paid in: the stake token.
    address public immutable token;

    /// @notice Who gets half of the bonds of answered challenges.
    address public immutable treasury;

    uint32 private immutable origin;

    CheckpointSlasher private immutable slasher;

    /// @notice All challenges by number. Closed ones are zeros.
    Challenge[] public challenges;

    /// @notice All snapshots by number.
    Snapshot[] public snapshots;

    /// @dev Deadlines of the challenges that take a place of an operator: eight of 32 bits, zero or
    /// passed where a place is free.
    mapping(address operator => uint256) private places;

    mapping(address operator => mapping(uint32 index => Leaf)) private leaves;

    /// @notice Bonds and rewards that an account can collect.
    mapping(address account => uint256) public owed;

    /// @dev Challenges with smaller numbers were there when an operator was punished last.
    mapping(address operator => uint256) private punishedBelow;

    /// @dev Made by the manager.
    constructor(
        address merkleTreeHook_,
        address token_,
        address treasury_,
        CheckpointSlasher slasher_
    ) {
        manager = IStakingManager(msg.sender);
        slasher = slasher_;
        merkleTreeHook = IMerkleTreeHook(merkleTreeHook_);
        origin = merkleTreeHook.localDomain();
        token = token_;
        treasury = treasury_;
    }

    /// @notice Notes how many leaves there are now, so that their age can be shown later. Anyone
    /// may call.
    function takeSnapshot() external returns (uint256 snapshot) {
        uint32 count = merkleTreeHook.count();
        snapshot = snapshots.length;
        snapshots.push(Snapshot(uint48(block.timestamp), count));

        emit SnapshotTaken(snapshot, count);
    }

    /// @notice Demands that an operator sign a leaf.
    /// @param snapshot One that has the leaf, and is older than the grace period.
    /// @param mostBond What the caller is ready to put in, in the stake token.
    /// @dev Reverts `NotActive`, `NotInSnapshot`, `InGrace`, `AlreadyAsked`, `TooManyOpen`,
    /// `BondTooHigh`.
    function open(
        address operator,
        uint32 index,
        uint256 snapshot,
        uint256 mostBond
    ) external nonReentrant returns (uint256 challenge) {
        StakingParameters.Parameters memory p = _parameters();
        if (!manager.isAccountable(operator)) revert NotActive(operator);
        Snapshot memory taken;
        if (snapshot < snapshots.length) taken = snapshots[snapshot];
        if (index >= taken.count) revert NotInSnapshot(index, taken.count);
        uint256 since = manager.activeSince(operator);
        if (since < taken.timestamp) since = taken.timestamp;
        if (block.timestamp < since + p.gracePeriod) revert InGrace(since + p.gracePeriod);
        if (asked(operator, index) != Asked.Never) revert AlreadyAsked(operator, index);
        (uint256 openBefore, uint256 free) = _countOpen(operator);
        if (openBefore == MAX_OPEN) revert TooManyOpen(operator);
        uint256 bond = uint256(p.challengeBond) << openBefore;
        if (bond > mostBond) revert BondTooHigh(bond, mostBond);

        leaves[operator][index] = Leaf(Asked.Open, address(0));
        uint48 deadline = uint48(block.timestamp) + p.answerPeriod;
        _setPlace(operator, free, uint32(deadline));
        challenge = challenges.length;
        challenges.push(Challenge(msg.sender, deadline, index, operator, uint96(bond)));

        emit Challenged(challenge, operator, index, deadline, bond);
        _pull(bond);
    }

    /// @notice Answers for an operator, until the deadline. Anyone who has the signature may.
    /// @dev What is signed is not checked against the tree: a false answer is evidence for the
    /// slasher, and the leaf can be asked for again once that has taken it. Reverts `NotOpen`,
    /// `TooLate`, `WrongCheckpoint`, `WrongSigner`, `InvalidSignature`.
    function answer(
        uint256 challenge,
        Checkpoint calldata checkpoint,
        bytes calldata signature
    ) external {
        Challenge memory c = _close(challenge);
        if (block.timestamp > c.deadline) revert TooLate(c.deadline);
        if (
            checkpoint.origin != origin ||
            checkpoint.index != c.index ||
            checkpoint.merkleTree != address(merkleTreeHook).addressToBytes32()
        ) revert WrongCheckpoint(checkpoint.index, checkpoint.merkleTree);
        (address signer, ) = _signerOf(checkpoint, signature);
        if (signer != _keyOf(c.operator)) revert WrongSigner(signer);

        if (challenge >= punishedBelow[c.operator]) _free(c.operator, uint32(c.deadline));
        leaves[c.operator][c.index] = Leaf(Asked.Answered, signer);
        uint256 half = c.bond / 2;
        owed[c.operator] += half;
        owed[treasury] += c.bond - half;

        emit Answered(challenge, c.operator, checkpoint, signature);
    }

    /// @notice Has an operator punished that did not answer in time. Anyone may call, and is owed
    /// half of the reward, the challenger the other half. A punishment covers all challenges that
    /// there were when it came: one outage costs once, however many are open; and all places are
    /// free again.
    /// @dev Owes instead of paying: a token that refuses the challenger keeps no place taken.
    /// Reverts `NotOpen`, `InGrace`.
    /// @return gain What the caller is owed for it.
    function resolve(uint256 challenge) external nonReentrant returns (uint256 gain) {
        Challenge memory c = _close(challenge);
        if (block.timestamp <= c.deadline) revert InGrace(uint256(c.deadline) + 1);

        delete leaves[c.operator][c.index];
        owed[c.challenger] += c.bond;

        emit Unanswered(challenge, c.operator);
        if (challenge < punishedBelow[c.operator]) return 0;
        punishedBelow[c.operator] = challenges.length;
        delete places[c.operator];
        uint256 reward = manager.punishCensorship(c.operator, c.challenger);
        gain = msg.sender == c.challenger ? reward : reward / 2;
        owed[msg.sender] += gain;
        owed[c.challenger] += reward - gain;
    }

    /// @notice Pays out what an account is owed. Anyone may call.
    function collect(address account) external nonReentrant returns (uint256 amount) {
        amount = owed[account];
        owed[account] = 0;

        if (amount != 0) token.safeTransfer(account, amount); // some tokens refuse to move nothing
    }

    /// @notice How many places of an operator are taken: by challenges that can be answered still,
    /// and were not there when the operator was punished last.
    function openCount(address operator) external view returns (uint256 count) {
        (count, ) = _countOpen(operator);
    }

    /// @notice How many challenges there were.
    function challengeCount() external view returns (uint256) {
        return challenges.length;
    }

    /// @notice How many snapshots there are.
    function snapshotCount() external view returns (uint256) {
        return snapshots.length;
    }

    /// @notice Whether an operator was asked for a leaf. An answer counts while the operator signs
    /// with the key that gave it, and was not punished for what that key signed for the leaf.
    function asked(address operator, uint32 index) public view returns (Asked) {
        Leaf memory leaf = leaves[operator][index];
        if (leaf.asked != Asked.Answered) return leaf.asked;
        bool holds =
            leaf.key == _keyOf(operator) && !slasher.punished(slasher.faultOf(leaf.key, index));
        return holds ? Asked.Answered : Asked.Never;
    }

    function _close(uint256 challenge) private returns (Challenge memory c) {
        if (challenge >= challenges.length) revert NotOpen(challenge);
        c = challenges[challenge];
        if (c.operator == address(0)) revert NotOpen(challenge);

        delete challenges[challenge];
    }

    /// @dev Frees a place of that deadline: which of several is all the same.
    function _free(address operator, uint32 deadline) private {
        uint256 taken = places[operator];
        uint256 place;
        while (uint32(taken >> (place * DEADLINE_BITS)) != deadline) ++place;
        _setPlace(operator, place, 0);
    }

    function _setPlace(address operator, uint256 place, uint32 deadline) private {
        uint256 offset = place * DEADLINE_BITS;
        uint256 others = places[operator] & ~(uint256(type(uint32).max) << offset);
        places[operator] = others | (uint256(deadline) << offset);
    }

    /// @dev Reverts `UnexpectedTransfer`.
    function _pull(uint256 assets) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), assets);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != assets) revert UnexpectedTransfer(received, assets);
    }

    /// @return count How many places of an operator are taken.
    /// @return free The first that is not, if there is any.
    function _countOpen(address operator) private view returns (uint256 count, uint256 free) {
        uint256 place;
        free = MAX_OPEN;
        for (uint256 rest = places[operator]; rest != 0; rest >>= DEADLINE_BITS) {
            if (uint32(rest) >= block.timestamp) ++count;
            else if (free == MAX_OPEN) free = place;
            ++place;
        }
        if (free == MAX_OPEN) free = place;
    }

    function _keyOf(address operator) private view returns (address key) {
        (, key, ) = manager.operatorState(operator);
    }

    function _parameters() private view returns (StakingParameters.Parameters memory) {
        return StakingParameters(address(manager)).parameters();
    }
}
