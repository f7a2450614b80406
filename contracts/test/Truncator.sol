// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";

/// @title Truncator
/// @notice Shows a module ever longer beginnings of its metadata, in one call.
contract Truncator {
    /// @notice The first `first`, `first` + 1, ... `last` - 1 bytes.
    /// @return believed True if the module said true.
    /// @return reasons Why it reverted: the error's selector, zero without any.
    function verify(
        IInterchainSecurityModule ism,
        bytes calldata metadata,
        bytes calldata message,
        uint256 first,
        uint256 last
    ) external returns (bool[] memory believed, bytes4[] memory reasons) {
        believed = new bool[](last - first);
        reasons = new bytes4[](last - first);
        for (uint256 i; i < last - first; ++i) {
            try ism.verify(metadata[:first + i], message) returns (bool answer) {
                believed[i] = answer;
            } catch (bytes memory reason) {
                reasons[i] = bytes4(reason);
            }
        }
    }
}
