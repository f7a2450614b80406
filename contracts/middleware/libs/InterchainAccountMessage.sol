// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IAbstractInterchainAccountRouter} from "../../interfaces/IInterchainAccountRouter.sol";
import {TypeCasts} from "../../libs/TypeCasts.sol";

/// @title InterchainAccountMessage
/// @notice Reads the body of a message to an interchain account. Source:
/// docs/protocol/interchain-accounts.md.
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
/// @dev `messageType` and `requireLength` come first: the other readers check nothing.
library InterchainAccountMessage {
    using TypeCasts for bytes32;

    uint8 internal constant CALLS = 0;
    uint8 internal constant COMMITMENT = 1;
    uint8 internal constant REVEAL = 2;

    /// @dev Bytes of a message of calls before the calls.
    uint256 internal constant CALLS_OFFSET = 97;

    /// @notice The type of the message. Reverts `UnknownMessageType`, `BodyTooShort`: all fields of
    /// the type are there.
    function messageType(bytes calldata body) internal pure returns (uint8 kind) {
        kind = body.length == 0 ? 0 : uint8(body[0]);
        if (kind > REVEAL) revert IAbstractInterchainAccountRouter.UnknownMessageType(kind);
        uint256 expected = kind == CALLS ? CALLS_OFFSET : kind == COMMITMENT ? 129 : 65;
        if (body.length < expected) {
            revert IAbstractInterchainAccountRouter.BodyTooShort(body.length, expected);
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

    function _word(bytes calldata body, uint256 offset) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := calldataload(add(body.offset, offset))
        }
    }
}
