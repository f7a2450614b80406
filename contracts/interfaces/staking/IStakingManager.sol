// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IStakingManager
/// @notice Registers the validators of one origin chain as operators, and holds their stake.
/// Source: docs/concepts/staking.md.
///
/// An operator registers with the key that signs its checkpoints. Anyone may stake on an operator
/// and owns shares of its pool, up to a multiple of the operator's own part: so the loss of a
/// punished operator exceeds the bounty it could get for reporting itself. Unstaked tokens stay for
/// the unbonding period in a second pool, where they can still be slashed. Only `CheckpointSlasher`
/// and `CensorshipChallenges` can punish operators. The constructor deploys them, and they cannot
/// be changed.
interface IStakingManager {
    enum Status {
        /// @dev Never registered.
        None,
        Active,
        /// @dev Until it calls `unjail`, at `jailedUntil` or later.
        Jailed,
        /// @dev Left voluntarily, for good.
        Left,
        /// @dev Removed for fraud, for good.
        Tombstoned
    }

    /// @notice An operator in the active set.
    struct Member {
        address operator;
        address key;
        uint256 stake;
    }

    /// @notice An operator joined. Checkpoints that `key` signs are backed by its pool.
    event OperatorRegistered(address indexed operator, address indexed key, uint256 commission);

    /// @notice An operator signs with another key. Checkpoints of the old one can be punished until
    /// `punishableUntil`, Unix seconds.
    event KeyRotated(
        address indexed operator,
        address indexed oldKey,
        address indexed newKey,
        uint256 punishableUntil
    );

    /// @notice The commission of an operator was lowered, in basis points.
    event CommissionLowered(address indexed operator, uint256 commission);

    /// @notice An operator left the active set for good.
    event OperatorLeft(address indexed operator);

    /// @notice Tokens were staked on an operator.
    event Staked(
        address indexed operator,
        address indexed delegator,
        uint256 assets,
        uint256 shares
    );

    /// @notice Tokens were unstaked. They can be withdrawn from `maturesAt`, Unix seconds.
    event Unstaked(
        address indexed operator,
        address indexed delegator,
        uint256 indexed unbonding,
        uint256 assets,
        uint256 maturesAt
    );

    /// @notice Unstaked tokens were paid out, less the slashed part.
    event Withdrawn(address indexed delegator, uint256 indexed unbonding, uint256 assets);

    /// @notice A pool was rewarded; `commission` of it belongs to the operator.
    event Rewarded(address indexed operator, uint256 assets, uint256 commission);

    /// @notice An operator was punished: `staked` and `unbonding` tokens were confiscated, of which
    /// the reporter gets `reward`.
    event Slashed(
        address indexed operator,
        address indexed reporter,
        uint256 staked,
        uint256 unbonding,
        uint256 reward
    );

    /// @notice An operator was jailed: it is out of the active set until it calls `unjail`, at this
    /// time or later.
    event Jailed(address indexed operator, uint256 until);

    /// @notice An operator is back in the active set.
    event Unjailed(address indexed operator);

    /// @notice An operator was removed for good.
    event Tombstoned(address indexed operator);

    /// @notice Confiscated stake was sent to the treasury.
    event Collected(uint256 assets);

    /// @notice The key is zero.
    error InvalidKey(address key);
    /// @notice The key is or was an operator's: it cannot be used again, even after a rotation.
    error KeyInUse(address key, address operator);
    /// @notice The signature is not of the key, over `Possession(address operator,address key)`.
    error NotInPossession(address key, address signer);
    /// @notice The commission exceeds `most` basis points.
    error CommissionTooHigh(uint256 commission, uint256 most);
    /// @notice The call is not possible in the operator's current `status`: `register` needs None,
    /// `unjail` Jailed, and `punishFraud` any but Tombstoned; `rotateKey`, `leave`, `stake` and
    /// `reward` need Active or Jailed; `activeSince` any but None.
    error WrongStatus(address operator, Status status);
    /// @notice No shares: `unstake` was called with zero, staked tokens are worth none, or the pool
    /// to reward has none.
    error NoAmount();
    /// @notice The balance did not grow by the amount taken from the caller.
    error UnexpectedTransfer(uint256 received, uint256 expected);
    /// @notice The tokens are worth fewer shares than the minimum of the caller.
    error TooFewShares(uint256 shares, uint256 least);
    /// @notice The pool would exceed the operator's own stake divided by `reporterFraction`.
    error DelegationTooHigh(uint256 staked, uint256 most);
    /// @notice The caller owns fewer shares of the pool than it wants to unstake.
    error InsufficientShares(uint256 owned, uint256 wanted);
    /// @notice The caller does not own this unbonding; `owner` is zero if it does not exist or was
    /// withdrawn.
    error NotUnbonding(uint256 unbonding, address owner);
    /// @notice The call is too early: it is possible from `time`, Unix seconds.
    error NotBefore(uint256 time);
    /// @notice The caller is not `slasher`, for fraud, or `challenges`, for censorship.
    error NotSlasher(address caller);

    /// @notice Registers the caller as operator with a key that proves possession by an EIP-712
    /// signature over `Possession(address operator,address key)`. Once per account.
    /// @param commission The operator's part of rewards, in basis points; can only be lowered.
    function register(address key, uint256 commission, bytes calldata possession) external;

    /// @notice Replaces the key of the operator. The old key stays punishable for the unbonding
    /// period.
    function rotateKey(address key, bytes calldata possession) external;

    /// @notice Lowers the commission of the operator.
    function lowerCommission(uint256 commission) external;

    /// @notice Leaves the active set for good. Stake can be unstaked as always. The operator must
    /// still sign every leaf for an unbonding period: recipients need that time to replace its key.
    function leave() external;

    /// @notice Releases the operator from jail.
    function unjail() external;

    /// @notice Stakes tokens of the caller on an operator. If that is another account, the pool may
    /// hold as much as the operator's own stake in it divided by `reporterFraction`. Reverts
    /// `WrongStatus`, `DelegationTooHigh`, `NoAmount`, `UnexpectedTransfer`.
    /// @return shares The shares of the operator's pool that the caller gets.
    function stake(address operator, uint256 assets) external returns (uint256 shares);

    /// @notice Stakes like `stake(address,uint256)`, and reverts `TooFewShares` unless the caller
    /// gets `minShares`.
    function stake(
        address operator,
        uint256 assets,
        uint256 minShares
    ) external returns (uint256 shares);

    /// @notice Starts to unstake shares.
    /// @return unbonding The number to pass to `withdraw` after the unbonding period.
    function unstake(address operator, uint256 shares) external returns (uint256 unbonding);

    /// @notice Pays out an unbonding after the unbonding period.
    function withdraw(uint256 unbonding) external returns (uint256 assets);

    /// @notice Adds the caller's tokens to an operator's pool, less the operator's commission,
    /// which is added to the operator's own stake.
    function reward(address operator, uint256 assets) external;

    /// @notice Sends the confiscated stake to the treasury.
    function collect() external returns (uint256 assets);

    /// @notice Confiscates the fraction for fraud from both pools and removes the operator for
    /// good. Only `slasher`. Reverts `WrongStatus` for a tombstoned operator.
    /// @param reporter The receiver of the bounty: `reporterFraction` of the confiscated stake, at
    /// most half of the operator's own loss.
    function punishFraud(address operator, address reporter) external;

    /// @notice Confiscates the fraction for censorship from both pools and jails the operator
    /// unless it left. Only `challenges`. Does nothing to a tombstoned operator.
    /// @param challenger The account that `Slashed` names as reporter.
    /// @return bounty The bounty, as for fraud. Sent to the caller.
    function punishCensorship(
        address operator,
        address challenger
    ) external returns (uint256 bounty);

    /// @notice The operator that can be punished now for signatures of this key; zero for none.
    function operatorOf(address key) external view returns (address);

    /// @notice The status of an operator, its current key, and its commission in basis points.
    function operatorState(
        address operator
    ) external view returns (Status status, address key, uint256 commission);

    /// @notice Tells whether an operator is in the active set.
    function isActive(address operator) external view returns (bool);

    /// @notice Tells whether an operator must sign every leaf: it is in the active set, or was
    /// within the last unbonding period, and is neither in jail for a fixed time nor tombstoned.
    function isAccountable(address operator) external view returns (bool);

    /// @notice Since when an operator has been out of jail, or when it could be at the earliest,
    /// Unix seconds. Reverts `WrongStatus` if it never registered.
    function activeSince(address operator) external view returns (uint256);

    /// @notice Members of the active set among the operators from index `first`, at most `limit`.
    /// @return members The members, with current keys and counted stake.
    /// @return next The index to continue from; zero at the end.
    function activeSet(
        uint256 first,
        uint256 limit
    ) external view returns (Member[] memory members, uint256 next);

    /// @notice Pages as `activeSet` does through the operators that must sign every leaf.
    function accountableSet(
        uint256 first,
        uint256 limit
    ) external view returns (Member[] memory members, uint256 next);
}
