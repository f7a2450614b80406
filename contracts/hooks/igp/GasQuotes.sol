// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IGasOracle} from "../../interfaces/hooks/IGasOracle.sol";
import {AbstractOffchainQuoter} from "../../libs/AbstractOffchainQuoter.sol";

/// @title GasQuotes
/// @notice Signed gas data per (fee token, destination, sender).
///
/// A quote's context is feeToken(20) ‖ destination(4) ‖ sender(20), its data tokenExchangeRate(16) ‖
/// gasPrice(16). Destination 2^32 - 1 and sender 2^160 - 1 stand for any.
abstract contract GasQuotes is AbstractOffchainQuoter {
    /// @notice Gas data that holds from one second to another.
    struct StoredQuote {
        uint128 tokenExchangeRate;
        uint128 gasPrice;
        uint48 issuedAt;
        uint48 expiry;
    }

    uint32 private constant ANY_DESTINATION = type(uint32).max;
    address private constant ANY_SENDER = address(type(uint160).max);

    mapping(bytes32 contextHash => StoredQuote) private standing;

    /// @notice The standing quote for exactly this context; zeros if there is none.
    function offchainQuotes(address feeToken, uint32 destination, address sender)
        external
        view
        returns (StoredQuote memory)
    {
        return standing[_hash(feeToken, destination, sender)];
    }

    /// @dev The quote that holds now, by precedence: for this transaction, for destination and
    /// sender, for the destination, for the sender.
    function _findQuote(address feeToken, uint32 destination, address sender)
        internal
        view
        returns (bool found, IGasOracle.RemoteGasData memory data)
    {
        bytes32[3] memory contexts = [
            _hash(feeToken, destination, sender),
            _hash(feeToken, destination, ANY_SENDER),
            _hash(feeToken, ANY_DESTINATION, sender)
        ];
        for (uint256 i; i < 3; ++i) {
            (found, data) = _loadTransient(contexts[i]);
            if (found) return (found, data);
        }
        for (uint256 i; i < 3; ++i) {
            StoredQuote memory quote = standing[contexts[i]];
            if (quote.expiry >= block.timestamp) {
                return (true, IGasOracle.RemoteGasData(quote.tokenExchangeRate, quote.gasPrice));
            }
        }
    }

    function _storeStanding(SignedQuote calldata quote) internal override {
        _checkLayout(quote);
        StoredQuote storage stored = standing[keccak256(quote.context)];
        if (quote.issuedAt < stored.issuedAt) revert StaleQuote();
        if (quote.issuedAt == stored.issuedAt) return;
        stored.tokenExchangeRate = uint128(bytes16(quote.data[:16]));
        stored.gasPrice = uint128(bytes16(quote.data[16:]));
        stored.issuedAt = quote.issuedAt;
        stored.expiry = quote.expiry;
    }

    /// @dev Transient slots: keccak256(context) says whether there is a quote, the next holds it.
    function _storeTransient(SignedQuote calldata quote) internal override {
        _checkLayout(quote);
        bytes32 slot = keccak256(quote.context);
        bytes32 data = bytes32(quote.data);
        assembly ("memory-safe") {
            tstore(slot, 1)
            tstore(add(slot, 1), data)
        }
    }

    function _loadTransient(bytes32 slot)
        private
        view
        returns (bool found, IGasOracle.RemoteGasData memory data)
    {
        uint256 word;
        assembly ("memory-safe") {
            found := tload(slot)
            word := tload(add(slot, 1))
        }
        data = IGasOracle.RemoteGasData(uint128(word >> 128), uint128(word));
    }

    function _checkLayout(SignedQuote calldata quote) private pure {
        if (quote.context.length != 44 || quote.data.length != 32) revert InvalidQuote();
    }

    function _hash(address feeToken, uint32 destination, address sender)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encodePacked(feeToken, destination, sender));
    }
}
