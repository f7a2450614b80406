// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IInterchainSecurityModule
/// @notice Decides whether a message is to be believed.
interface IInterchainSecurityModule {
    /// @notice Kinds of metadata that modules need, for relayers.
    enum Types {
        UNUSED,
        ROUTING,
        AGGREGATION,
        LEGACY_MULTISIG,
        MERKLE_ROOT_MULTISIG,
        MESSAGE_ID_MULTISIG,
        NULL,
        CCIP_READ,
        ARB_L2_TO_L1,
        WEIGHTED_MERKLE_ROOT_MULTISIG,
        WEIGHTED_MESSAGE_ID_MULTISIG,
        OP_L2_TO_L1,
        POLYMER
    }

    /// @notice This module's `Types` value.
    function moduleType() external view returns (uint8);

    /// @notice Tells whether `metadata` proves that `message` was dispatched on its origin chain.
    /// @param metadata What the relayer brought, laid out as the module type says.
    /// @param message The encoded message.
    /// @return True to deliver. A module may also revert, which says why not.
    function verify(bytes calldata metadata, bytes calldata message) external returns (bool);
}

/// @title ISpecifiesInterchainSecurityModule
/// @notice A recipient that chooses its security module.
interface ISpecifiesInterchainSecurityModule {
    /// @notice The module that guards this recipient; zero for the Mailbox's default.
    function interchainSecurityModule() external view returns (IInterchainSecurityModule);
}
