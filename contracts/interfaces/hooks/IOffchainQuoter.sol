// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title IOffchainQuoter
/// @notice Takes prices that a trusted signer gave off chain, for a while or for one transaction.
/// Source: docs/protocol, "Off-chain quotes".
interface IOffchainQuoter {
    /// @notice A signed price. Signed by EIP-712 with the domain ("OffchainQuoter", "1", chain id,
    /// contract) and the struct type SignedQuote(bytes context,bytes data,uint48 issuedAt,uint48
    /// expiry,bytes32 salt,address submitter).
    struct SignedQuote {
        /// @dev What is priced, laid out as the contract says.
        bytes context;
        /// @dev The price, laid out as the contract says.
        bytes data;
        /// @dev Second from which it holds.
        uint48 issuedAt;
        /// @dev Last second in which it holds; equal to `issuedAt` for this transaction only. Until
        /// that ends, it prices everything that its context fits, whoever submitted it and whoever
        /// pays: sign it for one sender or one transfer, and for a submitter that does nothing for
        /// others.
        uint48 expiry;
        bytes32 salt;
        /// @dev The only account that may submit it; zero for anyone.
        address submitter;
    }

    /// @notice Quotes of this signer are taken from now on.
    event QuoteSignerAdded(address signer);

    /// @notice Quotes of this signer are refused from now on. Those taken before stay.
    event QuoteSignerRemoved(address signer);

    /// @notice A quote was taken.
    event QuoteSubmitted(bytes context, uint48 issuedAt, uint48 expiry);

    /// @notice The quote's times or layout are wrong.
    error InvalidQuote();

    /// @notice The quote has expired.
    error QuoteExpired();

    /// @notice A newer quote for the same context is held.
    error StaleQuote();

    /// @notice The quote is for another submitter.
    error InvalidSubmitter();

    /// @notice The quote's signer is not trusted.
    error InvalidSigner();

    /// @notice keccak256 of the struct type.
    function SIGNED_QUOTE_TYPEHASH() external view returns (bytes32);

    /// @notice The signers whose quotes are taken.
    function quoteSigners() external view returns (address[] memory);

    /// @notice Whether quotes of this signer are taken.
    function isQuoteSigner(address signer) external view returns (bool);

    /// @notice Takes a quote. Anyone may call, within the quote's own limits.
    /// @dev A standing quote replaces an older one; one of the same age changes nothing. Reverts
    /// `InvalidQuote`, `QuoteExpired`, `InvalidSubmitter`, `InvalidSigner`, `StaleQuote`.
    function submitQuote(SignedQuote calldata quote, bytes calldata signature) external;
}
