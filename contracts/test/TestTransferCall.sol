// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {TransferCall} from "../token/libs/TransferCall.sol";

/// @title TestTransferCall
/// @notice Shows what `TransferCall` lays out, and that it does not change the memory after that.
contract TestTransferCall {
    /// @notice The call, laid out after memory was filled with ones.
    function encode(
        bytes4 selector,
        uint32 destination,
        bytes32 router,
        address hook,
        bytes32 recipient,
        uint256 amount,
        uint256 gasLimit,
        address refund,
        address feeToken
    ) external pure returns (bytes memory data, bytes memory next) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            for {
                let i := 0
            } lt(i, 1024) {
                i := add(i, 32)
            } {
                mstore(add(free, i), not(0))
            }
        }
        data = TransferCall.encode(
            selector,
            destination,
            router,
            hook,
            recipient,
            amount,
            gasLimit,
            refund,
            feeToken
        );
        next = abi.encodePacked(uint256(7));
    }
}
