// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {
    IERC7786GatewaySource,
    IERC7786Recipient
} from "@openzeppelin/contracts/interfaces/draft-IERC7786.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {MailboxClient} from "../client/MailboxClient.sol";
import {IMessageRecipient} from "../interfaces/IMessageRecipient.sol";
import {DispatchCall} from "../libs/DispatchCall.sol";
import {TypeCasts} from "../libs/TypeCasts.sol";
import {IHyperlaneGateway} from "./IHyperlaneGateway.sol";
import {SenderDeposits} from "./SenderDeposits.sol";
import {Destination, DestinationLib} from "./libs/Destination.sol";
import {EvmAccount} from "./libs/EvmAccount.sol";
import {GatewayAttributes} from "./libs/GatewayAttributes.sol";
import {GatewayLog} from "./libs/GatewayLog.sol";
import {GatewayMessage} from "./libs/GatewayMessage.sol";

/// @title HyperlaneGateway
/// @notice An ERC-7786 gateway over the Mailbox.
contract HyperlaneGateway is IHyperlaneGateway, IMessageRecipient, MailboxClient, SenderDeposits {
    using DispatchCall for bytes;
    using EnumerableSet for EnumerableSet.UintSet;
    using EvmAccount for bytes;
    using GatewayAttributes for bytes[];
    using GatewayMessage for bytes;
    using TypeCasts for address;

    /// @dev Fits one slot, which a delivery reads once.
    struct Origin {
        address gateway;
        uint96 chainId;
    }

    /// @dev Constant as the domain of the Mailbox is.
    uint256 private immutable localChainId;

    uint256 private immutable localChainIdSize;

    mapping(uint256 chainId => Destination) private destinations;

    mapping(uint32 domain => Origin) private origins;

    EnumerableSet.UintSet private enrolled;

    constructor(address mailbox_) MailboxClient(mailbox_) {
        localChainId = block.chainid;
        localChainIdSize = EvmAccount.sizeOf(block.chainid);
    }

    /// @notice Initializes the contract, once. Only the deployer: see `Initializable`.
    function initialize(address hook_, address module, address owner_) external initializer {
        _MailboxClient_initialize(hook_, module, owner_);
    }

    /// @inheritdoc IHyperlaneGateway
    function enrollRemoteGateway(
        uint256 chainId,
        uint32 domain,
        address gateway,
        uint256 gasLimit
    ) external onlyOwner {
        if (chainId == 0 || chainId == localChainId || chainId > type(uint96).max) {
            revert NotRemoteChain(chainId);
        }
        if (domain == 0 || domain == localDomain) revert NotRemoteDomain(domain);
        if (gateway == address(0)) revert GatewayIsZero(chainId);
        if (gasLimit > type(uint56).max) revert GasLimitTooLarge(gasLimit);
        uint256 present = origins[domain].chainId;
        if (present != 0 && present != chainId) revert DomainOfOtherChain(domain, present);

        delete origins[destinations[chainId].domain()];
        origins[domain] = Origin(gateway, uint96(chainId));
        bool hooked = address(hook) != address(0);
        destinations[chainId] = DestinationLib.from(gateway, domain, uint56(gasLimit), hooked);
        enrolled.add(chainId);

        emit RemoteGatewaySet(chainId, domain, gateway, gasLimit);
    }

    /// @inheritdoc IHyperlaneGateway
    function removeRemoteGateway(uint256 chainId) external onlyOwner {
        if (!enrolled.remove(chainId)) revert ChainNotEnrolled(chainId);

        uint32 domain = destinations[chainId].domain();
        delete origins[domain];
        destinations[chainId] = Destination.wrap(0);

        emit RemoteGatewayRemoved(chainId, domain);
    }

    /// @inheritdoc IERC7786GatewaySource
    function sendMessage(
        bytes calldata recipient,
        bytes calldata payload,
        bytes[] calldata attributes
    ) external payable returns (bytes32) {
        bytes memory call = _call(DispatchCall.DISPATCH, recipient, payload, attributes);
        uint256 value = msg.value;
        // More than the value of this call is in the balance if there are deposits: without any,
        // none has to be read.
        if (address(this).balance > value && value == 0) {
            value = _payFromDeposit(recipient, payload, attributes);
        }

        GatewayLog.messageSent(localChainId, localChainIdSize, recipient, payload, attributes);

        call.send(address(mailbox), value);
        return 0;
    }

    /// @inheritdoc IMessageRecipient
    function handle(
        uint32 origin,
        bytes32 sender,
        bytes calldata body
    ) external payable onlyMailbox {
        Origin memory from = origins[origin];
        if (from.gateway == address(0) || sender != from.gateway.addressToBytes32()) {
            revert SenderNotGateway(origin, sender, from.gateway);
        }
        if (msg.value != 0) revert UnexpectedValue(msg.value);
        if (body.length < GatewayMessage.HEADER) revert BodyTooShort(body.length);
        address recipient = body.recipient();
        bytes4 answer = IERC7786Recipient(recipient).receiveMessage(
            body.messageId(origin, sender, localDomain),
            EvmAccount.format(from.chainId, body.sender()),
            body.payload()
        );
        if (answer != IERC7786Recipient.receiveMessage.selector) revert NotReceived(recipient);
    }

    /// @inheritdoc IHyperlaneGateway
    function quote(
        bytes calldata recipient,
        bytes calldata payload,
        bytes[] calldata attributes
    ) public view returns (uint256) {
        bytes memory call = _call(DispatchCall.QUOTE_DISPATCH, recipient, payload, attributes);
        return call.ask(address(mailbox));
    }

    /// @inheritdoc IHyperlaneGateway
    function chainIds() external view returns (uint256[] memory) {
        return enrolled.values();
    }

    /// @inheritdoc IHyperlaneGateway
    function remoteGatewayOf(uint256 chainId) external view returns (uint32, address, uint256) {
        Destination to = destinations[chainId];
        return (to.domain(), to.gateway(), to.gasLimit());
    }

    /// @inheritdoc IERC7786GatewaySource
    function supportsAttribute(bytes4 selector) external pure returns (bool) {
        return GatewayAttributes.isSupported(selector);
    }

    /// @inheritdoc MailboxClient
    /// @dev Copies to each chain whether there is a hook, so that messages need not read that slot
    /// while there is none.
    function _setHookAndFlags(address hook_, uint96 flags) internal override {
        super._setHookAndFlags(hook_, flags);
        uint256[] memory chains = enrolled.values();
        for (uint256 i; i < chains.length; ++i) {
            Destination to = destinations[chains[i]];
            destinations[chains[i]] = DestinationLib.from(
                to.gateway(),
                to.domain(),
                to.gasLimit(),
                hook_ != address(0)
            );
        }
    }

    /// @dev Takes the fee of a call to dispatch from the sender's deposit, if it has any. Reverts
    /// `DepositTooLow`.
    function _payFromDeposit(
        bytes calldata recipient,
        bytes calldata payload,
        bytes[] calldata attributes
    ) private returns (uint256 fee) {
        uint256 available = deposits[msg.sender];
        if (available == 0) return 0;
        fee = quote(recipient, payload, attributes);
        _setDeposit(available, fee);
    }

    /// @dev The call of the Mailbox for a message. Reverts `NotEvmAccount`, `ChainNotEnrolled`, and
    /// as `GatewayAttributes.read`.
    function _call(
        bytes4 selector,
        bytes calldata recipient,
        bytes calldata payload,
        bytes[] calldata attributes
    ) private view returns (bytes memory) {
        (bool valid, uint256 chainId, address account) = recipient.parse();
        if (!valid) revert NotEvmAccount(recipient);
        Destination to = destinations[chainId];
        if (!to.exists()) revert ChainNotEnrolled(chainId);
        (uint256 gasLimit, address refundAddress, bytes calldata custom) = attributes.read(
            to.gasLimit(),
            msg.sender
        );
        address hook_;
        if (to.hooked()) hook_ = address(hook);
        return
            GatewayMessage.encodeCall(
                selector,
                address(mailbox),
                to,
                hook_,
                account,
                payload,
                gasLimit,
                refundAddress,
                custom
            );
    }
}
