// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {MeasuredPull} from "../libs/MeasuredPull.sol";
import {TokenRouter} from "./TokenRouter.sol";

/// @title WrappedTokenRouter
/// @notice The base of routers for an existing ERC-20 that burn, mint or deposit it instead of
/// locking it.
abstract contract WrappedTokenRouter is TokenRouter {
    /// @notice The token that senders pay in.
    IERC20 public immutable wrappedToken;

    constructor(address erc20) {
        wrappedToken = MeasuredPull.checked(erc20);
    }

    /// @notice Initializes the contract, once. Only the deployer: see `Initializable`.
    function initialize(address hook, address ism, address owner) external virtual initializer {
        _MailboxClient_initialize(hook, ism, owner);
    }

    /// @inheritdoc TokenRouter
    function token() public view override returns (address) {
        return address(wrappedToken);
    }
}
