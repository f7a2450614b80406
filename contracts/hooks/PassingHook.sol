// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IPassingHook} from "../interfaces/hooks/IPassingHook.sol";

/// @title PassingHook
/// @notice Remembers for whom a message is being passed on, while it is.
/// @dev To be used only when fees are paid in a token: nobody asks otherwise.
abstract contract PassingHook is IPassingHook {
    address private transient caller;

    /// @inheritdoc IPassingHook
    function passesOn(address part) external view returns (address) {
        return _isPart(part) ? caller : address(0);
    }

    /// @dev To be called with `msg.sender` before a message is passed on, and with what it returned
    /// afterwards: a call within a call hides the outer one for as long as it lasts.
    function _passFor(address next) internal returns (address former) {
        former = caller;
        caller = next;
    }

    /// @dev Whether what this hook passes on now goes to `part`.
    function _isPart(address part) internal view virtual returns (bool);
}
