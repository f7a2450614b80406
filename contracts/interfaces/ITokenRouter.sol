// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ITokenBridge} from "./ITokenBridge.sol";

/// @title ITokenRouter
/// @notice One end of a warp route: takes tokens in and tells the router of another domain to pay
/// them out there. Source: docs/protocol, "Warp routes".
///
/// Messages carry amounts in a unit that all routers of a route share. `amount` here is in the
/// token's smallest unit, and a message amount is floor(amount × numerator / denominator).
///
/// A transfer costs up to three things, which `quoteTransferRemote` lists in this order:
/// the dispatch, in the native token or in `feeToken`; the amount itself with the fee of
/// `feeRecipient`; and zero, where bridges list what a third party charges.
interface ITokenRouter is ITokenBridge {
    /// @notice Tokens were sent. `amountOrId` is the message amount.
    event SentTransferRemote(
        uint32 indexed destination,
        bytes32 indexed recipient,
        uint256 amountOrId
    );

    /// @notice Tokens came in. `amountOrId` is the message amount.
    event ReceivedTransferRemote(
        uint32 indexed origin,
        bytes32 indexed recipient,
        uint256 amountOrId
    );

    /// @notice The fees of transfers go to this contract, which sets them, from now on.
    event FeeRecipientSet(address feeRecipient);

    /// @notice Dispatches are paid in the route's token through this hook from now on.
    event FeeHookSet(address feeHook);

    /// @notice Neither part of a scale may be zero.
    error ScaleIsZero(uint256 numerator, uint256 denominator);

    /// @notice Ether came where nothing takes it, as with a delivery.
    error UnexpectedValue(uint256 value);

    /// @notice A router cannot be its own fee recipient.
    error FeeRecipientIsSelf();

    /// @notice Only a route of an ERC-20 can pay for dispatches in its token.
    error FeeHookNeedsToken();

    /// @notice A fee recipient asks for more than one fee.
    error TooManyFees(address feeRecipient, uint256 fees);

    /// @notice A fee recipient asks for its fee in another token.
    error FeeNotInToken(address feeToken, address token);

    /// @notice The token of this end; zero for the native one.
    function token() external view returns (address);

    /// @notice Message units per local unit: above the fraction line.
    function scaleNumerator() external view returns (uint256);

    /// @notice Message units per local unit: below the fraction line.
    function scaleDenominator() external view returns (uint256);

    /// @notice An `ITokenFee` that sets the fee and gets it; zero if transfers are free.
    function feeRecipient() external view returns (address);

    /// @notice The hook that dispatches are paid through in the route's token; zero if they are
    /// paid in the native one.
    function feeHook() external view returns (address);

    /// @notice What dispatches are paid in: the route's token if there is a fee hook, else zero.
    function feeToken() external view returns (address);

    /// @notice Changes the fee recipient; zero for none. Only the owner; reverts
    /// `FeeRecipientIsSelf`.
    function setFeeRecipient(address recipient) external;

    /// @notice Changes the fee hook; zero for none. Only the owner; reverts `FeeHookNeedsToken`.
    /// @dev The hook may spend, per transfer, the router's tokens that pay for the dispatch.
    function setFeeHook(address hook) external;
}
