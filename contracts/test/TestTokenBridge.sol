// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ITokenBridge} from "../interfaces/ITokenBridge.sol";
import {ITokenFee, Quote} from "../interfaces/ITokenFee.sol";

/// @title TestTokenBridge
/// @notice Takes exactly what it asks for, and keeps it.
contract TestTokenBridge is ITokenBridge {
    using SafeERC20 for IERC20;

    /// @notice A transfer was taken in, with `value` wei.
    event Bridged(uint32 destination, bytes32 recipient, uint256 amount, uint256 value);

    /// @notice Another value came than was asked for.
    error WrongValue(uint256 value, uint256 asked);

    address private immutable token;
    uint256 private immutable tokenFee;
    uint256 private immutable nativeFee;

    /// @param token_ What is moved; zero for the native token.
    /// @param tokenFee_ Asked in the token, besides the amount.
    /// @param nativeFee_ Asked in the native token.
    constructor(address token_, uint256 tokenFee_, uint256 nativeFee_) {
        token = token_;
        tokenFee = tokenFee_;
        nativeFee = nativeFee_;
    }

    /// @inheritdoc ITokenBridge
    function transferRemote(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) external payable returns (bytes32) {
        uint256 asked = nativeFee;
        if (token == address(0)) asked += amount + tokenFee;
        else IERC20(token).safeTransferFrom(msg.sender, address(this), amount + tokenFee);
        if (msg.value != asked) revert WrongValue(msg.value, asked);

        emit Bridged(destination, recipient, amount, msg.value);

        return keccak256(abi.encode(destination, recipient, amount));
    }

    /// @inheritdoc ITokenFee
    function quoteTransferRemote(
        uint32,
        bytes32,
        uint256 amount
    ) external view returns (Quote[] memory quotes) {
        quotes = new Quote[](3);
        quotes[0] = Quote(address(0), nativeFee);
        quotes[1] = Quote(token, amount);
        quotes[2] = Quote(token, tokenFee);
    }
}
