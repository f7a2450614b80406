// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";
import {StandardHookMetadata} from "../libs/StandardHookMetadata.sol";

/// @title GasPricedHook
/// @notice Charges one wei per gas of the delivery, refunds surplus, and emits its arguments. Paid
/// in an ERC-20, it pulls the fee from the message's sender.
contract GasPricedHook is IPostDispatchHook {
    using StandardHookMetadata for bytes;

    /// @notice One call of `postDispatch`.
    event PostDispatch(uint256 value, bytes metadata, bytes message);

    /// @notice Less than the fee came in.
    error Underpaid(uint256 value, uint256 fee);

    /// @inheritdoc IPostDispatchHook
    function postDispatch(bytes calldata metadata, bytes calldata message) external payable {
        emit PostDispatch(msg.value, metadata, message);
        uint256 fee = quoteDispatch(metadata, message);
        address token = metadata.feeToken();
        if (token != address(0)) {
            address payer = address(bytes20(message[21:41])); // the message's sender
            (bool pulled, ) = token.call(
                abi.encodeWithSignature(
                    "transferFrom(address,address,uint256)",
                    payer,
                    address(this),
                    fee
                )
            );
            require(pulled);
        } else {
            if (msg.value < fee) revert Underpaid(msg.value, fee);
            (bool sent, ) = metadata.refundAddress(address(0)).call{value: msg.value - fee}("");
            require(sent);
        }
    }

    /// @inheritdoc IPostDispatchHook
    function quoteDispatch(bytes calldata metadata, bytes calldata) public pure returns (uint256) {
        return metadata.gasLimit(0);
    }

    /// @inheritdoc IPostDispatchHook
    function hookType() external pure returns (uint8) {
        return uint8(HookTypes.INTERCHAIN_GAS_PAYMASTER);
    }

    /// @inheritdoc IPostDispatchHook
    function supportsMetadata(bytes calldata) external pure returns (bool) {
        return true;
    }
}
