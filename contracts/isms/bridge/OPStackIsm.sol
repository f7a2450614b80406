// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {ICrossDomainMessenger} from "../../interfaces/bridges/ICrossDomainMessenger.sol";
import {TypeCasts} from "../../libs/TypeCasts.sol";
import {AbstractMessageIdAuthorizedIsm} from "./AbstractMessageIdAuthorizedIsm.sol";

/// @title AbstractOPStackIsm
/// @notice Verifies messages announced over the messenger of an OP Stack bridge.
abstract contract AbstractOPStackIsm is AbstractMessageIdAuthorizedIsm {
    using TypeCasts for address;

    ICrossDomainMessenger internal immutable messenger;

    /// @param messenger_ The bridge's messenger on this chain.
    constructor(address messenger_) {
        _requireContract(messenger_);
        messenger = ICrossDomainMessenger(messenger_);
    }

    /// @inheritdoc AbstractMessageIdAuthorizedIsm
    function _crossChainSender() internal view override returns (bytes32) {
        if (msg.sender != address(messenger)) revert NotCrossChainCall();
        return messenger.xDomainMessageSender().addressToBytes32();
    }
}

/// @title OPStackIsm
/// @notice Verifies messages of an `OPStackHook` on the parent chain. Deployed on the parent chain
/// with the messenger there, it verifies messages of an `OPL2ToL1Hook` whose withdrawals were
/// finalised.
contract OPStackIsm is AbstractOPStackIsm {
    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    constructor(address messenger_) AbstractOPStackIsm(messenger_) {}
}
