// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IStakingManager} from "../interfaces/staking/IStakingManager.sol";
import {Pool} from "./Pool.sol";

/// @title StakePools
/// @notice Who owns what of the stake behind each operator.
abstract contract StakePools is IStakingManager, ReentrancyGuardTransient {
    using SafeTransferLib for address;

    struct Unbonding {
        address owner;
        uint48 maturesAt;
        address operator;
        uint128 shares;
    }

    uint256 private constant WHOLE = 10_000;

    /// @notice What is staked. Must move exactly what it is told to.
    address public immutable token;

    /// @notice Who gets what is confiscated.
    address public immutable treasury;

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

    /// @dev What an operator itself owns of its unbonding pool.
    mapping(address operator => uint256 shares) private ownUnbonding;

    constructor(address token_, address treasury_) {
        token = token_;
        treasury = treasury_;
    }

    /// @inheritdoc IStakingManager
    function withdraw(uint256 unbonding) external nonReentrant returns (uint256 assets) {
        if (unbonding >= unbondings.length) revert NotUnbonding(unbonding, address(0));
        Unbonding memory waiting = unbondings[unbonding];
        if (waiting.owner != msg.sender) revert NotUnbonding(unbonding, waiting.owner);
        if (block.timestamp < waiting.maturesAt) revert NotBefore(waiting.maturesAt);

        delete unbondings[unbonding];
        if (msg.sender == waiting.operator) ownUnbonding[msg.sender] -= waiting.shares;
        assets = unbondingPools[waiting.operator].redeem(waiting.shares);

        emit Withdrawn(msg.sender, unbonding, assets);
        _pay(msg.sender, assets);
    }

    /// @inheritdoc IStakingManager
    function collect() external nonReentrant returns (uint256 assets) {
        assets = confiscated;
        confiscated = 0;

        emit Collected(assets);
        _pay(treasury, assets);
    }

    /// @notice What a delegator's shares of an operator's pool are worth.
    function stakeOf(address operator, address delegator) public view returns (uint256) {
        return pools[operator].worth(sharesOf[operator][delegator]);
    }

    /// @dev Into the unbonding pool of the operator, for the caller.
    function _unbond(
        address operator,
        uint256 assets,
        uint48 maturesAt
    ) internal returns (uint256 unbonding) {
        uint256 shares = unbondingPools[operator].deposit(assets);
        if (msg.sender == operator) ownUnbonding[operator] += shares;
        unbonding = unbondings.length;
        unbondings.push(Unbonding(msg.sender, maturesAt, operator, uint128(shares)));
    }

    /// @dev Reverts `NoAmount`, `UnexpectedTransfer`.
    function _pull(uint256 assets) internal {
        if (assets == 0) revert NoAmount();
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), assets);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != assets) revert UnexpectedTransfer(received, assets);
    }

    /// @dev Some tokens refuse to move nothing.
    function _pay(address to, uint256 assets) internal {
        if (assets != 0) token.safeTransfer(to, assets);
    }

    /// @dev Takes a fraction of both pools. Half of what the operator itself loses is the most that
    /// anyone gets for having it punished: together with whomever, it loses the other half.
    /// @param reporterFraction Of all that is taken, in basis points.
    /// @return bounty For the caller to pay.
    function _slash(
        address operator,
        address reporter,
        uint256 fraction,
        uint256 reporterFraction
    ) internal returns (uint256 bounty) {
        (uint256 staked, uint256 own) = pools[operator].slash(
            fraction,
            sharesOf[operator][operator]
        );
        (uint256 unbonding, uint256 ownToo) = unbondingPools[operator].slash(
            fraction,
            ownUnbonding[operator]
        );
        uint256 taken = staked + unbonding;
        bounty = FixedPointMathLib.min((taken * reporterFraction) / WHOLE, (own + ownToo) / 2);
        confiscated += taken - bounty;

        emit Slashed(operator, reporter, staked, unbonding, bounty);
    }
}
