// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IMultisigIsm} from "../interfaces/isms/IMultisigIsm.sol";

/// @title ForgetfulMultisigIsm
/// @notice A merkle-root multisig as others have it: each metadata must be whole.
contract ForgetfulMultisigIsm is IMultisigIsm {
    uint8 public constant moduleType = uint8(Types.MERKLE_ROOT_MULTISIG);

    IMultisigIsm private immutable inner;

    constructor(IMultisigIsm inner_) {
        inner = inner_;
    }

    function verify(bytes calldata metadata, bytes calldata message) external returns (bool) {
        bytes calldata signatures = metadata[1096:];
        return signatures.length != 0 && inner.verify(metadata, message);
    }

    function validatorsAndThreshold(
        bytes calldata message
    ) external view returns (address[] memory, uint8) {
        return inner.validatorsAndThreshold(message);
    }
}
