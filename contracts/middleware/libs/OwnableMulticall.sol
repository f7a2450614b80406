// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Call} from "../../interfaces/IInterchainAccountRouter.sol";
import {TypeCasts} from "../../libs/TypeCasts.sol";
import {AccountCalls} from "./AccountCalls.sol";

/// @title OwnableMulticall
/// @notice The code of interchain accounts: makes the calls that the router of the account orders,
/// or that it committed the account to.
/// @dev Accounts are minimal proxies (ERC-1167) of one contract of this kind. Their storage starts
/// empty, and nothing has to be initialised.
contract OwnableMulticall {
    using AccountCalls for address;
    using TypeCasts for bytes32;

    /// @notice The account is committed to calls, which are not revealed yet.
    event CommitmentSet(bytes32 indexed commitmentHash);

    /// @notice The calls of a commitment were made.
    event CommitmentExecuted(bytes32 indexed commitmentHash);

    /// @notice Only the router of the account may call this.
    error CallerNotOwner(address caller, address owner);

    /// @notice The account is not committed to these calls with this salt, or made them before.
    error InvalidReveal(bytes32 commitment);

    /// @notice The account is committed to these calls already, and has not made them.
    error CommitmentPending(bytes32 commitment);

    /// @notice The router that creates accounts with this code.
    address public immutable owner;

    /// @dev State of a commitment.
    enum State {
        NONE,
        PENDING,
        MADE
    }

    mapping(bytes32 commitmentHash => State) private states;

    constructor(address owner_) {
        owner = owner_;
    }

    /// @notice Accepts the native token from anyone.
    receive() external payable {}

    /// @notice Makes the calls, or none: a call that reverts reverts them all. Only the owner;
    /// reverts `TargetNotContract`, too.
    function multicall(Call[] calldata calls) external payable {
        _requireOwner();
        _make(calls);
    }

    /// @notice Commits the account to calls that `revealAndExecute` makes once. Only the owner;
    /// reverts `CommitmentPending`. Once the calls were made, it can be committed to them again.
    function setCommitment(bytes32 commitment) external {
        _requireOwner();
        if (commitments(commitment)) revert CommitmentPending(commitment);

        states[commitment] = State.PENDING;
        emit CommitmentSet(commitment);
    }

    /// @notice Makes the calls that the account is committed to. Anyone may call, which is all the
    /// same: the calls are fixed, and so is their order. Reverts `InvalidReveal`.
    function revealAndExecute(
        Call[] calldata calls,
        bytes32 salt
    ) external payable returns (bytes32 executedCommitment) {
        executedCommitment = keccak256(abi.encodePacked(salt, abi.encode(calls)));
        if (!commitments(executedCommitment)) revert InvalidReveal(executedCommitment);

        // Before the calls, which may come back here.
        states[executedCommitment] = State.MADE;
        emit CommitmentExecuted(executedCommitment);

        _make(calls);
    }

    /// @notice Tells whether the calls of a commitment were made, and none like it was set since.
    function made(bytes32 commitmentHash) external view returns (bool) {
        return states[commitmentHash] == State.MADE;
    }

    /// @notice Tells whether the account is committed to calls that were not made yet.
    function commitments(bytes32 commitmentHash) public view returns (bool isPendingExecution) {
        return states[commitmentHash] == State.PENDING;
    }

    function _make(Call[] calldata calls) private {
        for (uint256 i; i < calls.length; ++i) {
            Call calldata each = calls[i];
            each.to.bytes32ToAddress().make(each.value, each.data);
        }
    }

    function _requireOwner() private view {
        if (msg.sender != owner) revert CallerNotOwner(msg.sender, owner);
    }
}
