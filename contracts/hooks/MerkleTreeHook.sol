// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IMerkleTreeHook} from "../interfaces/hooks/IMerkleTreeHook.sol";
import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";
import {MerkleTree} from "../libs/MerkleTree.sol";
import {Message} from "../libs/Message.sol";
import {AbstractMailboxHook} from "./AbstractMailboxHook.sol";
import {AbstractPostDispatchHook} from "./AbstractPostDispatchHook.sol";

/// @title MerkleTreeHook
/// @notice Inserts the id of every dispatched message into a merkle tree.
contract MerkleTreeHook is IMerkleTreeHook, AbstractMailboxHook {
    using MerkleTree for MerkleTree.Tree;
    using Message for bytes;

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.MERKLE_TREE);

    /// @inheritdoc IMerkleTreeHook
    uint256 public immutable deployedBlock = block.number;

    MerkleTree.Tree private messages;

    constructor(address mailbox_) AbstractMailboxHook(mailbox_) {}

    /// @inheritdoc IMerkleTreeHook
    function count() external view returns (uint32) {
        return uint32(messages.count); // the tree is full before this overflows
    }

    /// @inheritdoc IMerkleTreeHook
    function tree() external view returns (MerkleTree.Tree memory) {
        return messages;
    }

    /// @inheritdoc IMerkleTreeHook
    function latestCheckpoint() external view returns (bytes32, uint32) {
        return (root(), uint32(messages.count - 1));
    }

    /// @inheritdoc IMerkleTreeHook
    function root() public view returns (bytes32) {
        return messages.root();
    }

    /// @inheritdoc AbstractPostDispatchHook
    /// @dev Anyone may call, any number of times, but only for the message dispatched last.
    function _postDispatch(bytes calldata, bytes calldata message) internal override {
        if (msg.value != 0) revert NoValueExpected(msg.value);
        bytes32 id = message.id();
        _requireDispatching(id);

        uint256 index = messages.insert(id);

        emit InsertedIntoTree(id, uint32(index));
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(
        bytes calldata,
        bytes calldata
    ) internal pure override returns (uint256) {
        return 0;
    }
}
