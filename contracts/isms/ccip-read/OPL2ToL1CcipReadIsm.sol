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
/// @notice The interface of the server of an `OPL2ToL1CcipReadIsm`.
interface OpL2toL1Service {
    /// @notice The proof of the withdrawal that belongs to the message.
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

    /// @notice The withdrawal that belongs to the message.
    function getFinalizeWithdrawalTx(
        bytes calldata message
    ) external view returns (WithdrawalTransaction memory transaction);
}

/// @title OPL2ToL1CcipReadIsm
/// @notice Proves or finalises a withdrawal of an OP Stack chain when a message is delivered on its
/// parent chain. The server chooses the withdrawal, which is harmless: the portal accepts only
/// withdrawals that the chain has sent. This does not verify the message: subclasses must, or their
/// recipients must not rely on it.
abstract contract OPL2ToL1CcipReadIsm is AbstractCcipReadIsm {
    /// @notice The portal has no code.
    error PortalNotContract(address portal);

    /// @notice The OP Stack chain's portal on this chain.
    IOptimismPortal public immutable opPortal;

    constructor(address opPortal_) {
        if (opPortal_.code.length == 0) revert PortalNotContract(opPortal_);
        opPortal = IOptimismPortal(opPortal_);
    }

    /// @inheritdoc IInterchainSecurityModule
    /// @dev Skips a withdrawal that was proven or finalised before, so that nobody can block a
    /// delivery by proving or finalising first. A proof that can no longer become valid is
    /// replaced, and the metadata for finalising may name any prover: so an invalid proof does not
    /// block a delivery either.
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

    /// @dev Metadata: `abi.encode` of a `WithdrawalTransaction`, to finalise by this contract's own
    /// proof; or of a `WithdrawalTransaction` and an address, to finalise by the proof of that
    /// address, from the portal's second version on.
    function _finalize(
        bytes calldata metadata
    ) internal returns (WithdrawalTransaction memory transaction) {
        // The offset of the transaction shows whether an address follows it.
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

    /// @dev Tells whether delivering the message proves a withdrawal, rather than finalising it.
    function _isProof(bytes calldata message) internal view virtual returns (bool);

    /// @dev Tells whether there is a proof with which this contract can finalise, now or later.
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
/// @notice The part for portals without fault proofs.
abstract contract OPL2ToL1V1CcipReadIsm is OPL2ToL1CcipReadIsm {
    /// @inheritdoc OPL2ToL1CcipReadIsm
    function _isProven(bytes32 withdrawalHash) internal view override returns (bool) {
        IOptimismPortalV1 portal = IOptimismPortalV1(address(opPortal));
        (bytes32 outputRoot, uint128 timestamp, uint128 index) = portal.provenWithdrawals(
            withdrawalHash
        );
        // The same test as in the portal, which accepts another proof only if it fails.
        return timestamp != 0 && portal.l2Oracle().getL2Output(index).outputRoot == outputRoot;
    }
}

/// @title OPL2ToL1V2CcipReadIsm
/// @notice The part for portals with fault proofs, where each prover has its own proof.
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

    /// @dev Tells whether a proof may still become valid. The portal accepts a new proof at any
    /// time, which restarts the delay: so such a proof is kept.
    function _mayCount(IOptimismPortalV2 portal, IDisputeGame game) private view returns (bool) {
        return
            game.status() != GameStatus.CHALLENGER_WINS &&
            !portal.disputeGameBlacklist(game) &&
            game.createdAt() > portal.respectedGameTypeUpdatedAt();
    }
}
