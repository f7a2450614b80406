// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {ICheckpointFraudProofs} from "../interfaces/staking/ICheckpointFraudProofs.sol";
import {IStakingManager} from "../interfaces/staking/IStakingManager.sol";
import {CensorshipChallenges} from "./CensorshipChallenges.sol";
import {CheckpointSlasher} from "./CheckpointSlasher.sol";
import {Pool} from "./Pool.sol";
import {StakePools} from "./StakePools.sol";
import {StakeToken} from "./StakeToken.sol";
import {StakingParameters} from "./StakingParameters.sol";

/// @title StakingManager
/// @notice Registers the validators of one origin chain as operators, and holds their stake.
/// @dev The owner can pause new stake and new operators, and change parameters with notice. It
/// cannot prevent unstaking and withdrawing, and cannot take tokens.
contract StakingManager is StakePools, StakingParameters, Pausable, EIP712, PackageVersioned {
    using StakeToken for address;

    /// @dev Fits two slots.
    struct Operator {
        address key;
        Status status;
        uint16 commission;
        /// @dev If jailed, the earliest time to leave jail; otherwise the time of its activation.
        uint48 time;
        /// @dev The last time known to be in the active set, written before a change that may take
        /// it out; the end of a jail term. The operator stays accountable for an unbonding period
        /// from then.
        uint48 activeUntil;
    }

    /// @dev Fits one slot.
    struct Key {
        address operator;
        uint48 punishableUntil;
    }

    uint256 private constant MAX_COMMISSION = BASIS / 2;
    uint48 private constant WHILE_IN_USE = type(uint48).max;
    bytes32 private constant POSSESSION = keccak256("Possession(address operator,address key)");

    /// @notice The contract that punishes operators for fraud.
    CheckpointSlasher public immutable slasher;

    /// @notice The contract that punishes operators for censorship.
    CensorshipChallenges public immutable challenges;

    /// @notice Every operator that ever registered, in order.
    address[] public operators;

    mapping(address operator => Operator) private states;

    mapping(address key => Key) private keys;

    /// @param token_ The stake token.
    /// @param treasury_ The receiver of confiscated stake; one without a known key burns it.
    /// @param owner_ The owner, see above; a timelock or a multisig, for example.
    /// @param merkleTreeHook The tree whose checkpoints the operators sign.
    /// @param fraudProofs The contract that decides whether a checkpoint is fraudulent.
    constructor(
        address token_,
        address treasury_,
        address owner_,
        Parameters memory parameters_,
        address merkleTreeHook,
        ICheckpointFraudProofs fraudProofs
    )
        StakePools(token_, treasury_)
        StakingParameters(owner_, parameters_)
        EIP712("Hyperlane Staking", "1")
    {
        slasher = new CheckpointSlasher(merkleTreeHook, fraudProofs);
        challenges = new CensorshipChallenges(merkleTreeHook, token_, treasury_, slasher);
    }

    /// @notice Stops new operators and new stake. Only the owner.
    function pause() external onlyOwner {
        _pause();
    }

    /// @notice Accepts new operators and new stake again. Only the owner.
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @inheritdoc IStakingManager
    function register(
        address key,
        uint256 commission,
        bytes calldata possession
    ) external whenNotPaused {
        Operator storage operator = states[msg.sender];
        _require(msg.sender, operator.status == Status.None);
        if (commission > MAX_COMMISSION) revert CommissionTooHigh(commission, MAX_COMMISSION);
        _bind(key, possession);

        states[msg.sender] = Operator(
            key,
            Status.Active,
            uint16(commission),
            uint48(block.timestamp),
            0
        );
        operators.push(msg.sender);

        emit OperatorRegistered(msg.sender, key, commission);
    }

    /// @inheritdoc IStakingManager
    function rotateKey(address key, bytes calldata possession) external {
        Operator storage operator = states[msg.sender];
        _require(msg.sender, operator.status == Status.Active || operator.status == Status.Jailed);
        _bind(key, possession);

        address old = operator.key;
        uint48 punishableUntil = uint48(block.timestamp) + current.unbondingPeriod;
        keys[old].punishableUntil = punishableUntil;
        operator.key = key;

        emit KeyRotated(msg.sender, old, key, punishableUntil);
    }

    /// @inheritdoc IStakingManager
    function lowerCommission(uint256 commission) external {
        Operator storage operator = states[msg.sender];
        if (commission >= operator.commission) {
            revert CommissionTooHigh(commission, operator.commission);
        }

        operator.commission = uint16(commission);

        emit CommissionLowered(msg.sender, commission);
    }

    /// @inheritdoc IStakingManager
    function leave() external {
        Operator storage operator = states[msg.sender];
        _require(msg.sender, operator.status == Status.Active || operator.status == Status.Jailed);

        _noteActivity(msg.sender);
        operator.status = Status.Left;

        emit OperatorLeft(msg.sender);
    }

    /// @inheritdoc IStakingManager
    function unjail() external {
        Operator storage operator = states[msg.sender];
        _require(msg.sender, operator.status == Status.Jailed);
        if (block.timestamp < operator.time) revert NotBefore(operator.time);

        operator.status = Status.Active;
        operator.time = uint48(block.timestamp);

        emit Unjailed(msg.sender);
    }

    /// @inheritdoc IStakingManager
    function stake(address operator, uint256 assets) external returns (uint256 shares) {
        return _stake(operator, assets, 0);
    }

    /// @inheritdoc IStakingManager
    function stake(
        address operator,
        uint256 assets,
        uint256 minShares
    ) external returns (uint256 shares) {
        return _stake(operator, assets, minShares);
    }

    /// @inheritdoc IStakingManager
    function unstake(address operator, uint256 shares) external returns (uint256 unbonding) {
        uint256 owned = sharesOf[operator][msg.sender];
        if (shares == 0) revert NoAmount();
        if (shares > owned) revert InsufficientShares(owned, shares);

        _noteActivity(operator);
        sharesOf[operator][msg.sender] = owned - shares;
        uint256 assets = pools[operator].redeem(shares);
        uint48 maturesAt = uint48(block.timestamp) + current.unbondingPeriod;
        unbonding = _unbond(operator, assets, maturesAt);

        emit Unstaked(operator, msg.sender, unbonding, assets, maturesAt);
    }

    /// @inheritdoc IStakingManager
    function reward(address operator, uint256 assets) external nonReentrant {
        _requireMember(operator);
        if (pools[operator].shares == 0) revert NoAmount(); // no shares: no owner of the reward
        _pull(assets);

        uint256 commission = (assets * states[operator].commission) / BASIS;
        Pool storage pool = pools[operator];
        pool.reward(assets - commission);
        if (commission != 0) sharesOf[operator][operator] += pool.deposit(commission);

        emit Rewarded(operator, assets, commission);
    }

    /// @inheritdoc IStakingManager
    function punishFraud(address operator, address reporter) external nonReentrant {
        if (msg.sender != address(slasher)) revert NotSlasher(msg.sender);
        _require(operator, states[operator].status != Status.Tombstoned);

        states[operator].status = Status.Tombstoned;

        emit Tombstoned(operator);
        token.pay(
            reporter,
            _slash(operator, reporter, current.fraudFraction, current.reporterFraction)
        );
    }

    /// @inheritdoc IStakingManager
    function punishCensorship(
        address operator,
        address challenger
    ) external nonReentrant returns (uint256 bounty) {
        if (msg.sender != address(challenges)) revert NotSlasher(msg.sender);
        Operator storage state = states[operator];
        if (state.status == Status.Tombstoned) return 0;

        if (state.status != Status.Left) {
            uint48 until = uint48(block.timestamp) + current.jailPeriod;
            if (isActive(operator)) state.activeUntil = until;
            state.status = Status.Jailed;
            state.time = until;
            emit Jailed(operator, until);
        }
        uint256 fraction = current.censorshipFraction;
        bounty = _slash(operator, challenger, fraction, current.reporterFraction);
        token.pay(msg.sender, bounty);
    }

    /// @notice Number of operators that ever registered.
    function operatorCount() external view returns (uint256) {
        return operators.length;
    }

    /// @notice The status of an operator, the key that it signs with, and its commission in basis
    /// points.
    function operatorState(
        address operator
    ) external view returns (Status status, address key, uint256 commission) {
        Operator memory state = states[operator];
        return (state.status, state.key, state.commission);
    }

    /// @inheritdoc IStakingManager
    function operatorOf(address key) external view returns (address) {
        Key memory bound = keys[key];
        return block.timestamp <= bound.punishableUntil ? bound.operator : address(0);
    }

    /// @inheritdoc IStakingManager
    function activeSince(address operator) external view returns (uint256) {
        Operator memory state = states[operator];
        _require(operator, state.status != Status.None);
        return state.time;
    }

    /// @inheritdoc IStakingManager
    function activeSet(
        uint256 first,
        uint256 limit
    ) external view returns (Member[] memory members, uint256 next) {
        return _members(first, limit, isActive);
    }

    /// @inheritdoc IStakingManager
    function accountableSet(
        uint256 first,
        uint256 limit
    ) external view returns (Member[] memory members, uint256 next) {
        return _members(first, limit, isAccountable);
    }

    /// @inheritdoc IStakingManager
    function isActive(address operator) public view returns (bool) {
        return _isActiveBy(current, operator);
    }

    /// @inheritdoc IStakingManager
    function isAccountable(address operator) public view returns (bool) {
        Operator memory state = states[operator];
        if (state.status == Status.None || state.status == Status.Tombstoned) return false;
        if (state.status == Status.Jailed && block.timestamp < state.time) return false;
        return
            block.timestamp <= uint256(state.activeUntil) + current.unbondingPeriod ||
            isActive(operator) ||
            _wasActive(operator);
    }

    /// @notice The part of an operator's pool that counts as its stake: all of it if the operator's
    /// own stake is at least `reporterFraction` of it.
    function countedStake(address operator) public view returns (uint256) {
        return _counted(current, operator);
    }

    /// @dev Reverts `InvalidKey`, `KeyInUse`, `NotInPossession`.
    function _bind(address key, bytes calldata possession) private {
        if (key == address(0)) revert InvalidKey(key);
        if (keys[key].operator != address(0)) revert KeyInUse(key, keys[key].operator);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(POSSESSION, msg.sender, key)));
        (address signer, , ) = ECDSA.tryRecoverCalldata(digest, possession);
        if (signer != key) revert NotInPossession(key, signer);

        keys[key] = Key(msg.sender, WHILE_IN_USE);
    }

    /// @dev Both forms of `IStakingManager.stake`.
    function _stake(
        address operator,
        uint256 assets,
        uint256 minShares
    ) private whenNotPaused nonReentrant returns (uint256 shares) {
        _requireMember(operator);
        Pool storage pool = pools[operator];
        if (msg.sender != operator) {
            uint256 most = _carried(current, operator);
            uint256 staked = pool.assets + assets;
            if (staked > most) revert DelegationTooHigh(staked, most);
        }
        _pull(assets);

        shares = pool.deposit(assets);
        if (shares == 0) revert NoAmount();
        if (shares < minShares) revert TooFewShares(shares, minShares);
        sharesOf[operator][msg.sender] += shares;

        emit Staked(operator, msg.sender, assets, shares);
    }

    /// @dev Updates `activeUntil`, before a change that may end the operator's activity.
    function _noteActivity(address operator) private {
        if (isActive(operator)) {
            states[operator].activeUntil = uint48(block.timestamp);
        } else if (_wasActive(operator) && states[operator].activeUntil < changedAt) {
            states[operator].activeUntil = changedAt;
        }
    }

    function _members(
        uint256 first,
        uint256 limit,
        function(address) view returns (bool) isMember
    ) private view returns (Member[] memory members, uint256 next) {
        uint256 end = first + limit < operators.length ? first + limit : operators.length;
        members = new Member[](end > first ? end - first : 0);
        uint256 found;
        for (uint256 i = first; i < end; ++i) {
            address operator = operators[i];
            if (!isMember(operator)) continue;
            members[found++] = Member(operator, states[operator].key, countedStake(operator));
        }
        assembly ("memory-safe") {
            mstore(members, found) // never more than there is room for
        }
        next = end < operators.length ? end : 0;
    }

    /// @dev Tells whether the operator was in the active set when the parameters last changed, if
    /// that was within the last unbonding period. The change itself can have taken it out.
    function _wasActive(address operator) private view returns (bool) {
        return
            block.timestamp <= uint256(changedAt) + current.unbondingPeriod &&
            _isActiveBy(previous, operator);
    }

    function _isActiveBy(Parameters storage p, address operator) private view returns (bool) {
        return states[operator].status == Status.Active && _counted(p, operator) >= p.minimumStake;
    }

    function _counted(Parameters storage p, address operator) private view returns (uint256) {
        return FixedPointMathLib.min(pools[operator].assets, _carried(p, operator));
    }

    /// @dev The largest pool that counts with the operator's own stake.
    function _carried(Parameters storage p, address operator) private view returns (uint256) {
        return (stakeOf(operator, operator) * BASIS) / p.reporterFraction;
    }

    function _requireMember(address operator) private view {
        Status status = states[operator].status;
        _require(operator, status == Status.Active || status == Status.Jailed);
    }

    function _require(address operator, bool allowed) private view {
        if (!allowed) revert WrongStatus(operator, states[operator].status);
    }
}
