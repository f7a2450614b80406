// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC7786GatewaySource} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";

import {ISenderDeposits} from "./ISenderDeposits.sol";

/// @title IHyperlaneGateway
/// @notice An ERC-7786 gateway over the Mailbox: any account sends, and contracts with
/// `receiveMessage` receive. Source: ERC-7786, ERC-7930, docs/erc-7786.md.
///
/// Accounts are ERC-7930 addresses of version 1: chain type 0 (EIP-155), the chain id without
/// leading zeros, an address of 20 bytes, and nothing after it.
///
/// | attribute              | meaning                                             | default     |
/// |------------------------|-----------------------------------------------------|-------------|
/// | gasLimit(uint256)      | gas limit of the delivery                           | the chain's |
/// | refundAddress(address) | who gets surplus payment back                       | the sender  |
/// | hookMetadata(bytes)    | what follows the standard fields of hooks' metadata | none        |
///
/// @dev Call value pays the hooks; without any, the sender's deposit does, if it has one. None is
/// carried to the recipient: the `value` of `MessageSent` is zero. `sendMessage` returns zero, as
/// nothing remains to be done.
interface IHyperlaneGateway is IERC7786GatewaySource, ISenderDeposits {
    /// @notice Messages are exchanged with `gateway` on a chain from now on.
    event RemoteGatewaySet(
        uint256 indexed chainId,
        uint32 indexed domain,
        address gateway,
        uint256 gasLimit
    );

    /// @notice No messages are exchanged with the chain from now on.
    event RemoteGatewayRemoved(uint256 indexed chainId, uint32 indexed domain);

    /// @notice The bytes are no account as this gateway wants it.
    error NotEvmAccount(bytes account);

    /// @notice The attribute's value is not encoded as its type says.
    error MalformedAttribute(bytes attribute);

    /// @notice The attribute was given twice.
    error RepeatedAttribute(bytes4 selector);

    /// @notice No gateway is enrolled for the chain.
    error ChainNotEnrolled(uint256 chainId);

    /// @notice The domain is no remote one: zero, or that of this chain.
    error NotRemoteDomain(uint32 domain);

    /// @notice The chain id is no remote one: zero, more than 96 bits, or that of this chain.
    error NotRemoteChain(uint256 chainId);

    /// @notice The domain is enrolled for another chain; unenroll that first.
    error DomainOfOtherChain(uint32 domain, uint256 chainId);

    /// @notice A gateway cannot be zero: what is sent there would be lost.
    error GatewayIsZero(uint256 chainId);

    /// @notice A gas limit has 56 bits.
    error GasLimitTooLarge(uint256 gasLimit);

    /// @notice The message's sender is not the gateway enrolled for its origin.
    error SenderNotGateway(uint32 origin, bytes32 sender, address gateway);

    /// @notice The message's body is shorter than its header.
    error BodyTooShort(uint256 length);

    /// @notice A delivery carries no value.
    error UnexpectedValue(uint256 value);

    /// @notice The recipient did not answer with the selector of `receiveMessage`.
    error NotReceived(address recipient);

    /// @notice Sets or replaces the gateway of a chain. Only the owner.
    /// @param chainId The chain's EIP-155 id, as in ERC-7930 addresses.
    /// @param domain The domain of the chain's Mailbox. It need not equal the chain id.
    /// @param gateway The gateway on that chain.
    /// @param gasLimit The gas limit of deliveries there that no attribute gives another one.
    /// @dev Reverts `NotRemoteChain`, `NotRemoteDomain`, `GatewayIsZero`, `GasLimitTooLarge`,
    /// `DomainOfOtherChain`.
    function enrollRemoteGateway(
        uint256 chainId,
        uint32 domain,
        address gateway,
        uint256 gasLimit
    ) external;

    /// @notice Forgets the gateway of a chain. Only the owner; reverts `ChainNotEnrolled`.
    /// @dev Messages from there that are under way can be delivered when it is enrolled again.
    function removeRemoteGateway(uint256 chainId) external;

    /// @notice The value in wei that the same `sendMessage` needs now. Reverts as it does.
    function quote(
        bytes calldata recipient,
        bytes calldata payload,
        bytes[] calldata attributes
    ) external view returns (uint256 fee);

    /// @notice The ids of chains with a gateway, in no particular order.
    function chainIds() external view returns (uint256[] memory);

    /// @notice The domain, the gateway and the gas limit of a chain; zeros if there is none.
    function remoteGatewayOf(
        uint256 chainId
    ) external view returns (uint32 domain, address gateway, uint256 gasLimit);
}
