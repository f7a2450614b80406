// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {AbstractOffchainQuoter} from "../../base/AbstractOffchainQuoter.sol";
import {ITokenFee, Quote} from "../../interfaces/ITokenFee.sol";
import {BaseFee, FeeType} from "./BaseFee.sol";
import {LinearCurve} from "./LinearCurve.sol";

/// @title OffchainQuotedLinearFee
/// @notice A linear fee (see `LinearCurve`) whose curve a signed quote may set per destination and
/// recipient; where none holds, the contract's own does.
///
/// A quote's context is destination(4) ‖ recipient(32) ‖ amount(32), its data maxFee(32) ‖
/// halfAmount(32). Destination 2^32 - 1, recipient 2^256 - 1 and amount 2^256 - 1 stand for any; a
/// standing quote is for any amount, and for any destination or recipient but not both. A maxFee of
/// zero waives the fee, whatever the halfAmount.
contract OffchainQuotedLinearFee is BaseFee, AbstractOffchainQuoter {
    /// @notice A curve that holds from one second to another.
    struct StoredQuote {
        uint256 maxFee;
        uint256 halfAmount;
        uint48 issuedAt;
        uint48 expiry;
    }

    /// @inheritdoc BaseFee
    FeeType public constant override feeType = FeeType.OFFCHAIN_QUOTED_LINEAR;

    uint32 private constant ANY_DESTINATION = type(uint32).max;
    bytes32 private constant ANY_RECIPIENT = bytes32(type(uint256).max);
    uint256 private constant ANY_AMOUNT = type(uint256).max;

    /// @notice The standing quote for exactly this destination and recipient; zeros if there is
    /// none.
    mapping(uint32 destination => mapping(bytes32 recipient => StoredQuote)) public quotes;

    /// @dev The last quote for just this transaction.
    bool private transient quoted;
    uint32 private transient quotedDestination;
    bytes32 private transient quotedRecipient;
    uint256 private transient quotedAmount;
    uint256 private transient quotedMaxFee;
    uint256 private transient quotedHalfAmount;

    constructor(
        address quoteSigner,
        address feeToken,
        uint256 maxFee,
        uint256 halfAmount,
        address owner
    ) BaseFee(feeToken, maxFee, halfAmount, owner) {
        _addQuoteSigner(quoteSigner);
    }

    /// @notice Takes quotes of a signer from now on. Only the owner; reverts `InvalidSigner` for
    /// zero.
    function addQuoteSigner(address signer) external onlyOwner {
        _addQuoteSigner(signer);
    }

    /// @notice Refuses quotes of a signer from now on. Quotes taken before stay. Only the owner.
    function removeQuoteSigner(address signer) external onlyOwner {
        _removeQuoteSigner(signer);
    }

    /// @inheritdoc ITokenFee
    function quoteTransferRemote(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) external view returns (Quote[] memory fees) {
        (uint256 max, uint256 half) = _curve(destination, recipient, amount);
        fees = new Quote[](1);
        fees[0] = Quote(token, max == 0 ? 0 : LinearCurve.fee(amount, max, half));
    }

    function _storeStanding(SignedQuote calldata quote) internal override {
        (uint32 destination, bytes32 recipient, uint256 amount) = _context(quote);
        if (amount != ANY_AMOUNT) revert InvalidQuote();
        StoredQuote storage stored = quotes[destination][recipient];
        if (!_replaces(quote, stored.issuedAt)) return;

        (stored.maxFee, stored.halfAmount) = _data(quote);
        stored.issuedAt = quote.issuedAt;
        stored.expiry = quote.expiry;
    }

    function _storeTransient(SignedQuote calldata quote) internal override {
        (quotedDestination, quotedRecipient, quotedAmount) = _context(quote);
        (quotedMaxFee, quotedHalfAmount) = _data(quote);
        quoted = true;
    }

    /// @dev The curve that holds now, by precedence: for this transaction, for destination and
    /// recipient, for the destination, for the recipient, the contract's own.
    function _curve(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) private view returns (uint256 max, uint256 half) {
        if (_isQuoted(destination, recipient, amount)) return (quotedMaxFee, quotedHalfAmount);
        StoredQuote storage stored = quotes[destination][recipient];
        if (stored.expiry < block.timestamp) stored = quotes[destination][ANY_RECIPIENT];
        if (stored.expiry < block.timestamp) stored = quotes[ANY_DESTINATION][recipient];
        if (stored.expiry < block.timestamp) return (maxFee, halfAmount);
        return (stored.maxFee, stored.halfAmount);
    }

    function _isQuoted(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) private view returns (bool) {
        return
            quoted &&
            (quotedDestination == destination || quotedDestination == ANY_DESTINATION) &&
            (quotedRecipient == recipient || quotedRecipient == ANY_RECIPIENT) &&
            (quotedAmount == amount || quotedAmount == ANY_AMOUNT);
    }

    /// @dev Reverts `InvalidQuote` when the context is not laid out as above.
    function _context(
        SignedQuote calldata quote
    ) private pure returns (uint32 destination, bytes32 recipient, uint256 amount) {
        if (quote.context.length != 68) revert InvalidQuote();
        destination = uint32(bytes4(quote.context[:4]));
        recipient = bytes32(quote.context[4:36]);
        amount = uint256(bytes32(quote.context[36:]));
    }

    /// @dev Reverts `InvalidQuote` when the data is not laid out as above, or no curve.
    function _data(SignedQuote calldata quote) private pure returns (uint256 max, uint256 half) {
        if (quote.data.length != 64) revert InvalidQuote();
        max = uint256(bytes32(quote.data[:32]));
        half = uint256(bytes32(quote.data[32:]));
        // What `LinearCurve` would fail on, as would every transfer while the quote holds; it is
        // not asked when there is no fee.
        if (max != 0 && (half == 0 || half >> 255 != 0)) revert InvalidQuote();
    }
}
