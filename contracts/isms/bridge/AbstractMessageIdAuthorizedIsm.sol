// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {PackageVersioned} from "../../PackageVersioned.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IMessageIdAuthorizedIsm} from "../../interfaces/isms/IMessageIdAuthorizedIsm.sol";
import {Initializable} from "../../libs/Initializable.sol";
import {Message} from "../../libs/Message.sol";

/// @title AbstractMessageIdAuthorizedIsm
/// @notice Believes the messages that a hook on the origin announced over a bridge. Value that the
/// bridge brought goes to the message's recipient when the message is first verified.
abstract contract AbstractMessageIdAuthorizedIsm is
    IMessageIdAuthorizedIsm,
    Initializable,
    PackageVersioned
{
    using Message for bytes;

    /// @inheritdoc IMessageIdAuthorizedIsm
    uint256 public constant VERIFIED_MASK_INDEX = 255;

    uint256 private constant VERIFIED = 1 << VERIFIED_MASK_INDEX;

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
    /// @dev Anyone may call: value goes to nobody but the recipient. Reverts `ETHTransferFailed` when
    /// the recipient refuses it.
    function verify(bytes calldata, bytes calldata message) public virtual returns (bool) {
        bytes32 id = message.id();
        uint256 verifiedAndValue = verifiedMessages[id];
        if (verifiedAndValue < VERIFIED) return false;
        if (verifiedAndValue != VERIFIED) {
            verifiedMessages[id] = VERIFIED;
            SafeTransferLib.safeTransferETH(
                message.recipientAddress(), verifiedAndValue ^ VERIFIED
            );
        }
        return true;
    }

    /// @inheritdoc IMessageIdAuthorizedIsm
    function isVerified(bytes calldata message) public view returns (bool) {
        return verifiedMessages[message.id()] >= VERIFIED;
    }

    /// @dev `preVerifyMessage` on behalf of `sender` on the other chain.
    function _preVerify(bytes32 sender, bytes32 messageId, uint256 msgValue) internal {
        // Zero is nobody, also before there is a hook.
        if (sender != authorizedHook || sender == 0) revert SenderNotHook(sender, authorizedHook);
        if (msg.value != msgValue || msgValue >= VERIFIED) {
            revert InvalidMsgValue(msg.value, msgValue);
        }
        if (verifiedMessages[messageId] != 0) revert MessageAlreadyVerified(messageId);

        verifiedMessages[messageId] = VERIFIED | msgValue;

        emit ReceivedMessage(messageId, msgValue);
    }

    /// @dev Who on the other chain the bridge is calling for. Reverts `NotCrossChainCall` when the
    /// caller is not the bridge.
    function _crossChainSender() internal view virtual returns (bytes32);

    function _requireContract(address bridge) internal view {
        if (bridge.code.length == 0) revert BridgeNotContract(bridge);
    }
}
