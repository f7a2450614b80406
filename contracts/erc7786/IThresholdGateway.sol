// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {
    IERC7786GatewaySource,
    IERC7786Recipient
} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";

import {ISenderDeposits} from "./ISenderDeposits.sol";

/// @title IThresholdGateway
/// @notice An ERC-7786 gateway that sends each message over several gateways, and hands it to its
/// recipient once enough of them delivered the same. Its counterpart on the other chain is a
/// contract of the same kind. Source: docs/erc-7786.md, "Several gateways".
/// @dev Attributes go to all gateways as they are. Call value and the sender's deposit together pay
/// what the gateways quote, and what is left stays in the deposit.
interface IThresholdGateway is IERC7786GatewaySource, IERC7786Recipient, ISenderDeposits {
    /// @notice Messages go over these gateways, and `threshold` of them suffice, from now on.
    event GatewaysSet(address[] gateways, uint256 threshold);

    /// @notice Messages are exchanged with `counterpart` on a chain from now on; zero for no more.
    event CounterpartSet(uint256 indexed chainId, address counterpart);

    /// @notice A gateway wants something done about its part of a message: see `sendMessage` there.
    event GatewayMessage(bytes32 indexed sendId, address indexed gateway, bytes32 gatewaySendId);

    /// @notice A gateway delivered the message.
    event Delivered(bytes32 indexed receiveId, address indexed gateway);

    /// @notice The recipient took the message.
    event Executed(bytes32 indexed receiveId);

    /// @notice The threshold is zero or more than the gateways, or these are too many.
    error BadThreshold(uint256 threshold, uint256 gateways);

    /// @notice Gateways must be contracts, in ascending order: none counts twice.
    error BadGateway(address gateway);

    /// @notice The chain id is no remote one.
    error NotRemoteChain(uint256 chainId);

    /// @notice The bytes are no account of an EVM chain, see `IHyperlaneGateway`.
    error NotEvmAccount(bytes account);

    /// @notice There is no counterpart on the chain.
    error NoCounterpart(uint256 chainId);

    /// @notice The caller is none of the gateways.
    error NotGateway(address caller);

    /// @notice The message's sender is not the counterpart on its chain.
    error NotFromCounterpart(bytes sender);

    /// @notice A delivery carries no value.
    error UnexpectedValue(uint256 value);

    /// @notice The gateway delivered the message before.
    error DeliveredBefore(bytes32 receiveId, address gateway);

    /// @notice The recipient took the message before.
    error ExecutedBefore(bytes32 receiveId);

    /// @notice Too few of the present gateways delivered the message.
    error TooFewDeliveries(bytes32 receiveId, uint256 deliveries, uint256 threshold);

    /// @notice The recipient did not answer with the selector of `receiveMessage`.
    error NotReceived(address recipient);

    /// @notice Replaces gateways and threshold. Only the owner.
    /// @param gateways Up to 32, in ascending order.
    /// @dev Reverts `BadThreshold`, `BadGateway`. What a gateway delivered counts while it is one.
    function setGateways(address[] calldata gateways, uint256 threshold) external;

    /// @notice Sets or replaces the counterpart on a chain; zero removes it. Only the owner;
    /// reverts `NotRemoteChain`.
    function setCounterpart(uint256 chainId, address counterpart) external;

    /// @notice Hands a message to its recipient that enough gateways delivered, but not as the
    /// threshold was when they did. Anyone may call.
    /// @param sender The counterpart as gateways told it, an ERC-7930 address.
    /// @param payload What they delivered.
    /// @dev Reverts `NotFromCounterpart`, `ExecutedBefore`, `TooFewDeliveries`, `NotReceived`, or
    /// as the recipient does.
    function execute(bytes calldata sender, bytes calldata payload) external;

    /// @notice The value in wei that the same `sendMessage` needs now, from call value and deposit.
    /// @dev A gateway without such a function gets none.
    function quote(
        bytes calldata recipient,
        bytes calldata payload,
        bytes[] calldata attributes
    ) external view returns (uint256 fee);

    /// @notice The gateways and how many of them suffice.
    function configuration() external view returns (address[] memory gateways, uint256 threshold);

    /// @notice The counterpart on a chain; zero if there is none.
    function counterparts(uint256 chainId) external view returns (address);

    /// @notice The number of present gateways that delivered a message.
    function deliveries(bytes32 receiveId) external view returns (uint256);

    /// @notice Tells whether the recipient took the message.
    function executed(bytes32 receiveId) external view returns (bool);
}
