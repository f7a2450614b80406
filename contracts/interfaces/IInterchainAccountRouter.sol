// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @notice A call for an interchain account to make.
/// @param to The account to call, left-padded with zeros.
/// @param value The wei to send: 2^256 - 1 for all that the interchain account has, and 2^256 - 2
/// for a delegate call, which sends nothing.
/// @param data The call data.
struct Call {
    bytes32 to;
    uint256 value;
    bytes data;
}

/// @title IAbstractInterchainAccountRouter
/// @notice Makes calls on other domains from accounts that its callers own there. An account
/// belongs to one owner on one origin, and to the router there, the module that verifies the
/// owner's messages, and a salt: see docs/protocol/accounts.md.
interface IAbstractInterchainAccountRouter {
    /// @notice Calls, or a commitment to calls, were sent for an account of `owner`.
    event RemoteCallDispatched(
        uint32 indexed destination,
        address indexed owner,
        bytes32 router,
        bytes32 ism,
        bytes32 salt
    );

    /// @notice An account was created here; `salt` is its owner's, not the one of its creation.
    event InterchainAccountCreated(
        address indexed account,
        uint32 origin,
        bytes32 router,
        bytes32 owner,
        address ism,
        bytes32 salt
    );

    /// @notice Accounts on `domain` have this module by default, zero for the one of the Mailbox.
    event RemoteIsmEnrolled(uint32 indexed domain, bytes32 ism);

    /// @notice A domain had another router or module once: the accounts of everybody would change.
    error EnrollmentIsFixed(uint32 domain);

    /// @notice The body is shorter than the fields of its type.
    error BodyTooShort(uint256 length, uint256 expected);

    /// @notice There is no such type of message, or this router does not take it.
    error UnknownMessageType(uint8 messageType);

    /// @notice A router is its own security module for good, and asks the one that the account has:
    /// an owner who could change that would have the accounts of everybody.
    error IsmIsFixed(address ism);

    /// @notice The code that accounts of this router delegate to.
    function implementation() external view returns (address);

    /// @notice The hash of the code that creates such an account, for the address by CREATE2.
    function bytecodeHash() external view returns (bytes32);

    /// @notice The module of accounts on a domain unless a call names one; zero for the one of the
    /// Mailbox there.
    function isms(uint32 domain) external view returns (bytes32 ism);

    /// @notice Enrolls the router and module of a domain, once: reverts `EnrollmentIsFixed` when it
    /// had others. Only the owner; reverts `RouterIsZero`.
    function enrollRemoteRouterAndIsm(uint32 destination, bytes32 router, bytes32 ism) external;

    /// @notice Enrolls routers and modules of several domains, as `enrollRemoteRouterAndIsm`.
    /// Reverts `LengthMismatch`, too.
    function enrollRemoteRouterAndIsms(
        uint32[] calldata destinations,
        bytes32[] calldata routers,
        bytes32[] calldata isms
    ) external;

    /// @notice Lets `hook` take any amount of this router's `feeToken`, of which it holds none but
    /// in the call that pays. Only the owner.
    function approveFeeTokenForHook(address feeToken, address hook) external;

    /// @notice Makes `calls` on `destination` from the caller's account with `router`, `ism` and no
    /// salt. Pays with `msg.value`; reverts as the Mailbox.
    /// @return messageId The message's id.
    function callRemoteWithOverrides(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        Call[] calldata calls,
        bytes calldata hookMetadata
    ) external payable returns (bytes32 messageId);

    /// @notice Creates an account, unless it exists, and returns its address. Anyone may call.
    function getDeployedInterchainAccount(
        uint32 origin,
        bytes32 owner,
        bytes32 router,
        address ism,
        bytes32 userSalt
    ) external returns (address);

    /// @notice The same for an account of an EVM owner without a salt.
    function getDeployedInterchainAccount(
        uint32 origin,
        address owner,
        address router,
        address ism
    ) external returns (address);

    /// @notice Address of an account here, of an EVM owner without a salt.
    function getLocalInterchainAccount(
        uint32 origin,
        address owner,
        address router,
        address ism
    ) external view returns (address);

    /// @notice Address that `owner` here has at `router` on another domain.
    /// @dev Holds for routers with the implementation of this release. Any other router says itself
    /// what its accounts' addresses are, by `bytecodeHash`.
    function getRemoteInterchainAccount(
        address owner,
        address router,
        address ism,
        bytes32 userSalt
    ) external view returns (address);

    /// @notice Quotes the fee of a call in wei. Reverts `RouterNotEnrolled`.
    function quoteGasPayment(uint32 destination, uint256 gasLimit) external view returns (uint256);
}

/// @title IInterchainAccountRouter
/// @notice The same with salts, hooks, defaults per domain, and calls that are committed to first
/// and revealed on the destination.
interface IInterchainAccountRouter is IAbstractInterchainAccountRouter {
    /// @notice An account of the caller was committed to calls.
    event CommitRevealDispatched(bytes32 indexed commitment);

    /// @notice Value came with a message that makes no calls.
    error UnexpectedValue(uint256 value);

    /// @notice The payment is less than what the message of a commitment costs.
    error CommitmentUnderpaid(uint256 value, uint256 fee);

    /// @notice The gas limit of a message that brings a commitment.
    function COMMIT_TX_GAS_USAGE() external view returns (uint256);

    /// @notice Makes `calls` from the caller's account with the router and module of the domain.
    /// Reverts `RouterNotEnrolled`.
    function callRemote(
        uint32 destination,
        Call[] calldata calls
    ) external payable returns (bytes32 messageId);

    /// @notice The same with metadata for the hooks.
    function callRemote(
        uint32 destination,
        Call[] calldata calls,
        bytes calldata hookMetadata
    ) external payable returns (bytes32 messageId);

    /// @notice Makes `calls` from the caller's account with `router`, `ism` and no salt.
    function callRemoteWithOverrides(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        Call[] calldata calls
    ) external payable returns (bytes32 messageId);

    /// @notice The same for an account with a salt.
    function callRemoteWithOverrides(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        Call[] calldata calls,
        bytes32 userSalt
    ) external payable returns (bytes32 messageId);

    /// @notice The same with metadata for the hooks.
    function callRemoteWithOverrides(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        Call[] calldata calls,
        bytes calldata hookMetadata,
        bytes32 userSalt
    ) external payable returns (bytes32 messageId);

    /// @notice The same with a hook in place of this router's.
    function callRemoteWithOverrides(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        Call[] calldata calls,
        bytes calldata hookMetadata,
        bytes32 salt,
        address hook
    ) external payable returns (bytes32 messageId);

    /// @notice Commits the caller's account with the router and module of the domain, and no salt,
    /// to calls, and has them revealed by a second message with `gasLimit`.
    /// @param commitment keccak256(salt: 32 ‖ abi.encode(calls)), the salt being a secret of the
    /// committer's, which has nothing to do with the one of the account.
    function callRemoteCommitReveal(
        uint32 destination,
        bytes32 commitment,
        uint256 gasLimit
    ) external payable returns (bytes32 commitmentMessageId, bytes32 revealMessageId);

    /// @notice Commits the account with `router`, `ism` and `salt`. `hookMetadata` is for the
    /// revealing message.
    function callRemoteCommitReveal(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        bytes calldata hookMetadata,
        address hook,
        bytes32 salt,
        bytes32 commitment
    ) external payable returns (bytes32 commitmentMessageId, bytes32 revealMessageId);

    /// @notice The same with a module that reveals, in place of the one of `router`.
    function callRemoteCommitReveal(
        uint32 destination,
        bytes32 router,
        bytes32 ism,
        bytes32 ccipReadIsm,
        bytes calldata hookMetadata,
        address hook,
        bytes32 salt,
        bytes32 commitment
    ) external payable returns (bytes32 commitmentMessageId, bytes32 revealMessageId);

    /// @notice Creates an account without a salt, unless it exists, and returns its address.
    function getDeployedInterchainAccount(
        uint32 origin,
        bytes32 owner,
        bytes32 router,
        address ism
    ) external returns (address);

    /// @notice Address of an account here.
    function getLocalInterchainAccount(
        uint32 origin,
        bytes32 owner,
        bytes32 router,
        address ism,
        bytes32 userSalt
    ) external view returns (address);

    /// @notice Address of an account here without a salt.
    function getLocalInterchainAccount(
        uint32 origin,
        bytes32 owner,
        bytes32 router,
        address ism
    ) external view returns (address);

    /// @notice Address that `owner` here has at the router and with the module of a domain.
    /// Reverts `RouterNotEnrolled`.
    function getRemoteInterchainAccount(
        uint32 destination,
        address owner
    ) external view returns (address);

    /// @notice The same with a salt.
    function getRemoteInterchainAccount(
        uint32 destination,
        address owner,
        bytes32 userSalt
    ) external view returns (address);

    /// @notice Address that `owner` here has at `router` without a salt.
    function getRemoteInterchainAccount(
        address owner,
        address router,
        address ism
    ) external view returns (address);

    /// @notice Quotes the fee of a call with the hooks' default gas limit, in wei.
    function quoteGasPayment(uint32 destination) external view returns (uint256);

    /// @notice Quotes the fee of a call in `feeToken`; zero names the native token.
    function quoteGasPayment(
        address feeToken,
        uint32 destination,
        uint256 gasLimit
    ) external view returns (uint256);

    /// @notice Quotes the fee of `callRemoteCommitReveal`, of both messages: `gasLimit` is that of
    /// the second.
    function quoteGasForCommitReveal(
        uint32 destination,
        uint256 gasLimit
    ) external view returns (uint256);

    /// @notice The same in `feeToken`; zero names the native token.
    function quoteGasForCommitReveal(
        address feeToken,
        uint32 destination,
        uint256 gasLimit
    ) external view returns (uint256);
}
