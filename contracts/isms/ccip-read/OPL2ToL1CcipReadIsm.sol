// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {
    GameStatus,
    IDisputeGame,
    IOptimismPortal,
    IOptimismPortalV1,
    IOptimismPortalV2,
    OutputRootProof,
    WithdrawalTransaction
} from "../../interfaces/bridges/IOptimismPortal.sol";
import {AbstractCcipReadIsm} from "./AbstractCcipReadIsm.sol";

/// @title OpL2toL1Service
/// @notice What the server of an `OPL2ToL1CcipReadIsm` answers.
interface OpL2toL1Service {
    /// @notice What proves the sending that the message is about.
    function getWithdrawalProof(
        bytes calldata message
    )
        external
        view
        returns (
            WithdrawalTransaction memory transaction,
            uint256 disputeGameIndex,
            OutputRootProof memory outputRootProof,
            bytes[] memory withdrawalProof
        );

    /// @notice The sending that the message is about.
    function getFinalizeWithdrawalTx(
        bytes calldata message
    ) external view returns (WithdrawalTransaction memory transaction);
}

/// @title OPL2ToL1CcipReadIsm
/// @notice On the parent chain of an OP Stack chain: delivering a message proves a sending over the
/// chain's own bridge, or finalises it. Which sending is the server's choice, and harmless: the
/// portal accepts only what the chain has sent. So this says nothing about the message; subclasses
/// must, or their recipients must not care.
abstract contract OPL2ToL1CcipReadIsm is AbstractCcipReadIsm {
    /// @notice The portal must be a contract.
    error PortalNotContract(address portal);

    /// @notice The OP Stack chain's portal on this chain.
    IOptimismPortal public immutable opPortal;

    constructor(address opPortal_) {
        if (opPortal_.code.length == 0) revert PortalNotContract(opPortal_);
        opPortal = IOptimismPortal(opPortal_);
    }

    /// @inheritdoc IInterchainSecurityModule
    /// @dev What was proven or finalised before is left alone, so that nobody can hold up a
    /// delivery by doing its work. A proof that cannot count any more makes room for another, and
    /// the metadata of finalising may name anybody who has proven: so nobody can by doing it badly,
    /// either.
    function verify(bytes calldata metadata, bytes calldata message) public virtual returns (bool) {
        if (_isProof(message)) _prove(metadata);
        else _finalize(metadata);
        return true;
    }

    /// @dev Metadata: `abi.encode` of the arguments of
    /// `IOptimismPortal.proveWithdrawalTransaction`.
    function _prove(bytes calldata metadata) internal {
        (
            WithdrawalTransaction memory transaction,
            uint256 outputIndex,
            OutputRootProof memory outputRootProof,
            bytes[] memory withdrawalProof
        ) = abi.decode(metadata, (WithdrawalTransaction, uint256, OutputRootProof, bytes[]));

        if (!_isProven(_hash(transaction))) {
            opPortal.proveWithdrawalTransaction(
                transaction,
                outputIndex,
                outputRootProof,
                withdrawalProof
            );
        }
    }

    /// @dev Metadata: `abi.encode` of a `WithdrawalTransaction`, by this contract's own proof; or
    /// of a `WithdrawalTransaction` and an address, by the proof of whoever that is, from the
    /// portal's second version on.
    function _finalize(
        bytes calldata metadata
    ) internal returns (WithdrawalTransaction memory transaction) {
        // Where the transaction starts tells whether something stands beside it.
        bool isOwn = uint256(bytes32(metadata[:32])) == 32;
        address prover;
        if (isOwn) transaction = abi.decode(metadata, (WithdrawalTransaction));
        else (transaction, prover) = abi.decode(metadata, (WithdrawalTransaction, address));
        if (opPortal.finalizedWithdrawals(_hash(transaction))) return transaction;

        if (isOwn) {
            opPortal.finalizeWithdrawalTransaction(transaction);
        } else {
            IOptimismPortalV2(address(opPortal)).finalizeWithdrawalTransactionExternalProof(
                transaction,
                prover
            );
        }
    }

    /// @inheritdoc AbstractCcipReadIsm
    function _lookup(bytes calldata message) internal view override returns (bytes memory) {
        return
            _isProof(message)
                ? abi.encodeCall(OpL2toL1Service.getWithdrawalProof, (message))
                : abi.encodeCall(OpL2toL1Service.getFinalizeWithdrawalTx, (message));
    }

    /// @dev Whether delivering the message proves a sending, rather than finalising it.
    function _isProof(bytes calldata message) internal view virtual returns (bool);

    /// @dev Whether there is a proof that this contract can finalise by, now or later.
    function _isProven(bytes32 withdrawalHash) internal view virtual returns (bool);

    function _hash(WithdrawalTransaction memory transaction) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    transaction.nonce,
                    transaction.sender,
                    transaction.target,
                    transaction.value,
                    transaction.gasLimit,
                    transaction.data
                )
            );
    }
}

/// @title OPL2ToL1V1CcipReadIsm
/// @notice For portals without fault proofs.
abstract contract OPL2ToL1V1CcipReadIsm is OPL2ToL1CcipReadIsm {
    /// @inheritdoc OPL2ToL1CcipReadIsm
    function _isProven(bytes32 withdrawalHash) internal view override returns (bool) {
        IOptimismPortalV1 portal = IOptimismPortalV1(address(opPortal));
        (bytes32 outputRoot, uint128 timestamp, uint128 index) = portal.provenWithdrawals(
            withdrawalHash
        );
        // As the portal itself decides whether another proof is welcome.
        return timestamp != 0 && portal.l2Oracle().getL2Output(index).outputRoot == outputRoot;
    }
}

/// @title OPL2ToL1V2CcipReadIsm
/// @notice For portals with fault proofs, where one finalises what one has proven oneself.
abstract contract OPL2ToL1V2CcipReadIsm is OPL2ToL1CcipReadIsm {
    /// @inheritdoc OPL2ToL1CcipReadIsm
    function _isProven(bytes32 withdrawalHash) internal view override returns (bool) {
        IOptimismPortalV2 portal = IOptimismPortalV2(address(opPortal));
        (IDisputeGame game, uint64 timestamp) = portal.provenWithdrawals(
            withdrawalHash,
            address(this)
        );
        return timestamp != 0 && _mayCount(portal, game);
    }

    /// @dev The portal itself takes a new proof at any time, which starts the delay anew: so one
    /// that may still count stays.
    function _mayCount(IOptimismPortalV2 portal, IDisputeGame game) private view returns (bool) {
        return
            game.status() != GameStatus.CHALLENGER_WINS &&
            !portal.disputeGameBlacklist(game) &&
            game.createdAt() > portal.respectedGameTypeUpdatedAt();
    }
}
