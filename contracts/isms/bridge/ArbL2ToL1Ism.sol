// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IArbitrumBridge, IArbitrumOutbox} from "../../interfaces/bridges/IArbitrumBridge.sol";
import {Message} from "../../libs/Message.sol";
import {TypeCasts} from "../../libs/TypeCasts.sol";
import {AbstractMessageIdAuthorizedIsm} from "./AbstractMessageIdAuthorizedIsm.sol";

/// @title ArbL2ToL1Ism
/// @notice Verifies messages of an `ArbL2ToL1Hook` on the parent chain of an Arbitrum chain. The
/// metadata proves the hook's L2-to-L1 message to the Outbox. It is ignored, and may be empty, once
/// that was executed.
///
/// Metadata: `abi.encode` of the arguments of `IArbitrumOutbox.executeTransaction`.
contract ArbL2ToL1Ism is AbstractMessageIdAuthorizedIsm {
    using Message for bytes;
    using TypeCasts for address;

    /// @notice The metadata is not of the hook's call for this message.
    error WrongSending(address l2Sender, address to, bytes data);

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.ARB_L2_TO_L1);

    /// @notice The Outbox, which executes L2-to-L1 messages.
    IArbitrumOutbox public immutable arbOutbox;

    IArbitrumBridge private immutable bridge;

    /// @param bridge_ The Arbitrum chain's bridge on this chain.
    constructor(address bridge_) {
        _requireContract(bridge_);
        bridge = IArbitrumBridge(bridge_);
        // Asks the rollup, as the bridge has no active outbox outside a call.
        arbOutbox = IArbitrumBridge(bridge_).rollup().outbox();
    }

    /// @inheritdoc IInterchainSecurityModule
    function verify(
        bytes calldata metadata,
        bytes calldata message
    ) public override returns (bool) {
        if (!isVerified(message)) _execute(metadata, message);
        return super.verify(metadata, message);
    }

    /// @inheritdoc AbstractMessageIdAuthorizedIsm
    function _crossChainSender() internal view override returns (bytes32) {
        if (msg.sender != address(bridge)) revert NotCrossChainCall();
        return bridge.activeOutbox().l2ToL1Sender().addressToBytes32();
    }

    /// @dev Makes the Outbox call `preVerifyMessage`.
    function _execute(bytes calldata metadata, bytes calldata message) private {
        (
            bytes32[] memory proof,
            uint256 index,
            address l2Sender,
            address to,
            uint256 l2Block,
            uint256 l1Block,
            uint256 l2Timestamp,
            uint256 value,
            bytes memory data
        ) = abi.decode(
                metadata,
                (bytes32[], uint256, address, address, uint256, uint256, uint256, uint256, bytes)
            );
        bytes memory expected = abi.encodeCall(this.preVerifyMessage, (message.id(), value));
        if (
            l2Sender.addressToBytes32() != authorizedHook ||
            to != address(this) ||
            keccak256(data) != keccak256(expected)
        ) revert WrongSending(l2Sender, to, data);

        arbOutbox.executeTransaction(
            proof,
            index,
            l2Sender,
            to,
            l2Block,
            l1Block,
            l2Timestamp,
            value,
            data
        );
    }
}
