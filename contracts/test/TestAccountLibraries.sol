// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Call} from "../interfaces/IInterchainAccountRouter.sol";
import {AccountCalls} from "../middleware/libs/AccountCalls.sol";
import {CallsMessage} from "../middleware/libs/CallsMessage.sol";
import {InterchainAccountMessage} from "../middleware/libs/InterchainAccountMessage.sol";

/// @title TestAccountLibraries
/// @notice The library functions of interchain accounts, callable from outside, so that tests can
/// compare them with models.
contract TestAccountLibraries {
    /// @notice The arguments of `encode` but for the calls and the metadata.
    struct Head {
        bytes4 selector;
        uint32 destination;
        bytes32 router;
        address hook;
        bytes32 ism;
        bytes32 salt;
    }

    /// @notice The call of a Mailbox, laid out after memory was filled with ones, and what was
    /// written after it.
    function encode(
        Head calldata head,
        Call[] calldata calls,
        bytes calldata metadata
    ) external view returns (bytes memory data, bytes memory next) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            for {
                let i := 0
            } lt(i, 4096) {
                i := add(i, 32)
            } {
                mstore(add(free, i), not(0))
            }
        }
        data = CallsMessage.encode(
            head.selector,
            head.destination,
            head.router,
            head.hook,
            head.ism,
            head.salt,
            calls,
            metadata
        );
        next = abi.encodePacked(uint256(7));
    }

    /// @notice Tells whether the list lies as an ABI encoder lays it out, and its size if so.
    function span(Call[] calldata calls) external pure returns (bool, uint256) {
        return CallsMessage.span(calls);
    }

    /// @notice The salt of an account's creation, and the address that it gives.
    function created(
        bytes calldata body,
        uint32 domain,
        bytes32 sender,
        address creator,
        bytes32 codeHash
    ) external pure returns (bytes32 salt, address account) {
        salt = InterchainAccountMessage.creationSalt(body, domain, sender);
        account = AccountCalls.created(creator, salt, codeHash);
    }
}
