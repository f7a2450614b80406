// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {MeasuredPull} from "../libs/MeasuredPull.sol";
import {TokenRouter} from "./TokenRouter.sol";

/// @title WrappedTokenRouter
/// @notice A router of an ERC-20 that exists without it, and that it does not lock as it is.
abstract contract WrappedTokenRouter is TokenRouter {
    /// @notice The token that is sent.
    IERC20 public immutable wrappedToken;

    constructor(address erc20) {
        wrappedToken = MeasuredPull.checked(erc20);
    }

    /// @notice Sets everything up, once; for who may call see `Initializable`.
    function initialize(address hook, address ism, address owner) external virtual initializer {
        _initializeClient(hook, ism, owner);
    }

    /// @inheritdoc TokenRouter
    function token() public view override returns (address) {
        return address(wrappedToken);
    }
}
