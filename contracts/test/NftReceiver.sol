// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";

/// @title NftReceiver
/// @notice Accepts NFTs and, if prepared, calls the prepared target while it receives one.
contract NftReceiver is IERC721Receiver {
    address private target;
    bytes private data;

    /// @notice Takes refunds.
    receive() external payable {}

    /// @notice Sets the call to make when the next NFT comes.
    function prepare(address target_, bytes calldata data_) external {
        target = target_;
        data = data_;
    }

    /// @inheritdoc IERC721Receiver
    function onERC721Received(address, address, uint256, bytes calldata) external returns (bytes4) {
        address callee = target;
        target = address(0);
        if (callee != address(0)) {
            (bool success, bytes memory answer) = callee.call(data);
            if (!success) {
                assembly ("memory-safe") {
                    revert(add(answer, 32), mload(answer))
                }
            }
        }
        return IERC721Receiver.onERC721Received.selector;
    }
}
