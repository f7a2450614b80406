// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {IInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";

/// @title NoopIsm
/// @notice Verifies every message. For tests, and as one module of an aggregation.
contract NoopIsm is IInterchainSecurityModule, PackageVersioned {
    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    /// @inheritdoc IInterchainSecurityModule
    function verify(bytes calldata, bytes calldata) external pure returns (bool) {
        return true;
    }
}
