// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {PackageVersioned} from "../PackageVersioned.sol";
import {ICheckpointFraudProofs} from "../interfaces/staking/ICheckpointFraudProofs.sol";
import {IStakingManager} from "../interfaces/staking/IStakingManager.sol";
import {CensorshipChallenges} from "./CensorshipChallenges.sol";
import {CheckpointSlasher} from "./CheckpointSlasher.sol";
import {Pool} from "./Pool.sol";
import {StakingParameters} from "./StakingParameters.sol";

/// @title StakingManager
/// @notice Stake behind the validators of one origin chain.
/// @dev The owner can pause new stake and new operators, and change parameters with notice. Nothing it
/// can do keeps anybody from unstaking and withdrawing, or takes a token.
contract StakingManager is
    IStakingManager,
    StakingParameters,
    Pausable,
    ReentrancyGuardTransient,
    EIP712,
    PackageVersioned
{
    using SafeTransferLib for address;

    /// @dev One slot.
    struct Operator {
        address key;
        Status status;
        uint16 commission;
        /// @dev Jailed: until when at least; else since when it has been active.
        uint48 time;
    }

    /// @dev One slot.
    struct Key {
        address operator;
        uint48 punishableUntil;
    }

    struct Unbonding {
        address owner;
        uint48 maturesAt;
        address operator;
        uint128 shares;
    }

    uint256 private constant MAX_COMMISSION = BASIS / 2;
    uint48 private constant WHILE_IN_USE = type(uint48).max;
    bytes32 private constant POSSESSION = keccak256("Possession(address operator,address key)");

    /// @notice What is staked. Must move exactly what it is told to.
    address public immutable token;

    /// @notice Who gets what is confiscated.
    address public immutable treasury;

    /// @notice Has operators punished for fraud.
    CheckpointSlasher public immutable slasher;

    /// @notice Has operators punished for censorship.
    CensorshipChallenges public immutable challenges;

    /// @notice Every operator that ever registered, in order.
    address[] public operators;

    mapping(address operator => Operator) private states;

    mapping(address key => Key) private keys;

    /// @notice What is staked on an operator.
    mapping(address operator => Pool) public pools;

    /// @notice What was unstaked from an operator and not withdrawn.
    mapping(address operator => Pool) public unbondingPools;

    /// @notice What a delegator owns of an operator's pool.
    mapping(address operator => mapping(address delegator => uint256)) public sharesOf;

    /// @notice What waits to be withdrawn, by number.
    Unbonding[] public unbondings;

    /// @notice What was confiscated and not collected.
    uint256 public confiscated;

    /// @param token_ What is staked.
    /// @param treasury_ Who gets what is confiscated; an address that nobody has the key of burns it.
    /// @param owner_ See above; may be a timelock or a multisig.
    /// @param merkleTreeHook The tree whose checkpoints the operators sign.
    /// @param fraudProofs Says what is fraudulent.
    constructor(
        address token_,
        address treasury_,
        address owner_,
        Parameters memory parameters_,
        address merkleTreeHook,
        ICheckpointFraudProofs fraudProofs
    ) StakingParameters(owner_, parameters_) EIP712("Hyperlane Staking", "1") {
        token = token_;
        treasury = treasury_;
        slasher = new CheckpointSlasher(merkleTreeHook, fraudProofs);
        challenges = new CensorshipChallenges(merkleTreeHook, token_, treasury_);
    }

    /// @notice Stops new operators and new stake. Only the owner.
    function pause() external onlyOwner {
        _pause();
    }

    /// @notice Takes new operators and new stake again. Only the owner.
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @inheritdoc IStakingManager
    function register(address key, uint256 commission, bytes calldata possession)
        external
        whenNotPaused
    {
        Operator storage operator = states[msg.sender];
        _require(msg.sender, operator.status == Status.None);
        if (commission > MAX_COMMISSION) revert CommissionTooHigh(commission, MAX_COMMISSION);
        _bind(key, possession);

        states[msg.sender] =
            Operator(key, Status.Active, uint16(commission), uint48(block.timestamp));
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
    function stake(address operator, uint256 assets)
        external
        whenNotPaused
        nonReentrant
        returns (uint256 shares)
    {
        _requireMember(operator);
        _pull(assets);

        shares = pools[operator].deposit(assets);
        if (shares == 0) revert NoAmount();
        sharesOf[operator][msg.sender] += shares;

        emit Staked(operator, msg.sender, assets, shares);
    }

    /// @inheritdoc IStakingManager
    function unstake(address operator, uint256 shares) external returns (uint256 unbonding) {
        uint256 owned = sharesOf[operator][msg.sender];
        if (shares == 0) revert NoAmount();
        if (shares > owned) revert InsufficientShares(owned, shares);

        sharesOf[operator][msg.sender] = owned - shares;
        uint256 assets = pools[operator].redeem(shares);
        uint256 waiting = unbondingPools[operator].deposit(assets);
        uint48 maturesAt = uint48(block.timestamp) + current.unbondingPeriod;
        unbonding = unbondings.length;
        unbondings.push(Unbonding(msg.sender, maturesAt, operator, uint128(waiting)));

        emit Unstaked(operator, msg.sender, unbonding, assets, maturesAt);
    }

    /// @inheritdoc IStakingManager
    function withdraw(uint256 unbonding) external nonReentrant returns (uint256 assets) {
        if (unbonding >= unbondings.length) revert NotUnbonding(unbonding, address(0));
        Unbonding memory waiting = unbondings[unbonding];
        if (waiting.owner != msg.sender) revert NotUnbonding(unbonding, waiting.owner);
        if (block.timestamp < waiting.maturesAt) revert NotBefore(waiting.maturesAt);

        delete unbondings[unbonding];
        assets = unbondingPools[waiting.operator].redeem(waiting.shares);

        emit Withdrawn(msg.sender, unbonding, assets);
        token.safeTransfer(msg.sender, assets);
    }

    /// @inheritdoc IStakingManager
    function reward(address operator, uint256 assets) external nonReentrant {
        _requireMember(operator);
        if (pools[operator].shares == 0) revert NoAmount(); // it would be nobody's
        _pull(assets);

        uint256 commission = assets * states[operator].commission / BASIS;
        Pool storage pool = pools[operator];
        pool.reward(assets - commission);
        if (commission != 0) sharesOf[operator][operator] += pool.deposit(commission);

        emit Rewarded(operator, assets, commission);
    }

    /// @inheritdoc IStakingManager
    function collect() external nonReentrant returns (uint256 assets) {
        assets = confiscated;
        confiscated = 0;

        emit Collected(assets);
        token.safeTransfer(treasury, assets);
    }

    /// @inheritdoc IStakingManager
    function punishFraud(address operator, address reporter) external nonReentrant {
        if (msg.sender != address(slasher)) revert NotSlasher(msg.sender);
        if (states[operator].status != Status.Tombstoned) {
            states[operator].status = Status.Tombstoned;
            emit Tombstoned(operator);
        }
        _slash(operator, reporter, current.fraudFraction);
    }

    /// @inheritdoc IStakingManager
    function punishCensorship(address operator, address reporter) external nonReentrant {
        if (msg.sender != address(challenges)) revert NotSlasher(msg.sender);
        if (states[operator].status == Status.Active) {
            uint48 until = uint48(block.timestamp) + current.jailPeriod;
            states[operator].status = Status.Jailed;
            states[operator].time = until;
            emit Jailed(operator, until);
        }
        _slash(operator, reporter, current.censorshipFraction);
    }

    /// @notice How many operators ever registered.
    function operatorCount() external view returns (uint256) {
        return operators.length;
    }

    /// @notice The status of an operator, the key that it signs with, and its commission in basis points.
    function operatorState(address operator)
        external
        view
        returns (Status status, address key, uint256 commission)
    {
        Operator memory state = states[operator];
        return (state.status, state.key, state.commission);
    }

    /// @notice What a delegator's shares of an operator's pool are worth.
    function stakeOf(address operator, address delegator) external view returns (uint256) {
        return pools[operator].worth(sharesOf[operator][delegator]);
    }

    /// @inheritdoc IStakingManager
    function operatorOf(address key) external view returns (address) {
        Key memory bound = keys[key];
        return block.timestamp <= bound.punishableUntil ? bound.operator : address(0);
    }

    /// @inheritdoc IStakingManager
    function activeSince(address operator) external view returns (uint256) {
        Operator memory state = states[operator];
        _require(operator, state.status == Status.Active);
        return state.time;
    }

    /// @inheritdoc IStakingManager
    function activeSet(uint256 first, uint256 limit)
        external
        view
        returns (Member[] memory members, uint256 next)
    {
        uint256 end = first + limit < operators.length ? first + limit : operators.length;
        members = new Member[](end > first ? end - first : 0);
        uint256 found;
        for (uint256 i = first; i < end; ++i) {
            address operator = operators[i];
            if (!isActive(operator)) continue;
            members[found++] = Member(operator, states[operator].key, pools[operator].assets);
        }
        assembly ("memory-safe") {
            mstore(members, found) // never more than there is room for
        }
        next = end < operators.length ? end : 0;
    }

    /// @inheritdoc IStakingManager
    function isActive(address operator) public view returns (bool) {
        return states[operator].status == Status.Active
            && pools[operator].assets >= current.minimumStake;
    }

    /// @dev Reverts `InvalidKey`, `KeyInUse`, `NotInPossession`.
    function _bind(address key, bytes calldata possession) private {
        if (key == address(0)) revert InvalidKey(key);
        if (keys[key].operator != address(0)) revert KeyInUse(key, keys[key].operator);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(POSSESSION, msg.sender, key)));
        (address signer,,) = ECDSA.tryRecoverCalldata(digest, possession);
        if (signer != key) revert NotInPossession(key, signer);

        keys[key] = Key(msg.sender, WHILE_IN_USE);
    }

    /// @dev Reverts `NoAmount`, `UnexpectedTransfer`.
    function _pull(uint256 assets) private {
        if (assets == 0) revert NoAmount();
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), assets);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != assets) revert UnexpectedTransfer(received, assets);
    }

    function _slash(address operator, address reporter, uint256 fraction) private {
        uint256 staked = pools[operator].slash(fraction);
        uint256 unbonding = unbondingPools[operator].slash(fraction);
        uint256 reporterReward = (staked + unbonding) * current.reporterFraction / BASIS;
        confiscated += staked + unbonding - reporterReward;

        emit Slashed(operator, reporter, staked, unbonding, reporterReward);
        token.safeTransfer(reporter, reporterReward);
    }

    function _requireMember(address operator) private view {
        Status status = states[operator].status;
        _require(operator, status == Status.Active || status == Status.Jailed);
    }

    function _require(address operator, bool allowed) private view {
        if (!allowed) revert WrongStatus(operator, states[operator].status);
    }
}
