// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IMessageRecipient} from "../interfaces/IMessageRecipient.sol";

/// @title HostileRecipient
/// @notice Receives as its mode says: harmless, refusing, eating all gas, or reverting with a lot.
contract HostileRecipient is IMessageRecipient {
    enum Mode {
        ACCEPT,
        REFUSE,
        EAT_GAS,
        BOMB
    }

    /// @notice Error of a recipient in the mode REFUSE.
    error Refused(uint32 origin);

    Mode public mode;
    uint256 public received;

    function setMode(Mode mode_) external {
        mode = mode_;
    }

    /// @inheritdoc IMessageRecipient
    function handle(uint32 origin, bytes32, bytes calldata) external payable {
        ++received;
        if (mode == Mode.REFUSE) revert Refused(origin);
        while (mode == Mode.EAT_GAS) {}
        if (mode == Mode.BOMB) {
            assembly ("memory-safe") {
                revert(0, 200000)
            }
        }
    }
}
