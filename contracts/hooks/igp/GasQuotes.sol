// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {AbstractOffchainQuoter} from "../../base/AbstractOffchainQuoter.sol";
import {IGasOracle} from "../../interfaces/hooks/IGasOracle.sol";

/// @title GasQuotes
/// @notice Signed gas data per (fee token, destination, sender).
///
/// A quote's context is feeToken(20) ‖ destination(4) ‖ sender(20), its data tokenExchangeRate(16)
/// ‖ gasPrice(16). Destination 2^32 - 1 and sender 2^160 - 1 are wildcards; both together are
/// allowed in quotes for a single transaction only.
abstract contract GasQuotes is AbstractOffchainQuoter {
    /// @notice Gas data with the period in which it is valid.
    struct StoredQuote {
        uint128 tokenExchangeRate;
        uint128 gasPrice;
        uint48 issuedAt;
        uint48 expiry;
    }

    uint32 private constant ANY_DESTINATION = type(uint32).max;
    address private constant ANY_SENDER = address(type(uint160).max);

    mapping(bytes32 contextHash => StoredQuote) private standing;

    /// @dev True if a quote for this transaction was submitted.
    bool private transient quoted;
    uint32 private transient quotedDestination;
    address private transient quotedToken;
    address private transient quotedSender;
    uint128 private transient quotedExchangeRate;
    uint128 private transient quotedGasPrice;

    /// @notice The standing quote for exactly this context; zeros if there is none.
    function offchainQuotes(
        address feeToken,
        uint32 destination,
        address sender
    ) external view returns (StoredQuote memory) {
        return standing[_hash(feeToken, destination, sender)];
    }

    /// @dev The valid quote of the highest precedence: for this transaction, then for destination
    /// and sender, then for the destination, then for the sender.
    function _findQuote(
        address feeToken,
        uint32 destination,
        address sender
    ) internal view returns (bool found, IGasOracle.RemoteGasData memory data) {
        if (_isQuoted(feeToken, destination, sender)) {
            return (true, IGasOracle.RemoteGasData(quotedExchangeRate, quotedGasPrice));
        }
        bytes32[3] memory contexts = [
            _hash(feeToken, destination, sender),
            _hash(feeToken, destination, ANY_SENDER),
            _hash(feeToken, ANY_DESTINATION, sender)
        ];
        for (uint256 i; i < 3; ++i) {
            StoredQuote storage quote = standing[contexts[i]];
            if (quote.expiry >= block.timestamp) {
                return (true, IGasOracle.RemoteGasData(quote.tokenExchangeRate, quote.gasPrice));
            }
        }
    }

    function _storeStanding(SignedQuote calldata quote) internal override {
        (uint128 rate, uint128 price) = _prices(quote);
        StoredQuote storage stored = standing[keccak256(quote.context)];
        if (!_replaces(quote, stored.issuedAt)) return;

        stored.tokenExchangeRate = rate;
        stored.gasPrice = price;
        stored.issuedAt = quote.issuedAt;
        stored.expiry = quote.expiry;
    }

    function _storeTransient(SignedQuote calldata quote) internal override {
        (quotedExchangeRate, quotedGasPrice) = _prices(quote);
        quotedToken = address(bytes20(quote.context[:20]));
        quotedDestination = uint32(bytes4(quote.context[20:24]));
        quotedSender = address(bytes20(quote.context[24:]));
        quoted = true;
    }

    function _isQuoted(
        address feeToken,
        uint32 destination,
        address sender
    ) private view returns (bool) {
        return
            quoted &&
            quotedToken == feeToken &&
            (quotedDestination == destination || quotedDestination == ANY_DESTINATION) &&
            (quotedSender == sender || quotedSender == ANY_SENDER);
    }

    /// @dev Reverts `InvalidQuote` when the quote does not have the layout above.
    function _prices(SignedQuote calldata quote) private pure returns (uint128, uint128) {
        if (quote.context.length != 44 || quote.data.length != 32) revert InvalidQuote();
        return (uint128(bytes16(quote.data[:16])), uint128(bytes16(quote.data[16:])));
    }

    function _hash(
        address feeToken,
        uint32 destination,
        address sender
    ) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(feeToken, destination, sender));
    }
}
