// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title IStakingManager
/// @notice Stake behind the validators of one origin chain. Source: docs/concepts/staking.md.
///
/// An operator registers with the key that signs its checkpoints. Anyone may stake on an operator
/// and owns shares of its pool, up to a multiple of what the operator itself owns of it: an
/// operator loses by being punished more than it could get for reporting itself. What is unstaked
/// waits for the unbonding period in a second pool, where it can still be slashed.
/// `CheckpointSlasher` and `CensorshipChallenges`, made by the constructor and never to change, are
/// the only ones who can have an operator punished.
interface IStakingManager {
    enum Status {
        /// @dev Never registered.
        None,
        Active,
        /// @dev Until it asks for release, at `jailedUntil` or later.
        Jailed,
        /// @dev By its own wish, for good.
        Left,
        /// @dev For fraud, for good.
        Tombstoned
    }

    /// @notice An operator as the active set shows it.
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

    /// @notice An operator takes a smaller part of rewards from now on, in basis points.
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

    /// @notice Tokens wait to be withdrawn from `maturesAt` on, Unix seconds.
    event Unstaked(
        address indexed operator,
        address indexed delegator,
        uint256 indexed unbonding,
        uint256 assets,
        uint256 maturesAt
    );

    /// @notice What waited was paid out, less what was slashed meanwhile.
    event Withdrawn(address indexed delegator, uint256 indexed unbonding, uint256 assets);

    /// @notice A pool was rewarded; `commission` of it belongs to the operator.
    event Rewarded(address indexed operator, uint256 assets, uint256 commission);

    /// @notice An operator was punished: `staked` and `unbonding` tokens were taken, `reward` of
    /// them for the reporter.
    event Slashed(
        address indexed operator,
        address indexed reporter,
        uint256 staked,
        uint256 unbonding,
        uint256 reward
    );

    /// @notice An operator is out of the active set until it asks for release, at this time or
    /// later.
    event Jailed(address indexed operator, uint256 until);

    /// @notice An operator is back in the active set.
    event Unjailed(address indexed operator);

    /// @notice An operator is out for good.
    event Tombstoned(address indexed operator);

    /// @notice What was confiscated went to the treasury.
    event Collected(uint256 assets);

    error InvalidKey(address key);
    /// @notice A key serves one operator, once.
    error KeyInUse(address key, address operator);
    /// @notice The signature is not of the key, over `Possession(address operator,address key)`.
    error NotInPossession(address key, address signer);
    /// @notice A commission is at most `most` basis points.
    error CommissionTooHigh(uint256 commission, uint256 most);
    /// @notice An operator in this status cannot do this, or have it done to it.
    error WrongStatus(address operator, Status status);
    error NoAmount();
    /// @notice The token did not move as many tokens as it was told to.
    error UnexpectedTransfer(uint256 received, uint256 expected);
    /// @notice The tokens are worth fewer shares than the caller wants.
    error TooFewShares(uint256 shares, uint256 least);
    /// @notice The pool would hold more than the operator's own stake in it carries.
    error DelegationTooHigh(uint256 staked, uint256 most);
    error InsufficientShares(uint256 owned, uint256 wanted);
    error NotUnbonding(uint256 unbonding, address owner);
    /// @notice Too early; time in Unix seconds.
    error NotBefore(uint256 time);
    error NotSlasher(address caller);

    /// @notice Joins with a key that proves possession by an EIP-712 signature over
    /// `Possession(address operator,address key)`. Once per account.
    /// @param commission What the operator gets of rewards, in basis points; can only be lowered.
    function register(address key, uint256 commission, bytes calldata possession) external;

    /// @notice Signs with another key from now on. The old one stays punishable for the unbonding
    /// period.
    function rotateKey(address key, bytes calldata possession) external;

    /// @notice Takes a smaller part of rewards from now on.
    function lowerCommission(uint256 commission) external;

    /// @notice Leaves the active set for good. Stake can be unstaked as always. The operator still
    /// has to sign every leaf for an unbonding period: others need it to put another key in its
    /// place.
    function leave() external;

    /// @notice Asks for release from jail.
    function unjail() external;

    /// @notice Stakes tokens of the caller on an operator. If that is another account, the pool may
    /// hold as much as the operator's own stake in it divided by `reporterFraction`.
    /// @return shares What the caller owns more of the operator's pool.
    function stake(address operator, uint256 assets) external returns (uint256 shares);

    /// @notice As above, and reverts `TooFewShares` unless the caller gets `minShares`.
    function stake(
        address operator,
        uint256 assets,
        uint256 minShares
    ) external returns (uint256 shares);

    /// @notice Begins to take stake back.
    /// @return unbonding What `withdraw` takes when the unbonding period is over.
    function unstake(address operator, uint256 shares) external returns (uint256 unbonding);

    /// @notice Pays out what was unstaked, when its time has come.
    function withdraw(uint256 unbonding) external returns (uint256 assets);

    /// @notice Adds the caller's tokens to an operator's pool, less the operator's commission,
    /// which becomes stake of its own.
    function reward(address operator, uint256 assets) external;

    /// @notice Sends what was confiscated to the treasury.
    function collect() external returns (uint256 assets);

    /// @notice Takes the fraction for fraud from both pools and removes the operator for good. Only
    /// `slasher`. Once: a tombstoned operator reverts `WrongStatus`.
    /// @param reporter Gets `reporterFraction` of it, but at most half of what the operator itself
    /// loses.
    function punishFraud(address operator, address reporter) external;

    /// @notice Takes the fraction for censorship from both pools and jails the operator unless it
    /// left. Only `challenges`. Does nothing to a tombstoned operator.
    /// @param challenger For the event.
    /// @return bounty As for fraud; is sent to the caller.
    function punishCensorship(
        address operator,
        address challenger
    ) external returns (uint256 bounty);

    /// @notice The operator behind a key that can be punished now; zero if there is none.
    function operatorOf(address key) external view returns (address);

    /// @notice The status of an operator, the key that it signs with, and its commission in basis
    /// points.
    function operatorState(
        address operator
    ) external view returns (Status status, address key, uint256 commission);

    /// @notice Whether an operator is in the active set.
    function isActive(address operator) external view returns (bool);

    /// @notice Whether an operator must sign every leaf: it is in the active set, or was within the
    /// last unbonding period, and is neither in jail for a fixed time nor tombstoned.
    function isAccountable(address operator) external view returns (bool);

    /// @notice Since when an operator has been out of jail, or when it could be at the earliest,
    /// Unix seconds. Reverts `WrongStatus` if it never registered.
    function activeSince(address operator) external view returns (uint256);

    /// @notice Members of the active set among the operators from place `first` on, `limit` at
    /// most.
    /// @return members With the keys that sign now and the stake behind each that counts.
    /// @return next Where to go on; zero when there are no more.
    function activeSet(
        uint256 first,
        uint256 limit
    ) external view returns (Member[] memory members, uint256 next);

    /// @notice As `activeSet`, those that must sign every leaf.
    function accountableSet(
        uint256 first,
        uint256 limit
    ) external view returns (Member[] memory members, uint256 next);
}
