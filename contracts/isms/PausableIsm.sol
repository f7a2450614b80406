// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {IInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";

/// @title PausableIsm
/// @notice Verifies every message unless the owner has paused it. For aggregations.
contract PausableIsm is IInterchainSecurityModule, Ownable, Pausable, PackageVersioned {
    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    constructor(address owner_) Ownable(owner_) {}

    /// @notice Stops all messages. Only the owner.
    function pause() external onlyOwner {
        _pause();
    }

    /// @notice Lets messages pass again. Only the owner.
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @inheritdoc IInterchainSecurityModule
    /// @dev Reverts `EnforcedPause`.
    function verify(bytes calldata, bytes calldata) external view whenNotPaused returns (bool) {
        return true;
    }
}
