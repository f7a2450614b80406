// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IAbstractInterchainAccountRouter} from "../../interfaces/IInterchainAccountRouter.sol";
import {TypeCasts} from "../../libs/TypeCasts.sol";

/// @title InterchainAccountMessage
/// @notice Reads the body of a message to an interchain account. Source:
/// docs/protocol/accounts.md.
///
/// | calls | commitment | reveal | size | field                                    |
/// |-------|------------|--------|------|------------------------------------------|
/// | 0     | 0          | 0      | 1    | type: 0, 1 or 2                          |
/// | 1     | 1          |        | 32   | owner on the origin                      |
/// | 33    | 33         | 1      | 32   | module of the account, or that reveals   |
/// | 65    | 65         |        | 32   | salt of the account                      |
/// |       | 97         | 33     | 32   | commitment                               |
/// | 97    |            |        | n    | abi.encode(Call[])                       |
///
/// @dev `messageType` comes first: it checks that all fields of the type are there, and the other
/// readers do not.
library InterchainAccountMessage {
    using TypeCasts for bytes32;

    uint8 internal constant CALLS = 0;
    uint8 internal constant COMMITMENT = 1;
    uint8 internal constant REVEAL = 2;

    /// @dev Bytes of a message of calls before the calls.
    uint256 internal constant CALLS_OFFSET = 97;

    uint256 private constant COMMITMENT_LENGTH = 129;
    uint256 private constant REVEAL_LENGTH = 65;

    /// @notice The type of the message, whose fields are all there. Reverts `UnknownMessageType`,
    /// `BodyTooShort`.
    function messageType(bytes calldata body) internal pure returns (uint256 kind) {
        kind = uint256(_word(body, 0)) >> 248;
        uint256 least = CALLS_OFFSET;
        if (kind != CALLS) {
            if (kind > REVEAL) {
                revert IAbstractInterchainAccountRouter.UnknownMessageType(uint8(kind));
            }
            least = kind == COMMITMENT ? COMMITMENT_LENGTH : REVEAL_LENGTH;
        }
        if (body.length < least) {
            revert IAbstractInterchainAccountRouter.BodyTooShort(body.length, least);
        }
    }

    function owner(bytes calldata body) internal pure returns (bytes32) {
        return _word(body, 1);
    }

    /// @dev The account's module. Reverts `Bytes32ToAddressOverflow`.
    function ism(bytes calldata body) internal pure returns (address) {
        return _word(body, 33).bytes32ToAddress();
    }

    function salt(bytes calldata body) internal pure returns (bytes32) {
        return _word(body, 65);
    }

    function commitment(bytes calldata body) internal pure returns (bytes32) {
        return _word(body, CALLS_OFFSET);
    }

    /// @dev The module that reveals. Reverts `Bytes32ToAddressOverflow`.
    function revealingIsm(bytes calldata body) internal pure returns (address) {
        return _word(body, 1).bytes32ToAddress();
    }

    function revealedCommitment(bytes calldata body) internal pure returns (bytes32) {
        return _word(body, 33);
    }

    /// @notice The salt of the account that the message is for, as CREATE2 takes it: keccak256 of
    /// domain of origin: 4 ‖ owner: 32 ‖ sender: 32 ‖ module: 32 ‖ salt: 32.
    /// @dev Module and salt are copied together: they are neighbours in the body, too.
    function creationSalt(
        bytes calldata body,
        uint32 domain,
        bytes32 sender
    ) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, shl(224, domain))
            mstore(add(free, 4), calldataload(add(body.offset, 1)))
            mstore(add(free, 36), sender)
            calldatacopy(add(free, 68), add(body.offset, 33), 64)
            hash := keccak256(free, 132)
        }
    }

    function _word(bytes calldata body, uint256 offset) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := calldataload(add(body.offset, offset))
        }
    }
}
