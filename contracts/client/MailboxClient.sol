// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {Initializable} from "../base/Initializable.sol";
import {PackageVersioned} from "../base/PackageVersioned.sol";
import {
    IInterchainSecurityModule,
    ISpecifiesInterchainSecurityModule
} from "../interfaces/IInterchainSecurityModule.sol";
import {IMailbox} from "../interfaces/IMailbox.sol";
import {IMailboxClient} from "../interfaces/IMailboxClient.sol";
import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";

/// @title MailboxClient
/// @notice The base of contracts that send or receive messages through a Mailbox: owner, hook and
/// security module.
abstract contract MailboxClient is
    IMailboxClient,
    ISpecifiesInterchainSecurityModule,
    Ownable,
    Initializable,
    PackageVersioned
{
    /// @dev Fits one slot. The flags are for a subclass that reads them in every dispatch.
    struct HookAndFlags {
        address hook;
        uint96 flags;
    }

    /// @inheritdoc IMailboxClient
    IMailbox public immutable mailbox;

    /// @inheritdoc IMailboxClient
    uint32 public immutable localDomain;

    /// @inheritdoc ISpecifiesInterchainSecurityModule
    IInterchainSecurityModule public interchainSecurityModule;

    HookAndFlags internal hookAndFlags;

    modifier onlyMailbox() {
        if (msg.sender != address(mailbox)) revert SenderNotMailbox(msg.sender, address(mailbox));
        _;
    }

    constructor(address mailbox_) Ownable(msg.sender) {
        if (mailbox_.code.length == 0) revert MailboxNotContract(mailbox_);

        mailbox = IMailbox(mailbox_);
        localDomain = IMailbox(mailbox_).localDomain();
    }

    /// @inheritdoc IMailboxClient
    function setHook(address hook_) external onlyOwner {
        _setHook(hook_);
    }

    /// @inheritdoc IMailboxClient
    function setInterchainSecurityModule(address module) external onlyOwner {
        _setInterchainSecurityModule(module);
    }

    /// @inheritdoc IMailboxClient
    function hook() external view returns (IPostDispatchHook) {
        return IPostDispatchHook(hookAndFlags.hook);
    }

    /// @dev Sets hook, security module and owner. For initializers.
    function _initializeClient(address hook_, address module, address owner_) internal {
        _setHook(hook_);
        _setInterchainSecurityModule(module);
        _transferOwnership(owner_);
    }

    /// @dev Writes `hookAndFlags`; nothing else does. A subclass that stores data derived from it
    /// overrides this.
    function _setHookAndFlags(address hook_, uint96 flags) internal virtual {
        hookAndFlags = HookAndFlags(hook_, flags);
    }

    function _setHook(address hook_) private {
        if (hook_ != address(0) && hook_.code.length == 0) revert HookNotContract(hook_);

        _setHookAndFlags(hook_, hookAndFlags.flags);

        emit HookSet(hook_);
    }

    function _setInterchainSecurityModule(address module) private {
        // A client that is its own module has no code yet when the constructor of its proxy calls
        // this.
        bool other = module != address(0) && module != address(this);
        if (other && module.code.length == 0) revert IsmNotContract(module);

        interchainSecurityModule = IInterchainSecurityModule(module);

        emit IsmSet(module);
    }
}
