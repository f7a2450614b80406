// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title TestArbBridge
/// @notice Holds the value and makes the Outbox's calls. Is its own rollup.
contract TestArbBridge {
    error NotOutbox(address caller);

    TestArbOutbox public outbox;
    address public activeOutbox;

    constructor() {
        outbox = new TestArbOutbox(this);
    }

    receive() external payable {}

    function rollup() external view returns (address) {
        return address(this);
    }

    function executeCall(
        address to,
        uint256 value,
        bytes calldata data
    ) external returns (bool success, bytes memory answer) {
        if (msg.sender != address(outbox)) revert NotOutbox(msg.sender);
        activeOutbox = msg.sender;
        (success, answer) = to.call{value: value}(data);
        activeOutbox = address(0);
    }
}

/// @title TestArbOutbox
/// @notice Executes each sending once, against a merkle proof to a confirmed root.
contract TestArbOutbox {
    error UnknownRoot(bytes32 root);
    error AlreadySpent(uint256 index);
    error BridgeCallFailed();

    event SendRootUpdated(bytes32 indexed outputRoot, bytes32 indexed l2BlockHash);

    TestArbBridge public immutable bridge;
    address public l2ToL1Sender;
    mapping(bytes32 root => bool) public roots;
    mapping(uint256 index => bool) public isSpent;

    constructor(TestArbBridge bridge_) {
        bridge = bridge_;
    }

    function confirm(bytes32 root) external {
        roots[root] = true;
    }

    /// @notice `confirm`, as the rollup does it.
    function updateSendRoot(bytes32 root, bytes32 l2BlockHash) external {
        roots[root] = true;
        emit SendRootUpdated(root, l2BlockHash);
    }

    function executeTransaction(
        bytes32[] calldata proof,
        uint256 index,
        address l2Sender,
        address to,
        uint256 l2Block,
        uint256 l1Block,
        uint256 l2Timestamp,
        uint256 value,
        bytes calldata data
    ) external {
        bytes32 node = keccak256(
            abi.encodePacked(
                keccak256(
                    abi.encodePacked(l2Sender, to, l2Block, l1Block, l2Timestamp, value, data)
                )
            )
        );
        for (uint256 i; i < proof.length; ++i) {
            node =
                (index >> i) & 1 == 0
                    ? keccak256(abi.encodePacked(node, proof[i]))
                    : keccak256(abi.encodePacked(proof[i], node));
        }
        if (!roots[node]) revert UnknownRoot(node);
        if (isSpent[index]) revert AlreadySpent(index);

        isSpent[index] = true;
        l2ToL1Sender = l2Sender;
        (bool success, bytes memory answer) = bridge.executeCall(to, value, data);
        l2ToL1Sender = address(0);
        if (!success) {
            if (answer.length == 0) revert BridgeCallFailed();
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}
