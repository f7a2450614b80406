// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {AbstractPostDispatchHook} from "../../hooks/AbstractPostDispatchHook.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {ICctpMessenger, ICctpTransmitter} from "../../interfaces/bridges/ICctp.sol";
import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {AbstractCcipReadIsm} from "../../isms/ccip-read/AbstractCcipReadIsm.sol";
import {MeasuredPull} from "../../libs/MeasuredPull.sol";
import {Message} from "../../libs/Message.sol";
import {TokenMessage} from "../../libs/TokenMessage.sol";
import {TypeCasts} from "../../libs/TypeCasts.sol";
import {TokenRouter} from "../TokenRouter.sol";
import {CctpMessage} from "../libs/CctpMessage.sol";

/// @title CctpService
/// @notice Answer of the server of a CCTP bridge.
interface CctpService {
    /// @notice CCTP message that was sent with a message, and its attesters' signatures for it.
    function getCCTPAttestation(
        bytes calldata message
    ) external view returns (bytes memory cctpMessage, bytes memory attestation);
}

/// @notice One chain, as Hyperlane and as Circle call it.
struct Domain {
    uint32 hyperlane;
    uint32 circle;
}

/// @title TokenBridgeCctpBase
/// @notice Moves Circle's tokens: CCTP burns and mints them, and a token message accompanies each
/// burn. The router is the security module of its own messages, and requires CCTP's attestation of
/// the burn. So delivering the message mints the tokens, and the router never holds any.
///
/// The router also is a hook and a security module for messages of other contracts: the hook sends
/// their ids over CCTP, and the module requires CCTP's attestation of the id.
///
/// Metadata: `abi.encode(bytes cctpMessage, bytes attestation)`.
/// @dev Only the enrolled router can mint a burn, and it does so only while delivering its message.
/// Only burns of CCTP v2 carry the id of their message.
abstract contract TokenBridgeCctpBase is
    TokenRouter,
    AbstractCcipReadIsm,
    AbstractPostDispatchHook
{
    using CctpMessage for bytes;
    using MeasuredPull for IERC20;
    using Message for bytes;
    using SafeERC20 for IERC20;
    using TypeCasts for address;

    /// @notice A Circle domain was set for a Hyperlane domain.
    event DomainAdded(uint32 indexed hyperlaneDomain, uint32 circleDomain);

    /// @notice A contract of Circle has another version of CCTP than this bridge supports.
    error InvalidCCTPVersion();

    /// @notice No Circle domain is set for this Hyperlane domain.
    error CircleDomainNotConfigured();

    /// @notice No Hyperlane domain is set for this Circle domain.
    error HyperlaneDomainNotConfigured();

    /// @notice CCTP's message is a burn, but the token message's recipient is not this contract.
    error InvalidTokenMessageRecipient();

    /// @notice CCTP's message has the wrong recipient: a burn must name Circle's token messenger of
    /// this chain, and an id must name this contract.
    error InvalidCircleRecipient();

    /// @notice CCTP's message comes from another chain than the token message.
    error InvalidBurnOrigin(uint32 origin, uint32 expected);

    /// @notice The burn's sender is not the enrolled router, the sender of the token message.
    error InvalidBurnSender();

    /// @notice The burnt amount differs from the token message's.
    error InvalidMintAmount();

    /// @notice The burn's mint recipient differs from the token message's recipient.
    error InvalidMintRecipient();

    /// @notice A burn is minted only while its message is being delivered.
    error MessageNotDelivering(bytes32 id);

    /// @notice The id in CCTP's message is not the message's.
    error InvalidMessageId();

    /// @notice CCTP's message comes from another domain than the message whose id it carries.
    error InvalidIdOrigin(uint32 origin, uint32 expected);

    /// @notice The caller is not CCTP's transmitter of this chain.
    error NotMessageTransmitter();

    /// @notice The sender of CCTP's message is not the router enrolled for its origin.
    error UnauthorizedCircleSender();

    /// @notice The hook accepts only the message that the Mailbox dispatched last.
    error MessageNotDispatched();

    /// @notice Messages of this route are proven by their burns, not by the hook.
    error InvalidPostDispatchSender();

    /// @notice Circle's token.
    IERC20 public immutable wrappedToken;

    /// @notice CCTP's transmitter on this chain.
    ICctpTransmitter public immutable messageTransmitter;

    /// @notice CCTP's token messenger on this chain.
    ICctpMessenger public immutable tokenMessenger;

    /// @dev True if CCTP delivered this id from the router enrolled for a domain.
    mapping(bytes32 messageId => mapping(uint32 origin => bool)) private verifiedFrom;

    /// @dev One more than the domain, as zero is a domain of Circle's.
    mapping(uint32 hyperlaneDomain => uint256) private circleDomains;
    mapping(uint32 circleDomain => uint256) private hyperlaneDomains;

    constructor(
        address erc20,
        address mailbox_,
        address messageTransmitter_,
        address tokenMessenger_,
        uint32 version
    ) TokenRouter(1, 1, mailbox_) {
        wrappedToken = MeasuredPull.checked(erc20);
        messageTransmitter = ICctpTransmitter(messageTransmitter_);
        tokenMessenger = ICctpMessenger(tokenMessenger_);
        _requireVersion(messageTransmitter.version(), version);
        _requireVersion(tokenMessenger.messageBodyVersion(), version);
    }

    /// @notice Sets everything up, once; for who may call see `Initializable`.
    /// @param urls The URLs of the service that answers calls of `CctpService`.
    function initialize(address hook, address owner, string[] calldata urls) external virtual {
        _initialize(hook, owner, urls);
    }

    /// @notice Sets the Circle domain of a Hyperlane domain. Only the owner.
    function addDomain(uint32 hyperlaneDomain, uint32 circleDomain) external onlyOwner {
        _addDomain(hyperlaneDomain, circleDomain);
    }

    /// @notice Adds the Circle domains of several chains. Only the owner.
    function addDomains(Domain[] calldata domains_) external onlyOwner {
        for (uint256 i; i < domains_.length; ++i) {
            _addDomain(domains_[i].hyperlane, domains_[i].circle);
        }
    }

    /// @inheritdoc IInterchainSecurityModule
    function verify(bytes calldata metadata, bytes calldata message) external returns (bool) {
        bool isTransfer = message.recipient() == address(this).addressToBytes32();
        bytes32 id = message.id();
        if (!isTransfer && verifiedFrom[id][message.origin()]) return true;
        // The Mailbox writes a delivery down before it asks.
        if (isTransfer && !mailbox.delivered(id)) revert MessageNotDelivering(id);

        bytes calldata cctpMessage = metadata.element(0);
        if (isTransfer) _requireBurn(cctpMessage, message);
        else _requireId(cctpMessage, message);
        return messageTransmitter.receiveMessage(cctpMessage, metadata.element(1));
    }

    /// @inheritdoc IPostDispatchHook
    function hookType() external pure returns (uint8) {
        return uint8(HookTypes.CCTP);
    }

    /// @notice Tells whether an enrolled router told over CCTP that it dispatched a message. Counts
    /// for messages from its own domain only.
    function isVerified(bytes32 messageId) external view returns (bool verified) {
        uint32[] memory origins = domains();
        for (uint256 i; i < origins.length && !verified; ++i) {
            verified = verifiedFrom[messageId][origins[i]];
        }
    }

    /// @notice Circle's number of a domain. Reverts `CircleDomainNotConfigured`.
    function hyperlaneDomainToCircleDomain(uint32 hyperlaneDomain) public view returns (uint32) {
        uint256 successor = circleDomains[hyperlaneDomain];
        if (successor == 0) revert CircleDomainNotConfigured();
        return uint32(successor - 1);
    }

    /// @notice Hyperlane's number of a Circle domain. Reverts `HyperlaneDomainNotConfigured`.
    function circleDomainToHyperlaneDomain(uint32 circleDomain) public view returns (uint32) {
        uint256 successor = hyperlaneDomains[circleDomain];
        if (successor == 0) revert HyperlaneDomainNotConfigured();
        return uint32(successor - 1);
    }

    /// @inheritdoc TokenRouter
    function token() public view override returns (address) {
        return address(wrappedToken);
    }

    function _initialize(address hook, address owner, string[] calldata urls) internal initializer {
        // This router keeps no tokens that the messenger could take at the wrong time.
        wrappedToken.forceApprove(address(tokenMessenger), type(uint256).max);
        _setUrls(urls);
        _MailboxClient_initialize(hook, address(this), owner);
    }

    /// @dev Takes a message of CCTP's to this contract.
    function _receiveMessageId(
        uint32 circleDomain,
        bytes32 sender,
        bytes calldata body
    ) internal returns (bool) {
        if (msg.sender != address(messageTransmitter)) revert NotMessageTransmitter();
        uint32 origin = circleDomainToHyperlaneDomain(circleDomain);
        bytes32 router = _mustHaveRemoteRouter(origin);
        if (sender != router) revert UnauthorizedCircleSender();

        verifiedFrom[abi.decode(body, (bytes32))][origin] = true;
        return true;
    }

    /// @inheritdoc TokenRouter
    function _takeFromSender(
        uint256 amount,
        uint256 dispatchFee
    ) internal override returns (uint256) {
        wrappedToken.pull(amount + dispatchFee);
        return msg.value;
    }

    /// @inheritdoc TokenRouter
    function _lock(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) internal override returns (uint256 burnt) {
        burnt = _messageAmount(amount);
        uint256 before = wrappedToken.balance();
        _depositForBurn(
            destination,
            recipient,
            burnt,
            burnt - amount,
            _mustHaveRemoteRouter(destination)
        );
        wrappedToken.requireBalance(before - burnt);
    }

    /// @inheritdoc TokenRouter
    /// @dev Does nothing: CCTP minted to the recipient.
    function _transferTo(address, uint256) internal pure override {}

    /// @inheritdoc TokenRouter
    function _payFee(address recipient, uint256 fee) internal override {
        wrappedToken.safeTransfer(recipient, fee);
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _postDispatch(bytes calldata metadata, bytes calldata message) internal override {
        bytes32 id = message.id();
        if (id != mailbox.latestDispatchedId()) revert MessageNotDispatched();
        if (message.sender() == address(this).addressToBytes32())
            revert InvalidPostDispatchSender();

        uint32 destination = message.destination();
        _sendId(hyperlaneDomainToCircleDomain(destination), _mustHaveRemoteRouter(destination), id);
        _refund(metadata, message, msg.value);
    }

    /// @dev Burns tokens through CCTP.
    /// @param maxFee The highest fee deducted on the destination.
    /// @param router The only allowed caller of the mint.
    function _depositForBurn(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        uint256 maxFee,
        bytes32 router
    ) internal virtual;

    /// @dev Reverts when the burn carries the id of another message.
    function _requireBound(bytes calldata burn, bytes calldata message) internal pure virtual {}

    /// @dev Sends the id of a message over CCTP.
    function _sendId(uint32 circleDomain, bytes32 router, bytes32 id) internal virtual;

    /// @inheritdoc TokenRouter
    function _messageAmount(uint256 amount) internal view override returns (uint256) {
        return amount + _bridgeFee(amount);
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(
        bytes calldata,
        bytes calldata
    ) internal pure override returns (uint256) {
        return 0;
    }

    /// @inheritdoc AbstractCcipReadIsm
    function _lookup(bytes calldata message) internal pure override returns (bytes memory) {
        return abi.encodeCall(CctpService.getCCTPAttestation, (message));
    }

    /// @dev The offsets of recipient and body in a message of this version of CCTP.
    function _layout() internal pure virtual returns (uint256 recipientAt, uint256 bodyAt);

    /// @dev Each domain has one counterpart: former counterparts of both domains are removed.
    function _addDomain(uint32 hyperlaneDomain, uint32 circleDomain) private {
        uint256 formerCircle = circleDomains[hyperlaneDomain];
        if (formerCircle != 0) delete hyperlaneDomains[uint32(formerCircle - 1)];
        uint256 formerHyperlane = hyperlaneDomains[circleDomain];
        if (formerHyperlane != 0) delete circleDomains[uint32(formerHyperlane - 1)];

        circleDomains[hyperlaneDomain] = uint256(circleDomain) + 1;
        hyperlaneDomains[circleDomain] = uint256(hyperlaneDomain) + 1;

        emit DomainAdded(hyperlaneDomain, circleDomain);
    }

    /// @dev Reverts unless CCTP's message is the burn of the token message.
    function _requireBurn(bytes calldata cctpMessage, bytes calldata message) private view {
        (uint256 recipientAt, uint256 bodyAt) = _layout();
        _requireCircleRecipient(cctpMessage.word(recipientAt), address(tokenMessenger));
        uint32 origin = circleDomainToHyperlaneDomain(cctpMessage.sourceDomain());
        if (origin != message.origin()) revert InvalidBurnOrigin(origin, message.origin());

        bytes calldata burn = cctpMessage[bodyAt:];
        if (burn.burnSender() != message.sender()) revert InvalidBurnSender();
        if (burn.burnAmount() != TokenMessage.amount(message.body())) revert InvalidMintAmount();
        if (burn.mintRecipient() != TokenMessage.recipient(message.body())) {
            revert InvalidMintRecipient();
        }
        _requireBound(burn, message);
    }

    /// @dev Reverts unless CCTP's message carries the id of a message to another contract. The
    /// sender of CCTP's message is checked when CCTP delivers it.
    function _requireId(bytes calldata cctpMessage, bytes calldata message) private view {
        (uint256 recipientAt, uint256 bodyAt) = _layout();
        bytes32 circleRecipient = cctpMessage.word(recipientAt);
        if (circleRecipient == address(tokenMessenger).addressToBytes32()) {
            revert InvalidTokenMessageRecipient();
        }
        _requireCircleRecipient(circleRecipient, address(this));
        if (cctpMessage.word(bodyAt) != message.id()) revert InvalidMessageId();
        uint32 origin = circleDomainToHyperlaneDomain(cctpMessage.sourceDomain());
        if (origin != message.origin()) revert InvalidIdOrigin(origin, message.origin());
    }

    function _requireCircleRecipient(bytes32 recipient, address expected) private pure {
        if (recipient != expected.addressToBytes32()) revert InvalidCircleRecipient();
    }

    function _requireVersion(uint32 version, uint32 expected) private pure {
        if (version != expected) revert InvalidCCTPVersion();
    }
}
