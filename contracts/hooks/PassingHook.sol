// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IPassingHook} from "../interfaces/hooks/IPassingHook.sol";

/// @title PassingHook
/// @notice Remembers the caller of a hook while the hook passes a message on to other hooks.
/// @dev Needed only when fees are paid in a token: the answer is not asked for otherwise.
abstract contract PassingHook is IPassingHook {
    address private transient caller;

    /// @inheritdoc IPassingHook
    function passesOn(address part) external view returns (address) {
        return _isPart(part) ? caller : address(0);
    }

    /// @dev Sets the caller. Must be called with `msg.sender` before a message is passed on, and
    /// with the returned former caller afterwards: a nested call replaces the outer one while it
    /// lasts.
    function _passFor(address next) internal returns (address former) {
        former = caller;
        caller = next;
    }

    /// @dev Tells whether this hook is passing the message on to `part`.
    function _isPart(address part) internal view virtual returns (bool);
}
