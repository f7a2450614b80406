// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @notice A call that an OP Stack chain sends to its parent chain. Its hash names it.
/// @param nonce Different for each.
/// @param sender Who sent it.
/// @param target Who is called.
/// @param value Wei to call with.
/// @param gasLimit Gas that the call gets at least.
/// @param data What to call with.
struct WithdrawalTransaction {
    uint256 nonce;
    address sender;
    address target;
    uint256 value;
    uint256 gasLimit;
    bytes data;
}

/// @notice The state of an OP Stack chain that its parent chain was told.
struct OutputRootProof {
    bytes32 version;
    bytes32 stateRoot;
    bytes32 messagePasserStorageRoot;
    bytes32 latestBlockhash;
}

/// @notice Outcome of a dispute about a state of an OP Stack chain.
enum GameStatus {
    IN_PROGRESS,
    CHALLENGER_WINS,
    DEFENDER_WINS
}

/// @notice A state that the first version's oracle was told.
/// @param outputRoot Hash of its `OutputRootProof`.
/// @param timestamp When it was told.
/// @param l2BlockNumber Of which block of the OP Stack chain it is.
struct OutputProposal {
    bytes32 outputRoot;
    uint128 timestamp;
    uint128 l2BlockNumber;
}

/// @title IDisputeGame
/// @notice Vouches for a state of an OP Stack chain once no challenge can succeed.
interface IDisputeGame {
    /// @notice The status, which shows whether the game vouches for the state.
    function status() external view returns (GameStatus);

    /// @notice The time at which the game was created, Unix seconds.
    function createdAt() external view returns (uint64);
}

/// @title IL2OutputOracle
/// @notice Stores the proposed states of an OP Stack chain, for portals of the first version.
interface IL2OutputOracle {
    /// @notice The state at `index`; a deleted state is missing, or replaced by another.
    function getL2Output(uint256 index) external view returns (OutputProposal memory);
}

/// @title IOptimismPortal
/// @notice Makes the calls that an OP Stack chain sends to its parent chain: each is proven, and
/// finalised when the proof is old enough.
interface IOptimismPortal {
    /// @notice Proves that the chain has sent `transaction`.
    /// @param outputIndex The dispute game, or in the first version the output, that vouches for
    /// the state.
    /// @param withdrawalProof The merkle proof from the state to the sending.
    function proveWithdrawalTransaction(
        WithdrawalTransaction calldata transaction,
        uint256 outputIndex,
        OutputRootProof calldata outputRootProof,
        bytes[] calldata withdrawalProof
    ) external;

    /// @notice Makes the call.
    /// @dev From the second version on, the caller must be the one who has proven.
    function finalizeWithdrawalTransaction(WithdrawalTransaction calldata transaction) external;

    /// @notice Tells whether the call was made, whatever became of it.
    function finalizedWithdrawals(bytes32 withdrawalHash) external view returns (bool);
}

/// @title IOptimismPortalV1
/// @notice Before fault proofs: a sending is proven once, for everybody.
interface IOptimismPortalV1 is IOptimismPortal {
    /// @notice Contract with the states that sendings are proven against.
    function l2Oracle() external view returns (IL2OutputOracle);

    /// @notice Time of a sending's proof and what it was proven against; all zero without a proof.
    function provenWithdrawals(
        bytes32 withdrawalHash
    ) external view returns (bytes32 outputRoot, uint128 timestamp, uint128 l2OutputIndex);
}

/// @title IOptimismPortalV2
/// @notice With fault proofs: everybody may prove for himself.
interface IOptimismPortalV2 is IOptimismPortal {
    /// @notice Makes the call by the proof of `proofSubmitter`. Anyone may call.
    function finalizeWithdrawalTransactionExternalProof(
        WithdrawalTransaction calldata transaction,
        address proofSubmitter
    ) external;

    /// @notice Time of the proof by `prover` and what it was proven against; all zero without one.
    function provenWithdrawals(
        bytes32 withdrawalHash,
        address prover
    ) external view returns (IDisputeGame disputeGameProxy, uint64 timestamp);

    /// @notice Tells whether the guardian has declared that this game does not count.
    function disputeGameBlacklist(IDisputeGame game) external view returns (bool);

    /// @notice Games that were created until then do not count.
    function respectedGameTypeUpdatedAt() external view returns (uint64);
}
