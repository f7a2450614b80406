// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {IRelayingMessenger} from "../../interfaces/bridges/ICrossDomainMessenger.sol";
import {WithdrawalTransaction} from "../../interfaces/bridges/IOptimismPortal.sol";
import {OPL2ToL1CcipReadIsm, OPL2ToL1V2CcipReadIsm} from "../ccip-read/OPL2ToL1CcipReadIsm.sol";
import {AbstractMessageIdAuthorizedIsm} from "./AbstractMessageIdAuthorizedIsm.sol";
import {AbstractOPStackIsm} from "./OPStackIsm.sol";

/// @title OPL2ToL1Ism
/// @notice On the parent chain of an OP Stack chain with fault proofs, for `OPL2ToL1Hook` there.
/// Delivering a message finalises the hook's sending, unless that was done, and has the messenger
/// try again when the sending failed there. Proving comes days before, by `prove`, or by anybody
/// for himself, who then is named in the metadata.
///
/// Metadata: as `OPL2ToL1CcipReadIsm` wants it for finalising. It is ignored, and may be empty,
/// once the bridge has told about the message.
/// @dev An addition to the reference, whose abstract modules only serve token bridges.
contract OPL2ToL1Ism is OPL2ToL1V2CcipReadIsm, AbstractOPStackIsm {
    constructor(
        address owner_,
        string[] memory urls_,
        address opPortal_,
        address l1Messenger_
    ) Ownable(owner_) OPL2ToL1CcipReadIsm(opPortal_) AbstractOPStackIsm(l1Messenger_) {
        _setUrls(urls_);
    }

    /// @notice Proves a sending of the OP Stack chain to the portal, so that this contract can
    /// finalise it. Anyone may call; does nothing while an earlier proof may still count.
    /// @param metadata What `OpL2toL1Service.getWithdrawalProof` answers.
    function prove(bytes calldata metadata) external {
        _prove(metadata);
    }

    /// @inheritdoc IInterchainSecurityModule
    /// @dev The metadata may be about any sending: only the bridge's word on the message counts.
    function verify(
        bytes calldata metadata,
        bytes calldata message
    ) public override(OPL2ToL1CcipReadIsm, AbstractMessageIdAuthorizedIsm) returns (bool) {
        if (!isVerified(message)) {
            WithdrawalTransaction memory transaction = _finalize(metadata);
            if (!isVerified(message)) _replay(transaction);
        }
        return AbstractMessageIdAuthorizedIsm.verify(metadata, message);
    }

    /// @dev The portal makes a call once, whatever becomes of it. The messenger keeps what failed:
    /// for want of gas, or because somebody had it finalised during another sending's relay.
    function _replay(WithdrawalTransaction memory transaction) private {
        if (bytes4(transaction.data) != IRelayingMessenger.relayMessage.selector) return;
        // Whether it helps shows in what the bridge has told.
        (bool success, ) = address(messenger).call(transaction.data);
        success;
    }

    /// @inheritdoc OPL2ToL1CcipReadIsm
    function _isProof(bytes calldata) internal pure override returns (bool) {
        return false;
    }
}
