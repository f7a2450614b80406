// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {ITokenBridge} from "./ITokenBridge.sol";

/// @title ITokenRouter
/// @notice A router of a warp route: takes tokens in, and instructs the router of another domain to
/// pay them out. Source: docs/protocol/token-messages.md.
///
/// Messages carry amounts in a unit that all routers of a route share. `amount` here is in the
/// token's smallest unit, and a message amount is floor(amount × numerator / denominator).
///
/// A transfer costs up to three things, which `quoteTransferRemote` lists in this order:
/// the dispatch, in the native token or in `feeToken`; the amount itself with the fee of
/// `feeRecipient`; and the fee of a third party, zero unless the router is a bridge.
interface ITokenRouter is ITokenBridge {
    /// @notice Tokens were sent. `amountOrId` is the message amount.
    event SentTransferRemote(
        uint32 indexed destination,
        bytes32 indexed recipient,
        uint256 amountOrId
    );

    /// @notice Tokens were received. `amountOrId` is the message amount.
    event ReceivedTransferRemote(
        uint32 indexed origin,
        bytes32 indexed recipient,
        uint256 amountOrId
    );

    /// @notice The fee recipient changed. It sets the fees of transfers and receives them.
    event FeeRecipientSet(address feeRecipient);

    /// @notice The fee hook changed. Dispatches are paid in the route's token through it.
    event FeeHookSet(address feeHook);

    /// @notice A part of the scale is zero.
    error ScaleIsZero(uint256 numerator, uint256 denominator);

    /// @notice The call, or the delivery of the message, carries `value` wei but must carry none.
    error UnexpectedValue(uint256 value);

    /// @notice The fee recipient is this router.
    error FeeRecipientIsSelf();

    /// @notice The route has no ERC-20, in which dispatches could be paid.
    error FeeHookNeedsToken();

    /// @notice The fee recipient quotes more than one fee.
    error TooManyFees(address feeRecipient, uint256 fees);

    /// @notice The fee recipient quotes its fee in another token than the route's.
    error FeeNotInToken(address feeToken, address token);

    /// @notice The token of this router; zero for the native one.
    function token() external view returns (address);

    /// @notice The numerator of message units per local unit.
    function scaleNumerator() external view returns (uint256);

    /// @notice The denominator of message units per local unit.
    function scaleDenominator() external view returns (uint256);

    /// @notice The `ITokenFee` that sets and receives the fee; zero if transfers are free.
    function feeRecipient() external view returns (address);

    /// @notice The hook through which dispatches are paid in the route's token; zero if they are
    /// paid in the native one.
    function feeHook() external view returns (address);

    /// @notice The token in which dispatches are paid: the route's token if there is a fee hook,
    /// else zero.
    function feeToken() external view returns (address);

    /// @notice Changes the fee recipient; zero for none. Only the owner; reverts
    /// `FeeRecipientIsSelf`.
    function setFeeRecipient(address recipient) external;

    /// @notice Changes the fee hook; zero for none. Only the owner; reverts `FeeHookNeedsToken`.
    /// @dev For each transfer, the router approves the hook to spend the quoted dispatch fee.
    function setFeeHook(address hook) external;
}
