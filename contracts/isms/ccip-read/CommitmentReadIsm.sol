// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

import {Call} from "../../interfaces/IInterchainAccountRouter.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {Message} from "../../libs/Message.sol";
import {InterchainAccountMessage} from "../../middleware/libs/InterchainAccountMessage.sol";
import {OwnableMulticall} from "../../middleware/libs/OwnableMulticall.sol";
import {AbstractCcipReadIsm} from "./AbstractCcipReadIsm.sol";

/// @title CommitmentReadIsmService
/// @notice The interface of the server of a `CommitmentReadIsm`.
interface CommitmentReadIsmService {
    /// @notice The account, and the calls with their salt, of the commitment that the message
    /// reveals.
    function getCallsFromRevealMessage(
        bytes calldata message
    ) external view returns (address ica, bytes32 salt, Call[] memory calls);
}

/// @title CommitmentReadIsm
/// @notice Makes the calls that an interchain account is committed to when the message that reveals
/// them is delivered.
///
/// Metadata: account: 20 ‖ salt: 32 ‖ abi.encode(Call[]).
///
/// @dev This says nothing about where a message is from, and need not: anyone may reveal, and the
/// router does nothing on such a message. Nor does the message name the account: who delivers it
/// with another account that is committed to the same calls has wasted the message. The commitment
/// of the right one stays, and anyone can call its `revealAndExecute`.
contract CommitmentReadIsm is AbstractCcipReadIsm {
    using InterchainAccountMessage for bytes;
    using Message for bytes;

    /// @notice The message is of another type: this module knows nothing about it.
    error NotReveal(uint256 messageType);

    /// @notice The metadata has other calls or another salt than the message is about.
    error WrongReveal(bytes32 revealed, bytes32 commitment);

    constructor(address owner_, string[] memory urls_) Ownable(owner_) {
        _setUrls(urls_);
    }

    /// @inheritdoc IInterchainSecurityModule
    function verify(bytes calldata metadata, bytes calldata message) external returns (bool) {
        bytes calldata body = message.body();
        uint256 kind = body.messageType();
        if (kind != InterchainAccountMessage.REVEAL) revert NotReveal(kind);
        bytes32 commitment = body.revealedCommitment();
        bytes32 revealed = keccak256(metadata[20:]);
        if (revealed != commitment) revert WrongReveal(revealed, commitment);
        OwnableMulticall account = OwnableMulticall(payable(address(bytes20(metadata[:20]))));
        Call[] memory calls = abi.decode(metadata[52:], (Call[]));
        try account.revealAndExecute(calls, bytes32(metadata[20:52])) {} catch (
            bytes memory reason
        ) {
            // Whoever knew the calls had the account make them: nothing is left for the message.
            if (!account.made(commitment)) LowLevelCall.bubbleRevert(reason);
        }
        return true;
    }

    /// @inheritdoc AbstractCcipReadIsm
    function _lookup(bytes calldata message) internal pure override returns (bytes memory) {
        return abi.encodeCall(CommitmentReadIsmService.getCallsFromRevealMessage, (message));
    }
}
