// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {IMerkleTreeHook} from "../interfaces/hooks/IMerkleTreeHook.sol";
import {IStakingManager} from "../interfaces/staking/IStakingManager.sol";
import {Checkpoint} from "../libs/CheckpointLib.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";
import {CheckpointSlasher} from "./CheckpointSlasher.sol";
import {SignedCheckpoints} from "./SignedCheckpoints.sol";
import {StakeToken} from "./StakeToken.sol";
import {StakingParameters} from "./StakingParameters.sol";

/// @title CensorshipChallenges
/// @notice Challenges operators to sign leaves that they have not signed. Source:
/// docs/concepts/staking.md.
///
/// Anyone may open a challenge with a bond: a demand that an operator sign a leaf that has been in
/// the tree for the grace period. Operators that were in the active set within the last unbonding
/// period can be challenged. An operator answers before the deadline with a checkpoint signed by
/// its current key. The event carries the checkpoint for relayers. The operator gets half of the
/// bond, the treasury the other half: an operator that challenges itself, to fill its places and
/// keep others from challenging it, pays for that. An operator that does not answer is punished:
/// the challenger gets the bond back and the reward, half of which goes to the account that
/// resolves the challenge. An answered leaf cannot be challenged again while the operator signs
/// with the same key, unless the answer was proven false. An operator has `MAX_OPEN` places for
/// open challenges; a place is free again when its challenge is answered or overdue.
contract CensorshipChallenges is SignedCheckpoints, ReentrancyGuardTransient, PackageVersioned {
    using StakeToken for address;
    using TypeCasts for address;

    /// @dev Fits two slots.
    struct Challenge {
        address challenger;
        uint48 deadline;
        uint32 index;
        address operator;
        uint96 bond;
    }

    /// @dev The number of leaves at a time.
    struct Snapshot {
        uint48 timestamp;
        uint32 count;
    }

    enum Asked {
        Never,
        Open,
        Answered
    }

    /// @dev The state of an operator's challenge for a leaf, and the key that answered it. Fits one
    /// slot.
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

    /// @notice The operator answered. Relayers can use the checkpoint and signature in this event
    /// as metadata.
    event Answered(
        uint256 indexed challenge,
        address indexed operator,
        Checkpoint checkpoint,
        bytes signature
    );

    /// @notice The operator missed the deadline. It was punished, unless it had been punished since
    /// the challenge was opened.
    event Unanswered(uint256 indexed challenge, address indexed operator);

    /// @notice The challenge does not exist, or is closed.
    error NotOpen(uint256 challenge);

    /// @notice The operator was not in the active set within the last unbonding period, is jailed,
    /// or is tombstoned.
    error NotActive(address operator);

    /// @notice Leaf `index` is not among the snapshot's `count` leaves; `count` is 0 if the
    /// snapshot does not exist.
    error NotInSnapshot(uint32 index, uint32 count);

    /// @notice The grace period or the time to answer has not passed; it ends at `until`, Unix
    /// seconds.
    error InGrace(uint256 until);

    /// @notice The deadline to answer, Unix seconds, has passed.
    error TooLate(uint256 deadline);

    /// @notice The operator has an open challenge for this leaf, or has answered one.
    error AlreadyAsked(address operator, uint32 index);

    /// @notice The operator has the maximum number of open challenges.
    error TooManyOpen(address operator);

    /// @notice The bond is more than the caller allowed.
    error BondTooHigh(uint256 bond, uint256 most);

    /// @notice The checkpoint is not of the challenged leaf, tree or domain.
    error WrongCheckpoint(uint32 index, bytes32 merkleTree);

    /// @notice The signer is not the operator's current key.
    error WrongSigner(address signer);

    /// @dev The number of deadlines that fit one slot.
    uint256 private constant MAX_OPEN = 8;
    uint256 private constant DEADLINE_BITS = 32;

    /// @notice The contract that holds the stake.
    IStakingManager public immutable manager;

    /// @notice The tree that operators sign checkpoints of.
    IMerkleTreeHook public immutable merkleTreeHook;

    /// @notice The token of bonds: the stake token.
    address public immutable token;

    /// @notice The receiver of half of the bonds of answered challenges.
    address public immutable treasury;

    uint32 private immutable origin;

    CheckpointSlasher private immutable slasher;

    /// @notice All challenges by number. Closed ones are zeros.
    Challenge[] public challenges;

    /// @notice All snapshots by number.
    Snapshot[] public snapshots;

    /// @dev Deadlines of an operator's open challenges: eight places of 32 bits. A place is free
    /// when its deadline is zero or has passed.
    mapping(address operator => uint256) private places;

    mapping(address operator => mapping(uint32 index => Leaf)) private leaves;

    /// @notice Bonds and rewards that an account can collect.
    mapping(address account => uint256) public owed;

    /// @dev The number of challenges when an operator was last punished: those with smaller numbers
    /// were covered by that punishment.
    mapping(address operator => uint256) private punishedBelow;

    /// @dev The deployer is the staking manager.
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

    /// @notice Records the number of leaves, as evidence of their age for `open`. Anyone may call.
    function takeSnapshot() external returns (uint256 snapshot) {
        uint32 count = merkleTreeHook.count();
        snapshot = snapshots.length;
        snapshots.push(Snapshot(uint48(block.timestamp), count));

        emit SnapshotTaken(snapshot, count);
    }

    /// @notice Opens a challenge: demands that an operator sign leaf `index`. Takes the bond from
    /// the caller.
    /// @param snapshot A snapshot that has the leaf and is older than the grace period.
    /// @param mostBond The highest bond that the caller accepts, in the stake token.
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
        token.pull(bond);
    }

    /// @notice Answers a challenge before its deadline. Anyone who has the signature may call.
    /// @dev Does not check the checkpoint against the tree: a false answer is evidence for the
    /// slasher, and once the slasher has punished it the leaf can be challenged again. Reverts
    /// `NotOpen`, `TooLate`, `WrongCheckpoint`, `WrongSigner`, `InvalidSignature`.
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

    /// @notice Punishes an operator that missed the deadline. Anyone may call; caller and
    /// challenger are owed half of the reward each. One punishment covers all challenges that were
    /// opened before it, so that one outage costs once, and frees all places.
    /// @dev Credits `owed` instead of paying: a token that refuses to pay the challenger must not
    /// keep the place taken. Reverts `NotOpen`, `InGrace`.
    /// @return gain The amount that the caller is owed.
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

    /// @notice Pays an account the amount that it is owed. Anyone may call.
    function collect(address account) external nonReentrant returns (uint256 amount) {
        amount = owed[account];
        owed[account] = 0;

        token.pay(account, amount);
    }

    /// @notice The number of places of an operator that are taken: by challenges before their
    /// deadline that were opened after its last punishment.
    function openCount(address operator) external view returns (uint256 count) {
        (count, ) = _countOpen(operator);
    }

    /// @notice The number of challenges, closed ones included.
    function challengeCount() external view returns (uint256) {
        return challenges.length;
    }

    /// @notice The number of snapshots.
    function snapshotCount() external view returns (uint256) {
        return snapshots.length;
    }

    /// @notice The state of an operator's challenge for a leaf. An answer counts while the operator
    /// signs with the key that gave it, and that key was not punished for this leaf.
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

    /// @dev Frees a place with this deadline. Places with equal deadlines are interchangeable.
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

    /// @return count The number of places that are taken.
    /// @return free The first free place; `MAX_OPEN` if there is none.
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
