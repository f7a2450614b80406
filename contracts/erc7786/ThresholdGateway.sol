// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {
    IERC7786GatewaySource,
    IERC7786Recipient
} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {IHyperlaneGateway} from "./IHyperlaneGateway.sol";
import {IThresholdGateway} from "./IThresholdGateway.sol";
import {SenderDeposits} from "./SenderDeposits.sol";
import {EvmAccount} from "./libs/EvmAccount.sol";

/// @title ThresholdGateway
/// @notice N of M gateways as one.
/// @dev Counterparts exchange `abi.encode(nonce, sender, recipient, payload)`, with addresses on
/// the chain of either. The nonce makes each message its own.
contract ThresholdGateway is IThresholdGateway, Ownable, SenderDeposits, PackageVersioned {
    using EvmAccount for bytes;

    uint256 private constant MOST_GATEWAYS = 32;

    address[] private gateways;

    uint256 private threshold;

    /// @dev The number of messages sent.
    uint256 private nonce;

    /// @inheritdoc IThresholdGateway
    mapping(uint256 chainId => address) public counterparts;

    mapping(bytes32 receiveId => mapping(address gateway => bool)) private delivered;

    /// @inheritdoc IThresholdGateway
    mapping(bytes32 receiveId => bool) public executed;

    constructor(address owner_, address[] memory gateways_, uint256 threshold_) Ownable(owner_) {
        _setGateways(gateways_, threshold_);
    }

    /// @inheritdoc IThresholdGateway
    function setGateways(address[] calldata gateways_, uint256 threshold_) external onlyOwner {
        _setGateways(gateways_, threshold_);
    }

    /// @inheritdoc IThresholdGateway
    function setCounterpart(uint256 chainId, address counterpart) external onlyOwner {
        if (chainId == 0 || chainId == block.chainid || chainId > type(uint96).max) {
            revert NotRemoteChain(chainId);
        }

        counterparts[chainId] = counterpart;

        emit CounterpartSet(chainId, counterpart);
    }

    /// @inheritdoc IERC7786GatewaySource
    function sendMessage(
        bytes calldata recipient,
        bytes calldata payload,
        bytes[] calldata attributes
    ) external payable returns (bytes32 sendId) {
        (bytes memory counterpart, bytes memory body) = _encode(recipient, payload);
        address[] memory gateways_ = gateways;
        (uint256[] memory fees, uint256 fee) = _fees(gateways_, counterpart, body, attributes);
        bytes32 id = keccak256(abi.encode(counterpart, body));

        ++nonce;
        _setDeposit(deposits[msg.sender] + msg.value, fee);

        for (uint256 i; i < gateways_.length; ++i) {
            bytes32 gatewaySendId = IERC7786GatewaySource(gateways_[i]).sendMessage{value: fees[i]}(
                counterpart,
                body,
                attributes
            );
            if (gatewaySendId != 0) {
                sendId = id;
                emit GatewayMessage(id, gateways_[i], gatewaySendId);
            }
        }

        emit MessageSent(
            sendId,
            EvmAccount.format(block.chainid, msg.sender),
            recipient,
            payload,
            0,
            attributes
        );
    }

    /// @inheritdoc IERC7786Recipient
    /// @dev Only a gateway may call. Reverts `NotGateway`, `UnexpectedValue`, `NotFromCounterpart`,
    /// `DeliveredBefore`; and as the recipient does, so that the gateway can deliver again.
    function receiveMessage(
        bytes32,
        bytes calldata sender,
        bytes calldata payload
    ) external payable returns (bytes4) {
        if (!_isGateway(msg.sender)) revert NotGateway(msg.sender);
        if (msg.value != 0) revert UnexpectedValue(msg.value);
        uint256 chainId = _requireCounterpart(sender);
        bytes32 id = _receiveId(sender, payload);
        if (delivered[id][msg.sender]) revert DeliveredBefore(id, msg.sender);

        delivered[id][msg.sender] = true;

        emit Delivered(id, msg.sender);

        if (!executed[id] && deliveries(id) >= threshold) _execute(id, chainId, payload);
        return IERC7786Recipient.receiveMessage.selector;
    }

    /// @inheritdoc IThresholdGateway
    function execute(bytes calldata sender, bytes calldata payload) external {
        uint256 chainId = _requireCounterpart(sender);
        bytes32 id = _receiveId(sender, payload);
        if (executed[id]) revert ExecutedBefore(id);
        uint256 count = deliveries(id);
        if (count < threshold) revert TooFewDeliveries(id, count, threshold);

        _execute(id, chainId, payload);
    }

    /// @inheritdoc IThresholdGateway
    function quote(
        bytes calldata recipient,
        bytes calldata payload,
        bytes[] calldata attributes
    ) external view returns (uint256 fee) {
        (bytes memory counterpart, bytes memory body) = _encode(recipient, payload);
        (, fee) = _fees(gateways, counterpart, body, attributes);
    }

    /// @inheritdoc IThresholdGateway
    function configuration() external view returns (address[] memory, uint256) {
        return (gateways, threshold);
    }

    /// @inheritdoc IERC7786GatewaySource
    function supportsAttribute(bytes4 selector) external view returns (bool) {
        for (uint256 i; i < gateways.length; ++i) {
            if (!IERC7786GatewaySource(gateways[i]).supportsAttribute(selector)) return false;
        }
        return true;
    }

    /// @inheritdoc IThresholdGateway
    function deliveries(bytes32 receiveId) public view returns (uint256 count) {
        for (uint256 i; i < gateways.length; ++i) {
            if (delivered[receiveId][gateways[i]]) ++count;
        }
    }

    function _setGateways(address[] memory gateways_, uint256 threshold_) private {
        uint256 count = gateways_.length;
        if (threshold_ == 0 || threshold_ > count || count > MOST_GATEWAYS) {
            revert BadThreshold(threshold_, count);
        }
        for (uint256 i; i < count; ++i) {
            bool ascends = i == 0 || gateways_[i] > gateways_[i - 1];
            if (!ascends || gateways_[i].code.length == 0) revert BadGateway(gateways_[i]);
        }

        (gateways, threshold) = (gateways_, threshold_);

        emit GatewaysSet(gateways_, threshold_);
    }

    /// @dev Recorded before the recipient is called: what that calls finds the message executed.
    function _execute(bytes32 id, uint256 chainId, bytes calldata payload) private {
        executed[id] = true;

        emit Executed(id);

        (, address from, address recipient, bytes memory message) = abi.decode(
            payload,
            (uint256, address, address, bytes)
        );
        bytes4 answer = IERC7786Recipient(recipient).receiveMessage(
            id,
            EvmAccount.format(chainId, from),
            message
        );
        if (answer != IERC7786Recipient.receiveMessage.selector) revert NotReceived(recipient);
    }

    /// @dev Fees in wei that the gateways ask for a message, and their sum.
    function _fees(
        address[] memory gateways_,
        bytes memory counterpart,
        bytes memory body,
        bytes[] calldata attributes
    ) private view returns (uint256[] memory fees, uint256 sum) {
        fees = new uint256[](gateways_.length);
        for (uint256 i; i < fees.length; ++i) {
            (bool answered, bytes memory fee) = gateways_[i].staticcall(
                abi.encodeCall(IHyperlaneGateway.quote, (counterpart, body, attributes))
            );
            // The ERC has no such function. One that fails will refuse the message, too.
            if (!answered || fee.length < 32) continue;
            fees[i] = abi.decode(fee, (uint256));
            sum += fees[i];
        }
    }

    function _isGateway(address account) private view returns (bool) {
        for (uint256 i; i < gateways.length; ++i) {
            if (gateways[i] == account) return true;
        }
        return false;
    }

    /// @dev The counterpart for a recipient, and what to tell it. Reverts `NotEvmAccount`,
    /// `NoCounterpart`.
    function _encode(
        bytes calldata recipient,
        bytes calldata payload
    ) private view returns (bytes memory counterpart, bytes memory body) {
        (bool valid, uint256 chainId, address account) = recipient.parse();
        if (!valid) revert NotEvmAccount(recipient);
        address remote = counterparts[chainId];
        if (remote == address(0)) revert NoCounterpart(chainId);
        counterpart = EvmAccount.format(chainId, remote);
        body = abi.encode(nonce, msg.sender, account, payload);
    }

    /// @dev The chain of a sender that is the counterpart there; else reverts `NotFromCounterpart`.
    function _requireCounterpart(bytes calldata sender) private view returns (uint256) {
        (bool valid, uint256 chainId, address account) = sender.parse();
        if (!valid || account == address(0) || counterparts[chainId] != account) {
            revert NotFromCounterpart(sender);
        }
        return chainId;
    }

    /// @dev Identity of a message: equal for all gateways that deliver the same.
    function _receiveId(
        bytes calldata sender,
        bytes calldata payload
    ) private pure returns (bytes32) {
        return keccak256(abi.encode(sender, payload));
    }
}
