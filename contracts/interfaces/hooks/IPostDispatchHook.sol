// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IPostDispatchHook
/// @notice Contract that a Mailbox calls after it has dispatched a message.
interface IPostDispatchHook {
    /// @notice Kinds of hooks, for clients that configure or read them.
    enum HookTypes {
        UNUSED,
        ROUTING,
        AGGREGATION,
        MERKLE_TREE,
        INTERCHAIN_GAS_PAYMASTER,
        FALLBACK_ROUTING,
        ID_AUTH_ISM,
        PAUSABLE,
        PROTOCOL_FEE,
        DEPRECATED,
        RATE_LIMITED,
        ARB_L2_TO_L1,
        OP_L2_TO_L1,
        MAILBOX_DEFAULT_HOOK,
        AMOUNT_ROUTING,
        CCTP,
        TIMELOCK_ROUTING,
        PREDICATE_ROUTER_WRAPPER
    }

    /// @notice This hook's `HookTypes` value.
    function hookType() external view returns (uint8);

    /// @notice Tells whether the hook can work with this metadata: empty, or variant 1 of
    /// `StandardHookMetadata`.
    function supportsMetadata(bytes calldata metadata) external view returns (bool);

    /// @notice Does this hook's work for a message that was just dispatched.
    /// @param metadata Instructions of the dispatcher, `StandardHookMetadata`.
    /// @param message The encoded message.
    function postDispatch(bytes calldata metadata, bytes calldata message) external payable;

    /// @notice The value in wei that `postDispatch` needs for the same arguments.
    function quoteDispatch(
        bytes calldata metadata,
        bytes calldata message
    ) external view returns (uint256);
}
