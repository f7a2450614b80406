// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {SafeTransferLib} from "solady/src/utils/SafeTransferLib.sol";

import {Initializable} from "../../base/Initializable.sol";
import {IGasOracle} from "../../interfaces/hooks/IGasOracle.sol";
import {IInterchainGasPaymaster} from "../../interfaces/hooks/IInterchainGasPaymaster.sol";
import {IPostDispatchHook} from "../../interfaces/hooks/IPostDispatchHook.sol";
import {DomainSet} from "../../libs/DomainSet.sol";
import {Message} from "../../libs/Message.sol";
import {Refund} from "../../libs/Refund.sol";
import {StandardHookMetadata} from "../../libs/StandardHookMetadata.sol";
import {AbstractPostDispatchHook} from "../AbstractPostDispatchHook.sol";
import {DispatchBinding} from "./DispatchBinding.sol";
import {GasQuotes} from "./GasQuotes.sol";
import {RemoteGasDataStore} from "./RemoteGasDataStore.sol";

/// @title InterchainGasPaymaster
/// @notice Takes payment for the gas of deliveries, as a hook or directly.
/// @dev Where a domain's oracle is the paymaster itself, gas data comes from its own storage; while
/// no quote signer was ever added, from the same slot as the overhead.
contract InterchainGasPaymaster is
    IInterchainGasPaymaster,
    IGasOracle,
    AbstractPostDispatchHook,
    GasQuotes,
    RemoteGasDataStore,
    Initializable,
    DispatchBinding
{
    using DomainSet for EnumerableSet.UintSet;
    using EnumerableSet for EnumerableSet.UintSet;
    using Message for bytes;
    using StandardHookMetadata for bytes;

    /// @dev Everything that a payment in wei reads for most domains, in one slot.
    struct Destination {
        uint96 tokenExchangeRate;
        uint96 gasPrice;
        uint56 gasOverhead;
        /// @dev True if the two fields above may be used as they are: untruncated copies of
        /// `remoteGasData`, with no external oracle or signed quote taking precedence. See
        /// `_copyGasData`.
        bool priced;
    }

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.INTERCHAIN_GAS_PAYMASTER);

    /// @inheritdoc IInterchainGasPaymaster
    address public constant NATIVE_TOKEN = address(0);

    /// @dev Gas limit of a delivery when the metadata gives none.
    uint256 private constant DEFAULT_GAS_LIMIT = 50_000;

    /// @dev An exchange rate of one.
    uint256 private constant EXCHANGE_RATE_SCALE = 1e10;

    /// @inheritdoc IInterchainGasPaymaster
    uint256 public immutable deployedBlock = block.number;

    /// @inheritdoc IInterchainGasPaymaster
    address public beneficiary;

    /// @dev True if a quote signer was ever added. If not, there are no quotes to look up.
    bool private quotable;

    mapping(uint32 domain => Destination) private destinations;

    /// @inheritdoc IInterchainGasPaymaster
    mapping(address feeToken => mapping(uint32 domain => address)) public tokenGasOracles;

    EnumerableSet.UintSet private configured;

    constructor() Ownable(msg.sender) {}

    /// @notice Sets owner and beneficiary, once. Only the deployer: see `Initializable`.
    function initialize(address owner_, address beneficiary_) external initializer {
        _transferOwnership(owner_);
        _setBeneficiary(beneficiary_);
    }

    /// @inheritdoc IInterchainGasPaymaster
    function payForGas(
        bytes32 messageId,
        uint32 destination,
        uint256 gasLimit,
        address refundAddress
    ) external payable {
        uint256 fee = _fee(destinations[destination], destination, gasLimit, msg.sender);
        Refund.send(refundAddress, _take(messageId, destination, gasLimit, fee));
    }

    /// @inheritdoc IInterchainGasPaymaster
    function payForGas(
        address feeToken,
        bytes32 messageId,
        uint32 destination,
        uint256 gasLimit
    ) external {
        _takeToken(feeToken, messageId, destination, gasLimit, msg.sender);
    }

    /// @inheritdoc IInterchainGasPaymaster
    function claim() external {
        SafeTransferLib.safeTransferAllETH(beneficiary);
    }

    /// @inheritdoc IInterchainGasPaymaster
    function claimToken(address token) external {
        SafeTransferLib.safeTransferAll(token, beneficiary);
    }

    /// @notice Configures domains. A domain whose oracle is zero is no longer served. Only the
    /// owner; reverts `GasOverheadTooLarge`.
    function setDestinationGasConfigs(GasParam[] calldata configs) external onlyOwner {
        for (uint256 i; i < configs.length; ++i) {
            uint32 domain = configs[i].remoteDomain;
            DomainGasConfig calldata config = configs[i].config;

            _setNativeOracle(domain, config.gasOracle);
            _setOverhead(domain, config.gasOverhead);

            emit DestinationGasConfigSet(domain, config.gasOracle, config.gasOverhead);
        }
    }

    /// @notice Changes the overhead of a domain. Only the owner; reverts `GasOverheadTooLarge`.
    function setDestinationGasOverhead(uint32 domain, uint256 gasOverhead) external onlyOwner {
        _setOverhead(domain, gasOverhead);

        emit DestinationGasOverheadSet(domain, gasOverhead);
    }

    /// @notice Sets the oracles for payments in tokens, or in wei for token zero; oracle zero
    /// removes one. Only the owner; reverts `DomainNotConfigured` for a token on a domain that has
    /// no oracle for wei.
    function setTokenGasOracles(TokenGasOracleConfig[] calldata configs) external onlyOwner {
        for (uint256 i; i < configs.length; ++i) {
            TokenGasOracleConfig calldata config = configs[i];
            if (config.feeToken == NATIVE_TOKEN) {
                _setNativeOracle(config.remoteDomain, config.gasOracle);
            } else {
                if (config.gasOracle != address(0) && !configured.contains(config.remoteDomain)) {
                    revert DomainNotConfigured(config.remoteDomain);
                }
                tokenGasOracles[config.feeToken][config.remoteDomain] = config.gasOracle;
            }

            emit TokenGasOracleSet(config.feeToken, config.remoteDomain, config.gasOracle);
        }
    }

    /// @notice Changes who receives the payments. Only the owner; reverts `InvalidBeneficiary`.
    function setBeneficiary(address beneficiary_) external onlyOwner {
        _setBeneficiary(beneficiary_);
    }

    /// @notice Sets the Mailbox whose dispatches may pay in tokens, once and for all. Only the
    /// owner; reverts `MailboxAlreadySet`, `MailboxNotContract`.
    function setMailbox(address mailbox_) external onlyOwner {
        _setMailbox(mailbox_);
    }

    /// @notice Accepts quotes of a signer from now on. Only the owner; reverts `InvalidSigner` for
    /// zero.
    function addQuoteSigner(address signer) external onlyOwner {
        _addQuoteSigner(signer);
        if (quotable) return;
        quotable = true;
        uint32[] memory known = configured.list();
        for (uint256 i; i < known.length; ++i) {
            _copyGasData(known[i]);
        }
    }

    /// @notice Refuses quotes of a signer from now on. Quotes accepted before stay valid. Only the
    /// owner.
    function removeQuoteSigner(address signer) external onlyOwner {
        _removeQuoteSigner(signer);
    }

    /// @inheritdoc IInterchainGasPaymaster
    function quoteGasPayment(uint32 destination, uint256 gasLimit) external view returns (uint256) {
        return _fee(destinations[destination], destination, gasLimit, msg.sender);
    }

    /// @inheritdoc IInterchainGasPaymaster
    function quoteGasPayment(
        address feeToken,
        uint32 destination,
        uint256 gasLimit
    ) external view returns (uint256) {
        return _fee(feeToken, destination, gasLimit, msg.sender);
    }

    /// @inheritdoc IGasOracle
    /// @dev Reverts with a string that other people's clients look for when the domain has no
    /// oracle.
    function getExchangeRateAndGasPrice(
        uint32 destination
    ) external view returns (uint128, uint128) {
        address oracle = tokenGasOracles[NATIVE_TOKEN][destination];
        require(
            oracle != address(0),
            string.concat("Configured IGP doesn't support domain ", Strings.toString(destination))
        );
        RemoteGasData memory data = _oracleData(oracle, destination);
        return (data.tokenExchangeRate, data.gasPrice);
    }

    /// @inheritdoc IInterchainGasPaymaster
    function domains() external view returns (uint32[] memory) {
        return configured.list();
    }

    /// @inheritdoc IInterchainGasPaymaster
    function destinationGasConfigs(uint32 destination) external view returns (address, uint96) {
        return (tokenGasOracles[NATIVE_TOKEN][destination], destinations[destination].gasOverhead);
    }

    /// @inheritdoc IInterchainGasPaymaster
    function destinationGasOverhead(uint32 destination) external view returns (uint256) {
        return destinations[destination].gasOverhead;
    }

    /// @inheritdoc IInterchainGasPaymaster
    function destinationGasLimit(
        uint32 destination,
        uint256 gasLimit
    ) external view returns (uint256) {
        return destinations[destination].gasOverhead + gasLimit;
    }

    /// @inheritdoc AbstractPostDispatchHook
    /// @dev Anyone may pay for any message in wei. Tokens are taken from the sender of the message,
    /// and only in a dispatch by that sender. Reverts `InsufficientInterchainGasPayment`, or for
    /// tokens `NativeValueNotAccepted`, `MailboxNotSet`, `NotDispatchedBySender`,
    /// `TransferFromFailed`.
    function _postDispatch(bytes calldata metadata, bytes calldata message) internal override {
        uint32 destination = message.destination();
        Destination memory config = destinations[destination];
        uint256 gasLimit = config.gasOverhead + metadata.gasLimit(DEFAULT_GAS_LIMIT);
        address sender = message.senderAddress();
        address feeToken = metadata.feeToken();
        if (feeToken != NATIVE_TOKEN) {
            if (msg.value != 0) revert NativeValueNotAccepted(msg.value);
            _requireDispatchBy(sender);
            return _takeToken(feeToken, message.id(), destination, gasLimit, sender);
        }
        uint256 fee = _fee(config, destination, gasLimit, sender);
        _refund(metadata, message, _take(message.id(), destination, gasLimit, fee));
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(
        bytes calldata metadata,
        bytes calldata message
    ) internal view override returns (uint256) {
        uint32 destination = message.destination();
        Destination memory config = destinations[destination];
        uint256 gasLimit = config.gasOverhead + metadata.gasLimit(DEFAULT_GAS_LIMIT);
        address sender = message.senderAddress();
        address feeToken = metadata.feeToken();
        if (feeToken != NATIVE_TOKEN) return _fee(feeToken, destination, gasLimit, sender);
        return _fee(config, destination, gasLimit, sender);
    }

    function _setBeneficiary(address beneficiary_) private {
        if (beneficiary_ == address(0)) revert InvalidBeneficiary(beneficiary_);

        beneficiary = beneficiary_;

        emit BeneficiarySet(beneficiary_);
    }

    function _setNativeOracle(uint32 domain, address oracle) private {
        tokenGasOracles[NATIVE_TOKEN][domain] = oracle;
        if (oracle == address(0)) configured.remove(domain);
        else configured.add(domain);
        _copyGasData(domain);
    }

    function _setOverhead(uint32 domain, uint256 gasOverhead) private {
        if (gasOverhead > type(uint56).max) revert GasOverheadTooLarge(gasOverhead);
        destinations[domain].gasOverhead = uint56(gasOverhead);
    }

    /// @inheritdoc RemoteGasDataStore
    function _setRemoteGasData(RemoteGasDataConfig calldata config) internal override {
        super._setRemoteGasData(config);
        _copyGasData(config.remoteDomain);
    }

    /// @dev Refreshes the copy in `destinations`. Must be called after every change of gas data,
    /// oracles or quote signers.
    function _copyGasData(uint32 domain) private {
        RemoteGasData memory data = remoteGasData[domain];
        Destination storage destination = destinations[domain];
        destination.tokenExchangeRate = uint96(data.tokenExchangeRate); // not used if it is cut off
        destination.gasPrice = uint96(data.gasPrice);
        destination.priced =
            !quotable &&
            tokenGasOracles[NATIVE_TOKEN][domain] == address(this) &&
            data.tokenExchangeRate <= type(uint96).max &&
            data.gasPrice <= type(uint96).max;
    }

    /// @dev Keeps the fee from `msg.value`.
    /// @return surplus The rest of `msg.value`.
    function _take(
        bytes32 messageId,
        uint32 destination,
        uint256 gasLimit,
        uint256 fee
    ) private returns (uint256 surplus) {
        if (msg.value < fee) revert InsufficientInterchainGasPayment(msg.value, fee);
        unchecked {
            surplus = msg.value - fee; // just compared
        }

        emit GasPayment(messageId, destination, gasLimit, fee);
    }

    function _takeToken(
        address feeToken,
        bytes32 messageId,
        uint32 destination,
        uint256 gasLimit,
        address payer
    ) private {
        uint256 fee = _fee(feeToken, destination, gasLimit, payer);

        emit GasPayment(messageId, destination, gasLimit, fee);

        SafeTransferLib.safeTransferFrom(feeToken, payer, address(this), fee);
    }

    /// @dev The fee in wei. `config` is that of the destination.
    function _fee(
        Destination memory config,
        uint32 destination,
        uint256 gasLimit,
        address sender
    ) private view returns (uint256) {
        if (config.priced) return _fee(gasLimit, config.gasPrice, config.tokenExchangeRate);
        return _fee(NATIVE_TOKEN, destination, gasLimit, sender);
    }

    /// @dev The fee in any token, by the valid quote or else by the oracle. Reverts `NoGasOracle`.
    function _fee(
        address feeToken,
        uint32 destination,
        uint256 gasLimit,
        address sender
    ) private view returns (uint256) {
        if (quotable) {
            (bool found, RemoteGasData memory quote) = _findQuote(feeToken, destination, sender);
            if (found) return _fee(gasLimit, quote.gasPrice, quote.tokenExchangeRate);
        }
        address oracle = tokenGasOracles[feeToken][destination];
        if (oracle == address(0)) revert NoGasOracle(feeToken, destination);
        RemoteGasData memory data = _oracleData(oracle, destination);
        return _fee(gasLimit, data.gasPrice, data.tokenExchangeRate);
    }

    function _fee(
        uint256 gasLimit,
        uint256 gasPrice,
        uint256 tokenExchangeRate
    ) private pure returns (uint256) {
        return (gasLimit * gasPrice * tokenExchangeRate) / EXCHANGE_RATE_SCALE;
    }

    function _oracleData(
        address oracle,
        uint32 destination
    ) private view returns (RemoteGasData memory) {
        if (oracle == address(this)) return remoteGasData[destination];
        (uint128 rate, uint128 price) = IGasOracle(oracle).getExchangeRateAndGasPrice(destination);
        return RemoteGasData(rate, price);
    }
}
