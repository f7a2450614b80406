// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Call} from "../../interfaces/IInterchainAccountRouter.sol";
import {TypeCasts} from "../../libs/TypeCasts.sol";

/// @title OwnableMulticall
/// @notice The code of interchain accounts: makes the calls that the router of the account orders,
/// or that it committed the account to.
/// @dev Accounts are minimal proxies (ERC-1167) of one contract of this kind. Their storage starts
/// empty, and nothing has to be initialised.
contract OwnableMulticall {
    using TypeCasts for bytes32;

    /// @notice The account is committed to calls, which are not revealed yet.
    event CommitmentSet(bytes32 indexed commitmentHash);

    /// @notice The calls of a commitment were made.
    event CommitmentExecuted(bytes32 indexed commitmentHash);

    /// @notice Only the router of the account may call this.
    error CallerNotOwner(address caller, address owner);

    /// @notice The account is not committed to these calls with this salt, or made them before.
    error InvalidReveal(bytes32 commitment);

    /// @notice The account to call is none: its code is empty, and there is call data.
    error TargetNotContract(address target);

    uint256 private constant WHOLE_BALANCE = type(uint256).max;
    uint256 private constant DELEGATE_CALL = type(uint256).max - 1;

    /// @notice The router that creates accounts with this code.
    address public immutable owner;

    /// @notice Tells whether the account is committed to calls that were not made yet.
    mapping(bytes32 commitmentHash => bool isPendingExecution) public commitments;

    constructor(address owner_) {
        owner = owner_;
    }

    /// @notice Accepts the native token from anyone.
    receive() external payable {}

    /// @notice Makes the calls, or none: a call that reverts reverts them all. Only the owner.
    function multicall(Call[] calldata calls) external payable {
        _requireOwner();
        _make(calls);
    }

    /// @notice Commits the account to calls that `revealAndExecute` makes once. Only the owner.
    /// @dev A commitment that is set before its calls were made counts once, and again if set
    /// again after that.
    function setCommitment(bytes32 commitment) external {
        _requireOwner();
        commitments[commitment] = true;
        emit CommitmentSet(commitment);
    }

    /// @notice Makes the calls that the account is committed to. Anyone may call, which is all the
    /// same: the calls are fixed, and so is their order. Reverts `InvalidReveal`.
    function revealAndExecute(
        Call[] calldata calls,
        bytes32 salt
    ) external payable returns (bytes32 executedCommitment) {
        executedCommitment = keccak256(abi.encodePacked(salt, abi.encode(calls)));
        if (!commitments[executedCommitment]) revert InvalidReveal(executedCommitment);

        // Before the calls, which may come back here.
        delete commitments[executedCommitment];
        emit CommitmentExecuted(executedCommitment);

        _make(calls);
    }

    function _make(Call[] calldata calls) private {
        for (uint256 i; i < calls.length; ++i) {
            Call calldata each = calls[i];
            _call(each.to.bytes32ToAddress(), each.value, each.data);
        }
    }

    function _call(address to, uint256 value, bytes memory data) private {
        bool success;
        if (data.length != 0 && to.code.length == 0) revert TargetNotContract(to);
        if (value == DELEGATE_CALL) {
            // solhint-disable-next-line avoid-low-level-calls
            (success, ) = to.delegatecall(data);
        } else {
            if (value == WHOLE_BALANCE) value = address(this).balance;
            // solhint-disable-next-line avoid-low-level-calls
            (success, ) = to.call{value: value}(data);
        }
        if (!success) {
            assembly ("memory-safe") {
                let free := mload(0x40)
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
        }
    }

    function _requireOwner() private view {
        if (msg.sender != owner) revert CallerNotOwner(msg.sender, owner);
    }
}
