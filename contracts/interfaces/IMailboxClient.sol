// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IMailbox} from "./IMailbox.sol";
import {IPostDispatchHook} from "./hooks/IPostDispatchHook.sol";

/// @title IMailboxClient
/// @notice A contract with an owner that sends and receives messages through one Mailbox.
interface IMailboxClient {
    /// @notice Dispatches call this hook from now on; zero means the Mailbox's default.
    event HookSet(address hook);

    /// @notice This module guards the contract from now on; zero means the Mailbox's default.
    event IsmSet(address module);

    /// @notice A Mailbox must be a contract.
    error MailboxNotContract(address mailbox);

    /// @notice A hook must be a contract, or zero.
    error HookNotContract(address hook);

    /// @notice A security module must be a contract, or zero.
    error IsmNotContract(address module);

    /// @notice The account must be a contract.
    error NotContract(address account);

    /// @notice Only the Mailbox may call this.
    error SenderNotMailbox(address sender, address mailbox);

    /// @notice The Mailbox that this contract trusts.
    function mailbox() external view returns (IMailbox);

    /// @notice The domain of the Mailbox.
    function localDomain() external view returns (uint32);

    /// @notice The hook that dispatches call beside the required one; zero for the Mailbox's
    /// default.
    function hook() external view returns (IPostDispatchHook);

    /// @notice Changes the hook. Only the owner; reverts `HookNotContract`.
    function setHook(address hook) external;

    /// @notice Changes the security module. Only the owner; reverts `IsmNotContract`.
    function setInterchainSecurityModule(address module) external;
}
