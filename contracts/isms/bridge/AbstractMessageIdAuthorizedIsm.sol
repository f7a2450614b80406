// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {SafeTransferLib} from "solady/src/utils/SafeTransferLib.sol";

import {Initializable} from "../../base/Initializable.sol";
import {PackageVersioned} from "../../base/PackageVersioned.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IMessageIdAuthorizedIsm} from "../../interfaces/isms/IMessageIdAuthorizedIsm.sol";
import {Message} from "../../libs/Message.sol";

/// @title AbstractMessageIdAuthorizedIsm
/// @notice Verifies the messages that a hook on the origin announced over a bridge. Value that the
/// bridge brought is sent to the message's recipient when the message is first verified. If the
/// recipient refuses the value, it stays here, and the message is verified all the same.
abstract contract AbstractMessageIdAuthorizedIsm is
    IMessageIdAuthorizedIsm,
    Initializable,
    PackageVersioned
{
    using Message for bytes;

    /// @inheritdoc IMessageIdAuthorizedIsm
    uint256 public constant VERIFIED_MASK_INDEX = 255;

    uint256 private constant VERIFIED = 1 << VERIFIED_MASK_INDEX;

    /// @dev Gas limit for sending a recipient its value. Fixed, so that a relayer cannot make it
    /// fail by supplying little gas.
    uint256 private constant RELEASE_GAS = 200_000;

    /// @inheritdoc IMessageIdAuthorizedIsm
    mapping(bytes32 messageId => uint256 verifiedAndValue) public verifiedMessages;

    /// @inheritdoc IMessageIdAuthorizedIsm
    bytes32 public authorizedHook;

    /// @inheritdoc IMessageIdAuthorizedIsm
    function setAuthorizedHook(bytes32 hook) external initializer {
        if (hook == 0) revert InvalidAuthorizedHook();
        authorizedHook = hook;
    }

    /// @inheritdoc IMessageIdAuthorizedIsm
    function preVerifyMessage(bytes32 messageId, uint256 msgValue) external payable {
        _preVerify(_crossChainSender(), messageId, msgValue);
    }

    /// @inheritdoc IInterchainSecurityModule
    /// @dev Anyone may call: value is sent to the recipient only. Reverts `TooLittleGas` when the
    /// recipient fails with less gas than `RELEASE_GAS`.
    function verify(bytes calldata, bytes calldata message) public virtual returns (bool) {
        bytes32 id = message.id();
        uint256 verifiedAndValue = verifiedMessages[id];
        if (verifiedAndValue < VERIFIED) return false;
        if (verifiedAndValue != VERIFIED && !_offer(id, message.recipientAddress())) {
            emit ValueRefused(id, verifiedAndValue ^ VERIFIED);
        }
        return true;
    }

    /// @inheritdoc IMessageIdAuthorizedIsm
    function releaseValueToRecipient(bytes calldata message) external {
        _release(message.id(), message.recipientAddress());
    }

    /// @inheritdoc IMessageIdAuthorizedIsm
    function claimValue(bytes calldata message, address receiver) external {
        address recipient = message.recipientAddress();
        if (msg.sender != recipient && msg.sender != Ownable(recipient).owner()) {
            revert NotRecipient(msg.sender, recipient);
        }
        bytes32 id = message.id();
        if (!_offer(id, recipient)) _release(id, receiver);
    }

    /// @inheritdoc IMessageIdAuthorizedIsm
    function isVerified(bytes calldata message) public view returns (bool) {
        return verifiedMessages[message.id()] >= VERIFIED;
    }

    /// @dev `preVerifyMessage` on behalf of `sender` on the other chain.
    function _preVerify(bytes32 sender, bytes32 messageId, uint256 msgValue) internal {
        // Zero is refused too: it equals the hook before a hook is set.
        if (sender != authorizedHook || sender == 0) revert SenderNotHook(sender, authorizedHook);
        if (msg.value != msgValue || msgValue >= VERIFIED) {
            revert InvalidMsgValue(msg.value, msgValue);
        }
        uint256 known = verifiedMessages[messageId];
        if (known != 0 && msgValue == 0) revert MessageAlreadyVerified(messageId);

        // Amounts of wei are below the flag bit.
        verifiedMessages[messageId] = (known | VERIFIED) + msgValue;

        emit ReceivedMessage(messageId, msgValue);
    }

    /// @dev Sends the recipient its value; returns whether the recipient accepted it.
    function _offer(bytes32 id, address recipient) private returns (bool taken) {
        uint256 verifiedAndValue = verifiedMessages[id];
        uint256 value = verifiedAndValue & ~VERIFIED;
        if (value == 0) return true;
        uint256 gas = gasleft();

        verifiedMessages[id] = VERIFIED;
        taken = SafeTransferLib.trySafeTransferETH(recipient, value, RELEASE_GAS);
        if (taken) {
            emit ValueReleased(id, recipient, value);
        } else {
            // The call had at most 63/64 of the gas left after its own cost.
            if (gas < (RELEASE_GAS * 3) / 2) revert TooLittleGas(gas, (RELEASE_GAS * 3) / 2);
            verifiedMessages[id] = verifiedAndValue;
        }
    }

    function _release(bytes32 id, address receiver) private {
        uint256 value = verifiedMessages[id] & ~VERIFIED;
        if (value == 0) return;

        verifiedMessages[id] = VERIFIED;
        SafeTransferLib.safeTransferETH(receiver, value);

        emit ValueReleased(id, receiver, value);
    }

    /// @dev The account on the other chain for which the bridge calls. Reverts `NotCrossChainCall`
    /// when the caller is not the bridge.
    function _crossChainSender() internal view virtual returns (bytes32);

    function _requireContract(address bridge) internal view {
        if (bridge.code.length == 0) revert BridgeNotContract(bridge);
    }
}
