// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IArbSys} from "../../interfaces/bridges/IArbSys.sol";

/// @title TestArbitrumChild
/// @notice The precompile that sends, of an Arbitrum chain whose block numbers are its parent's.
contract TestArbitrumChild is IArbSys {
    event L2ToL1Tx(
        address caller,
        address indexed destination,
        uint256 indexed hash,
        uint256 indexed position,
        uint256 arbBlockNum,
        uint256 ethBlockNum,
        uint256 timestamp,
        uint256 callvalue,
        bytes data
    );

    bytes32[] private sendings;

    function sendTxToL1(
        address destination,
        bytes calldata data
    ) external payable returns (uint256) {
        bytes32 hash = keccak256(
            abi.encodePacked(
                msg.sender,
                destination,
                block.number,
                block.number,
                block.timestamp,
                msg.value,
                data
            )
        );
        emit L2ToL1Tx(
            msg.sender,
            destination,
            uint256(hash),
            sendings.length,
            block.number,
            block.number,
            block.timestamp,
            msg.value,
            data
        );
        sendings.push(hash);
        return sendings.length - 1;
    }

    function count() external view returns (uint256) {
        return sendings.length;
    }

    /// @notice The siblings of a leaf among the first `size`, and the root; what is missing is
    /// zero.
    function prove(
        uint64 size,
        uint64 leaf
    ) external view returns (bytes32 send, bytes32 root, bytes32[] memory proof) {
        uint256 levels;
        while (1 << levels < size) ++levels;
        bytes32[] memory nodes = new bytes32[](1 << levels);
        for (uint256 i; i < size; ++i) {
            nodes[i] = keccak256(abi.encodePacked(sendings[i]));
        }
        send = sendings[leaf];
        proof = new bytes32[](levels);
        for (uint256 level; level < levels; ++level) {
            proof[level] = nodes[(leaf >> level) ^ 1];
            for (uint256 i; i < nodes.length >> (level + 1); ++i) {
                nodes[i] = keccak256(abi.encodePacked(nodes[2 * i], nodes[2 * i + 1]));
            }
        }
        root = nodes[0];
    }
}

/// @title TestNodeInterface
/// @notice Contract that nodes of such a chain simulate in calls; it proves what was sent.
contract TestNodeInterface {
    function constructOutboxProof(
        uint64 size,
        uint64 leaf
    ) external view returns (bytes32 send, bytes32 root, bytes32[] memory proof) {
        return TestArbitrumChild(address(0x64)).prove(size, leaf);
    }
}
