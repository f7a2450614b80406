// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {Call} from "../interfaces/IInterchainAccountRouter.sol";

/// @title TestInterchainAccountRouter
/// @notice Emits its arguments, and takes the whole allowance. Quotes one per unit
/// of gas, and two per unit for commitments.
contract TestInterchainAccountRouter {
    using SafeERC20 for IERC20;

    /// @notice One call; `arguments` are its parameters, ABI-encoded.
    event Called(bytes4 selector, uint256 value, uint256 tokens, bytes arguments);

    IERC20 private immutable token;

    constructor(IERC20 token_) {
        token = token_;
    }

    function callRemoteWithOverrides(
        uint32,
        bytes32,
        bytes32,
        Call[] calldata,
        bytes calldata,
        bytes32
    ) external payable returns (bytes32) {
        _take();
        return bytes32(uint256(1));
    }

    function callRemoteCommitReveal(
        uint32,
        bytes32,
        bytes32,
        bytes calldata,
        address,
        bytes32,
        bytes32
    ) external payable returns (bytes32, bytes32) {
        _take();
        return (bytes32(uint256(1)), bytes32(uint256(2)));
    }

    function quoteGasPayment(address, uint32, uint256 gasLimit) external pure returns (uint256) {
        return gasLimit;
    }

    function quoteGasForCommitReveal(
        address,
        uint32,
        uint256 gasLimit
    ) external pure returns (uint256) {
        return 2 * gasLimit;
    }

    function _take() private {
        uint256 approved = token.allowance(msg.sender, address(this));
        token.safeTransferFrom(msg.sender, address(this), approved);

        emit Called(msg.sig, msg.value, approved, msg.data[4:]);
    }
}
