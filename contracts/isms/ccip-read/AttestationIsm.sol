// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {Message} from "../../libs/Message.sol";
import {Signature} from "../../libs/Signature.sol";
import {AbstractCcipReadIsm} from "./AbstractCcipReadIsm.sol";

/// @title IAttestationService
/// @notice The interface of the server of an `AttestationIsm`.
interface IAttestationService {
    /// @notice The attester's signature for a message.
    function getAttestation(bytes calldata message) external view returns (bytes memory signature);
}

/// @title AttestationIsm
/// @notice Verifies the messages that one key signs, and directs relayers to a server for the
/// signature. For operators who learn by their own means which messages were dispatched.
///
/// Metadata: the 65-byte signature r ‖ s ‖ v over `digest(message)`.
contract AttestationIsm is AbstractCcipReadIsm {
    using Message for bytes;

    /// @notice The attester changed.
    event AttesterSet(address attester);

    /// @notice The attester is the zero address.
    error InvalidAttester();

    /// @notice The metadata is not 65 bytes long.
    error InvalidSignatureLength(uint256 length);

    /// @notice The signer is not the attester; zero if no signer can be recovered.
    error NotAttester(address signer, address attester);

    /// @notice The account whose signature is required.
    address public attester;

    constructor(address owner_, address attester_, string[] memory urls_) Ownable(owner_) {
        _setAttester(attester_);
        _setUrls(urls_);
    }

    /// @notice Changes the attester. Only the owner; reverts `InvalidAttester`.
    function setAttester(address attester_) external onlyOwner {
        _setAttester(attester_);
    }

    /// @inheritdoc IInterchainSecurityModule
    /// @dev Reverts `InvalidSignatureLength` and `NotAttester`.
    function verify(bytes calldata metadata, bytes calldata message) external view returns (bool) {
        if (metadata.length != Signature.LENGTH) revert InvalidSignatureLength(metadata.length);
        uint256 offset;
        assembly ("memory-safe") {
            offset := metadata.offset
        }
        address signer = Signature.recover(digest(message), offset);
        if (signer != attester) revert NotAttester(signer, attester);
        return true;
    }

    /// @notice Digest that the attester signs: by EIP-191, the hash of "HYPERLANE_ATTESTATION" ‖
    /// chain id: 32 ‖ this module: 20 ‖ message id: 32. A signature is valid for this module only.
    function digest(bytes calldata message) public view returns (bytes32) {
        return
            MessageHashUtils.toEthSignedMessageHash(
                keccak256(
                    abi.encodePacked(
                        "HYPERLANE_ATTESTATION",
                        block.chainid,
                        address(this),
                        message.id()
                    )
                )
            );
    }

    /// @inheritdoc AbstractCcipReadIsm
    function _lookup(bytes calldata message) internal pure override returns (bytes memory) {
        return abi.encodeCall(IAttestationService.getAttestation, (message));
    }

    function _setAttester(address attester_) private {
        if (attester_ == address(0)) revert InvalidAttester();

        attester = attester_;

        emit AttesterSet(attester_);
    }
}
