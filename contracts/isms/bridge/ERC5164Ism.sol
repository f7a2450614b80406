// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {AbstractMessageIdAuthorizedIsm} from "./AbstractMessageIdAuthorizedIsm.sol";

/// @title ERC5164Ism
/// @notice Verifies messages of an `ERC5164Hook`, over an ERC-5164 executor.
/// @dev By the standard, an executor appends three fields to each call:
///
/// | offset | size | field                              |
/// |--------|------|------------------------------------|
/// | 0      | 68   | `preVerifyMessage`                 |
/// | 68     | 32   | id of the sending                  |
/// | 100    | 32   | id of the chain that it comes from |
/// | 132    | 20   | sender there                       |
///
/// The reference accepts every call of the executor; here the sender must be the hook. The chain of
/// the sender is not checked: that is left to the executor.
contract ERC5164Ism is AbstractMessageIdAuthorizedIsm {
    uint256 private constant SENDER_OFFSET = 132;

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    /// @notice The executor on this chain.
    address public immutable executor;

    constructor(address executor_) {
        _requireContract(executor_);
        executor = executor_;
    }

    /// @inheritdoc AbstractMessageIdAuthorizedIsm
    function _crossChainSender() internal view override returns (bytes32) {
        if (msg.sender != executor || msg.data.length != SENDER_OFFSET + 20) {
            revert NotCrossChainCall();
        }
        return bytes32(uint256(uint160(bytes20(msg.data[SENDER_OFFSET:]))));
    }
}
