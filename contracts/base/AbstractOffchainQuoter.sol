// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {EIP712} from "solady/src/utils/EIP712.sol";

import {IOffchainQuoter} from "../interfaces/hooks/IOffchainQuoter.sol";

/// @title AbstractOffchainQuoter
/// @notice Checks signed quotes. Subclasses define what a quote prices, and store it.
abstract contract AbstractOffchainQuoter is IOffchainQuoter, EIP712 {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @inheritdoc IOffchainQuoter
    bytes32 public constant SIGNED_QUOTE_TYPEHASH = keccak256(
        "SignedQuote(bytes context,bytes data,uint48 issuedAt,uint48 expiry,"
        "bytes32 salt,address submitter)"
    );

    EnumerableSet.AddressSet private signers;

    /// @inheritdoc IOffchainQuoter
    function submitQuote(SignedQuote calldata quote, bytes calldata signature) external {
        if (quote.expiry < quote.issuedAt) revert InvalidQuote();
        if (block.timestamp > quote.expiry) revert QuoteExpired();
        bool standing = quote.expiry != quote.issuedAt;
        // A quote issued in the future could not be replaced before that time.
        if (standing && quote.issuedAt > block.timestamp) revert InvalidQuote();
        if (quote.submitter != address(0) && quote.submitter != msg.sender) {
            revert InvalidSubmitter();
        }
        if (!isQuoteSigner(_signerOf(quote, signature))) revert InvalidSigner();

        if (standing) _storeStanding(quote);
        else _storeTransient(quote);

        emit QuoteSubmitted(quote.context, quote.issuedAt, quote.expiry);
    }

    /// @inheritdoc IOffchainQuoter
    function quoteSigners() external view returns (address[] memory) {
        return signers.values();
    }

    /// @inheritdoc IOffchainQuoter
    function isQuoteSigner(address signer) public view returns (bool) {
        return signers.contains(signer);
    }

    function _addQuoteSigner(address signer) internal {
        if (signer == address(0)) revert InvalidSigner();
        if (signers.add(signer)) emit QuoteSignerAdded(signer);
    }

    function _removeQuoteSigner(address signer) internal {
        if (signers.remove(signer)) emit QuoteSignerRemoved(signer);
    }

    /// @dev Stores a quote until it expires or a newer one replaces it.
    function _storeStanding(SignedQuote calldata quote) internal virtual;

    /// @dev Stores a quote for this transaction.
    function _storeTransient(SignedQuote calldata quote) internal virtual;

    /// @dev Tells whether a standing quote replaces one issued at `issuedAt`: not if both were
    /// issued at the same time. Reverts `StaleQuote` if it is older.
    function _replaces(SignedQuote calldata quote, uint48 issuedAt) internal pure returns (bool) {
        if (quote.issuedAt < issuedAt) revert StaleQuote();
        return quote.issuedAt != issuedAt;
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("OffchainQuoter", "1");
    }

    /// @dev Reverts with an error of `ECDSA` when the signature is malformed.
    function _signerOf(
        SignedQuote calldata quote,
        bytes calldata signature
    ) private view returns (address) {
        bytes32 structHash = keccak256(
            abi.encode(
                SIGNED_QUOTE_TYPEHASH,
                keccak256(quote.context),
                keccak256(quote.data),
                quote.issuedAt,
                quote.expiry,
                quote.salt,
                quote.submitter
            )
        );
        return ECDSA.recover(_hashTypedData(structHash), signature);
    }
}
