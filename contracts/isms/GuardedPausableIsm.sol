// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {GuardedPausable} from "../base/GuardedPausable.sol";
import {PackageVersioned} from "../base/PackageVersioned.sol";
import {IInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";

/// @title GuardedPausableIsm
/// @notice Verifies every message unless the owner or a guardian has paused it. For aggregations.
contract GuardedPausableIsm is IInterchainSecurityModule, GuardedPausable, PackageVersioned {
    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    /// @param owner_ Unpauses, and names guardians.
    /// @param guardians_ Accounts that can pause.
    /// @param duration For how many seconds a guardian pauses.
    constructor(
        address owner_,
        address[] memory guardians_,
        uint256 duration
    ) GuardedPausable(owner_, guardians_, duration) {}

    /// @inheritdoc IInterchainSecurityModule
    /// @dev Reverts `EnforcedPause`.
    function verify(bytes calldata, bytes calldata) external view returns (bool) {
        if (paused()) revert EnforcedPause();
        return true;
    }
}
