// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

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
/// @dev Helpers named after a contract, and their parameters, are those of the reference, so that
/// an app written for either compiles with both. They cost nothing where they are not called.
abstract contract MailboxClient is
    IMailboxClient,
    ISpecifiesInterchainSecurityModule,
    Ownable,
    Initializable,
    PackageVersioned
{
    /// @inheritdoc IMailboxClient
    IMailbox public immutable mailbox;

    /// @inheritdoc IMailboxClient
    uint32 public immutable localDomain;

    /// @dev The module that the owner chose: see `interchainSecurityModule`.
    IInterchainSecurityModule private chosenModule;

    /// @inheritdoc IMailboxClient
    IPostDispatchHook public hook;

    /// @dev In the slot of `hook`, for a subclass that reads both in every dispatch.
    uint96 internal _hookFlags;

    modifier onlyMailbox() {
        if (msg.sender != address(mailbox)) revert SenderNotMailbox(msg.sender, address(mailbox));
        _;
    }

    /// @dev Refuses accounts without code. Apps use it for settings.
    modifier onlyContract(address account) {
        if (account.code.length == 0) revert NotContract(account);
        _;
    }

    /// @dev Refuses accounts without code but the zero address. Apps use it for settings.
    modifier onlyContractOrNull(address account) {
        if (account != address(0) && account.code.length == 0) revert NotContract(account);
        _;
    }

    constructor(address mailbox_) Ownable(msg.sender) {
        if (mailbox_.code.length == 0) revert MailboxNotContract(mailbox_);

        mailbox = IMailbox(mailbox_);
        localDomain = IMailbox(mailbox_).localDomain();
    }

    /// @inheritdoc IMailboxClient
    function setHook(address hook_) public onlyOwner {
        _setHook(hook_);
    }

    /// @inheritdoc IMailboxClient
    function setInterchainSecurityModule(address module) public virtual onlyOwner {
        _setInterchainSecurityModule(module);
    }

    /// @inheritdoc ISpecifiesInterchainSecurityModule
    function interchainSecurityModule() public view virtual returns (IInterchainSecurityModule) {
        return chosenModule;
    }

    /// @dev Sets hook, security module and owner. For initializers.
    function _MailboxClient_initialize(address hook_, address module, address owner_) internal {
        _setHook(hook_);
        _setInterchainSecurityModule(module);
        _transferOwnership(owner_);
    }

    /// @dev Dispatches a message, paid with `_value` wei.
    /// @return The id of the message.
    function _MailboxClient_dispatch(
        uint32 _destinationDomain,
        bytes32 _recipient,
        uint256 _value,
        bytes memory _messageBody,
        bytes memory _hookMetadata,
        address _hook
    ) internal returns (bytes32) {
        return
            mailbox.dispatch{value: _value}(
                _destinationDomain,
                _recipient,
                _messageBody,
                _hookMetadata,
                IPostDispatchHook(_hook)
            );
    }

    /// @dev The value in wei that `_MailboxClient_dispatch` needs.
    function _MailboxClient_quoteDispatch(
        uint32 _destinationDomain,
        bytes32 _recipient,
        bytes memory _messageBody,
        bytes memory _hookMetadata,
        address _hook
    ) internal view returns (uint256) {
        return
            mailbox.quoteDispatch(
                _destinationDomain,
                _recipient,
                _messageBody,
                _hookMetadata,
                IPostDispatchHook(_hook)
            );
    }

    /// @dev Tells whether `id` is the message that the Mailbox dispatched last. For hooks.
    function _isLatestDispatched(bytes32 id) internal view returns (bool) {
        return mailbox.latestDispatchedId() == id;
    }

    /// @dev Tells whether the Mailbox delivered the message.
    function _isDelivered(bytes32 id) internal view returns (bool) {
        return mailbox.delivered(id);
    }

    /// @dev Writes the slot of `hook`; nothing else does. A subclass that stores data derived from
    /// it overrides this.
    function _setHookAndFlags(address hook_, uint96 flags) internal virtual {
        (hook, _hookFlags) = (IPostDispatchHook(hook_), flags);
    }

    function _setHook(address hook_) private {
        if (hook_ != address(0) && hook_.code.length == 0) revert HookNotContract(hook_);

        _setHookAndFlags(hook_, _hookFlags);

        emit HookSet(hook_);
    }

    function _setInterchainSecurityModule(address module) private {
        // A client that is its own module has no code yet when the constructor of its proxy calls
        // this.
        bool other = module != address(0) && module != address(this);
        if (other && module.code.length == 0) revert IsmNotContract(module);

        chosenModule = IInterchainSecurityModule(module);

        emit IsmSet(module);
    }
}
