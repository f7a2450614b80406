// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

import {IStakingManager} from "../interfaces/staking/IStakingManager.sol";
import {Pool} from "./Pool.sol";
import {StakeToken} from "./StakeToken.sol";

/// @title StakePools
/// @notice Accounts for the stake of each operator: who owns which part of it.
abstract contract StakePools is IStakingManager, ReentrancyGuardTransient {
    using StakeToken for address;

    struct Unbonding {
        address owner;
        uint48 maturesAt;
        address operator;
        uint128 shares;
    }

    uint256 private constant WHOLE = 10_000;

    /// @notice The stake token. Its transfers must move exactly the given amount.
    address public immutable token;

    /// @notice The receiver of confiscated stake.
    address public immutable treasury;

    /// @notice The stake of an operator.
    mapping(address operator => Pool) public pools;

    /// @notice The stake of an operator that was unstaked and not withdrawn.
    mapping(address operator => Pool) public unbondingPools;

    /// @notice The shares of a delegator in an operator's pool.
    mapping(address operator => mapping(address delegator => uint256)) public sharesOf;

    /// @notice All unbondings by number. Withdrawn ones are zeros.
    Unbonding[] public unbondings;

    /// @notice The confiscated stake that was not collected.
    uint256 public confiscated;

    /// @dev The shares of an operator in its own unbonding pool.
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
        token.pay(msg.sender, assets);
    }

    /// @inheritdoc IStakingManager
    function collect() external nonReentrant returns (uint256 assets) {
        assets = confiscated;
        confiscated = 0;

        emit Collected(assets);
        token.pay(treasury, assets);
    }

    /// @notice The value of a delegator's shares of an operator's pool.
    function stakeOf(address operator, address delegator) public view returns (uint256) {
        return pools[operator].worth(sharesOf[operator][delegator]);
    }

    /// @dev Moves `assets` of the caller to the operator's unbonding pool.
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

    /// @dev Takes stake from the caller. Reverts `NoAmount`, `UnexpectedTransfer`.
    function _pull(uint256 assets) internal {
        if (assets == 0) revert NoAmount();
        token.pull(assets);
    }

    /// @dev Confiscates a fraction of both pools. The bounty is at most half of the loss of the
    /// operator itself: an operator that reports itself, or shares with a reporter, still loses the
    /// other half.
    /// @param reporterFraction The fraction of the confiscated stake that is the bounty, in basis
    /// points.
    /// @return bounty The amount that the caller of this function must pay.
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
