// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {EVM2AnyMessage, EVMTokenAmount, ICcipRouter} from "../../interfaces/bridges/ICcip.sol";
import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {Message} from "../../libs/Message.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";
import {AbstractMessageIdAuthHook} from "./AbstractMessageIdAuthHook.sol";

/// @title CCIPHook
/// @notice Announces messages to another chain over Chainlink CCIP. Sends no value along; the quote
/// is the router's fee.
contract CCIPHook is AbstractMessageIdAuthHook {
    using Message for bytes;

    /// @notice The router does not support the chain with this selector.
    error UnsupportedChain(uint64 selector);

    /// @notice CCIP carries no wei.
    error NoValueAllowed(uint256 value);

    /// @dev Twice the gas that `CCIPIsm` uses.
    uint256 private constant GAS_LIMIT = 60_000;

    /// @dev Tag of (gas limit, whether messages may overtake one another).
    bytes4 private constant EXTRA_ARGS_V2 = 0x181dcf10;

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.ID_AUTH_ISM);

    /// @notice CCIP's router on this chain.
    ICcipRouter public immutable ccipRouter;

    /// @notice CCIP's selector of the destination.
    uint64 public immutable ccipDestination;

    constructor(
        address ccipRouter_,
        uint64 ccipDestination_,
        address mailbox_,
        uint32 destinationDomain_,
        bytes32 ism_
    ) AbstractMessageIdAuthHook(mailbox_, destinationDomain_, ism_) {
        _requireContract(ccipRouter_);
        if (!ICcipRouter(ccipRouter_).isChainSupported(ccipDestination_)) {
            revert UnsupportedChain(ccipDestination_);
        }
        ccipRouter = ICcipRouter(ccipRouter_);
        ccipDestination = ccipDestination_;
    }

    /// @inheritdoc AbstractMessageIdAuthHook
    /// @dev Sends the message id only. Reverts `NoValueAllowed` for value named in the metadata,
    /// which CCIP cannot transfer.
    function _send(address, bytes memory, uint256 msgValue, uint256 quote) internal override {
        if (msgValue != 0) revert NoValueAllowed(msgValue);
        // The latest message is the one being posted: the caller has checked that.
        ccipRouter.ccipSend{value: quote}(
            ccipDestination,
            _ccipMessage(mailbox.latestDispatchedId())
        );
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(
        bytes calldata,
        bytes calldata message
    ) internal view override returns (uint256) {
        return ccipRouter.getFee(ccipDestination, _ccipMessage(message.id()));
    }

    function _ccipMessage(bytes32 messageId) private view returns (EVM2AnyMessage memory) {
        return
            EVM2AnyMessage({
                receiver: abi.encode(ism),
                data: abi.encode(messageId),
                tokenAmounts: new EVMTokenAmount[](0),
                feeToken: address(0),
                extraArgs: abi.encodeWithSelector(EXTRA_ARGS_V2, GAS_LIMIT, true)
            });
    }
}
