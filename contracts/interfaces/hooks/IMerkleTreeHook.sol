// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {MerkleTree} from "../../libs/MerkleTree.sol";
import {IMailboxHook} from "./IMailboxHook.sol";

/// @title IMerkleTreeHook
/// @notice Inserts the id of every dispatched message into a merkle tree, whose roots validators
/// sign. Source: docs/protocol/merkle-tree.md.
interface IMerkleTreeHook is IMailboxHook {
    /// @notice A message id became the leaf at `index`. The same id can be inserted more than once.
    event InsertedIntoTree(bytes32 messageId, uint32 index);

    /// @notice The hook accepts no value: inserting is free.
    error NoValueExpected(uint256 value);

    /// @notice The block in which this contract was created: no leaf is older.
    function deployedBlock() external view returns (uint256);

    /// @notice The number of leaves.
    function count() external view returns (uint32);

    /// @notice The root over all leaves so far.
    function root() external view returns (bytes32);

    /// @notice The tree's state: the roots of its complete left subtrees, and the count.
    function tree() external view returns (MerkleTree.Tree memory);

    /// @notice The root over all leaves so far, and the index of the last one.
    /// @dev Panics with code 0x11 when there is no leaf.
    function latestCheckpoint() external view returns (bytes32 root, uint32 index);
}
