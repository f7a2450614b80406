// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {EnumerableMap} from "@openzeppelin/contracts/utils/structs/EnumerableMap.sol";

import {PackageVersioned} from "../../base/PackageVersioned.sol";
import {ITokenBridge} from "../../interfaces/ITokenBridge.sol";
import {ITokenFee, Quote} from "../../interfaces/ITokenFee.sol";
import {
    IOft,
    MessagingFee,
    MessagingReceipt,
    OFTReceipt,
    SendParam
} from "../../interfaces/bridges/IOft.sol";
import {MeasuredPull} from "../../libs/MeasuredPull.sol";
import {Refund} from "../../libs/Refund.sol";

/// @title TokenBridgeOft
/// @notice Moves a token over its LayerZero OFT, for rebalancing collateral, or for anybody. No
/// message of ours travels: LayerZero delivers, and the id of a transfer is LayerZero's guid.
///
/// At least `amount`, less its dust, arrives. What the OFT keeps of it is charged on top, and
/// rounded up to what can travel.
/// @dev See `MeasuredPull` for tokens that are refused, and tokens that must not be used.
contract TokenBridgeOft is ITokenBridge, Ownable, PackageVersioned {
    using EnumerableMap for EnumerableMap.UintToUintMap;
    using MeasuredPull for IERC20;
    using SafeERC20 for IERC20;

    /// @notice Tokens were sent.
    event SentTransferRemote(uint32 indexed destination, bytes32 indexed recipient, uint256 amount);

    /// @notice LayerZero calls this domain so from now on.
    event DomainAdded(uint32 indexed hyperlaneDomain, uint32 lzEid);

    /// @notice No transfer to the domain is possible any more.
    event DomainRemoved(uint32 indexed hyperlaneDomain);

    /// @notice LayerZero's options for every transfer changed.
    event ExtraOptionsSet(bytes extraOptions);

    /// @notice An OFT cannot share more decimals than its token has.
    error TooManySharedDecimals(uint8 sharedDecimals, uint8 decimals);

    /// @notice No LayerZero endpoint id is set for this domain.
    error LzEidNotConfigured(uint32 hyperlaneDomain);

    /// @notice Zero is not an endpoint id of LayerZero.
    error LzEidIsZero(uint32 hyperlaneDomain);

    /// @notice Not an OFT: `token` returns no contract with `decimals`, or `sharedDecimals` returns
    /// no uint8.
    error InvalidOft(address oft);

    /// @notice The OFT would keep the whole amount.
    error NothingArrives(uint256 amount);

    /// @notice LayerZero's fee exceeds the value of the call.
    error InsufficientValue(uint256 value, uint256 required);

    /// @notice The OFT sent another amount than the bridge requested.
    error UnexpectedAmountSent(uint256 sent, uint256 expected);

    /// @notice The LayerZero OFT that moves the token.
    IOft public immutable oft;

    /// @notice The token that is moved.
    IERC20 public immutable wrappedToken;

    /// @notice The smallest amount that travels, in the token's smallest unit.
    uint256 public immutable decimalConversionRate;

    /// @notice LayerZero's options for every transfer.
    bytes public extraOptions;

    EnumerableMap.UintToUintMap private lzEids;

    constructor(address oft_, address owner_) Ownable(owner_) {
        address token_ = address(uint160(_ask(oft_, oft_, IOft.token.selector, type(uint160).max)));
        uint8 decimals = uint8(
            _ask(oft_, token_, IERC20Metadata.decimals.selector, type(uint8).max)
        );
        uint8 sharedDecimals = uint8(
            _ask(oft_, oft_, IOft.sharedDecimals.selector, type(uint8).max)
        );
        if (sharedDecimals > decimals) revert TooManySharedDecimals(sharedDecimals, decimals);

        oft = IOft(oft_);
        wrappedToken = IERC20(token_);
        decimalConversionRate = 10 ** (decimals - sharedDecimals);
        // This bridge keeps no tokens that the OFT could take at the wrong time.
        IERC20(token_).forceApprove(oft_, type(uint256).max);
    }

    /// @notice Sets LayerZero's endpoint id of a domain. Only the owner; reverts `LzEidIsZero`.
    function addDomain(uint32 hyperlaneDomain, uint32 lzEid) external onlyOwner {
        if (lzEid == 0) revert LzEidIsZero(hyperlaneDomain);

        lzEids.set(hyperlaneDomain, lzEid);

        emit DomainAdded(hyperlaneDomain, lzEid);
    }

    /// @notice Forgets a domain. Only the owner; reverts `LzEidNotConfigured`.
    function removeDomain(uint32 hyperlaneDomain) external onlyOwner {
        if (!lzEids.remove(hyperlaneDomain)) revert LzEidNotConfigured(hyperlaneDomain);

        emit DomainRemoved(hyperlaneDomain);
    }

    /// @notice Changes LayerZero's options for every transfer. Only the owner.
    function setExtraOptions(bytes calldata options) external onlyOwner {
        extraOptions = options;

        emit ExtraOptionsSet(options);
    }

    /// @inheritdoc ITokenBridge
    /// @dev Value that LayerZero does not ask for goes back to the sender.
    function transferRemote(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) external payable returns (bytes32 messageId) {
        SendParam memory param = _sending(destination, recipient, amount);
        MessagingFee memory fee = oft.quoteSend(param, false);
        if (msg.value < fee.nativeFee) revert InsufficientValue(msg.value, fee.nativeFee);
        uint256 before = wrappedToken.balance();
        wrappedToken.pull(param.amountLD);

        emit SentTransferRemote(destination, recipient, amount);

        (MessagingReceipt memory messaging, OFTReceipt memory receipt) = oft.send{
            value: fee.nativeFee
        }(param, fee, msg.sender);
        if (receipt.amountSentLD != param.amountLD) {
            revert UnexpectedAmountSent(receipt.amountSentLD, param.amountLD);
        }
        wrappedToken.requireBalance(before);
        Refund.send(msg.sender, msg.value - fee.nativeFee);
        return messaging.guid;
    }

    /// @inheritdoc ITokenFee
    /// @dev First LayerZero's price in wei, then the amount with what the OFT keeps.
    function quoteTransferRemote(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) external view returns (Quote[] memory quotes) {
        SendParam memory param = _sending(destination, recipient, amount);
        quotes = new Quote[](2);
        quotes[0] = Quote(address(0), oft.quoteSend(param, false).nativeFee);
        quotes[1] = Quote(token(), param.amountLD);
    }

    /// @notice All domains that can be sent to, and what LayerZero calls each.
    function getDomainMappings()
        external
        view
        returns (uint32[] memory domains, uint32[] memory eids)
    {
        uint256 count = lzEids.length();
        (domains, eids) = (new uint32[](count), new uint32[](count));
        for (uint256 i; i < count; ++i) {
            (uint256 domain, uint256 eid) = lzEids.at(i);
            (domains[i], eids[i]) = (uint32(domain), uint32(eid));
        }
    }

    /// @notice The token that is moved.
    function token() public view returns (address) {
        return address(wrappedToken);
    }

    /// @notice LayerZero's endpoint id of a domain. Reverts `LzEidNotConfigured`.
    function hyperlaneDomainToLzEid(uint32 domain) public view returns (uint32) {
        (bool known, uint256 eid) = lzEids.tryGet(domain);
        if (!known) revert LzEidNotConfigured(domain);
        return uint32(eid);
    }

    /// @dev Parameters to ask the OFT for, so that `amount` arrives.
    function _sending(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) private view returns (SendParam memory param) {
        param = SendParam({
            dstEid: hyperlaneDomainToLzEid(destination),
            to: recipient,
            amountLD: _roundedUp(amount),
            minAmountLD: 0,
            extraOptions: extraOptions,
            composeMsg: "",
            oftCmd: ""
        });
        (, , OFTReceipt memory receipt) = oft.quoteOFT(param);
        (uint256 sent, uint256 received) = (receipt.amountSentLD, receipt.amountReceivedLD);
        if (sent != received) {
            // OFTs keep a share of what is sent: as much more has to be sent.
            if (received == 0) revert NothingArrives(amount);
            param.amountLD = _roundedUp(Math.mulDiv(amount, sent, received, Math.Rounding.Ceil));
        }
        param.minAmountLD = amount - (amount % decimalConversionRate);
    }

    /// @dev Answer of a contract to a call without arguments, at most `max`. Reverts
    /// `InvalidOft`.
    function _ask(
        address oft_,
        address callee,
        bytes4 selector,
        uint256 max
    ) private view returns (uint256 word) {
        (bool success, bytes memory answer) = callee.staticcall(abi.encodePacked(selector));
        // An account without code answers everything, with nothing.
        if (!success || answer.length < 32) revert InvalidOft(oft_);
        word = abi.decode(answer, (uint256));
        if (word > max) revert InvalidOft(oft_);
    }

    function _roundedUp(uint256 amount) private view returns (uint256) {
        return Math.ceilDiv(amount, decimalConversionRate) * decimalConversionRate;
    }
}
