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
/// @notice Verifies messages of an `OPL2ToL1Hook` on the parent chain of an OP Stack chain with
/// fault proofs. Delivering a message finalises the hook's withdrawal, unless that was done, and
/// makes the messenger retry a withdrawal whose call failed. The withdrawal must be proven days
/// before, with `prove` or by any account, which the metadata then names.
///
/// Metadata: as for finalising in `OPL2ToL1CcipReadIsm`. It is ignored, and may be empty, once the
/// bridge has announced the message.
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

    /// @notice Proves a withdrawal of the OP Stack chain to the portal, so that this contract can
    /// finalise it. Anyone may call; does nothing while an earlier proof may still become valid.
    /// @param metadata What `OpL2toL1Service.getWithdrawalProof` answers.
    function prove(bytes calldata metadata) external {
        _prove(metadata);
    }

    /// @inheritdoc IInterchainSecurityModule
    /// @dev The metadata may be of any withdrawal: the message is verified by the bridge's
    /// announcement only.
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

    /// @dev The portal makes a call once, even if it fails. The messenger keeps failed calls for a
    /// retry: they ran out of gas, or were finalised during the relay of another withdrawal.
    function _replay(WithdrawalTransaction memory transaction) private {
        if (bytes4(transaction.data) != IRelayingMessenger.relayMessage.selector) return;
        // A failure is ignored: `verify` checks whether the bridge has announced the message.
        (bool success, ) = address(messenger).call(transaction.data);
        success;
    }

    /// @inheritdoc OPL2ToL1CcipReadIsm
    function _isProof(bytes calldata) internal pure override returns (bool) {
        return false;
    }
}
