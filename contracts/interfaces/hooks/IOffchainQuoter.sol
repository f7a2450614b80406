// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IOffchainQuoter
/// @notice Accepts prices that a trusted signer signed off chain, for a period or for one
/// transaction. Source: docs/protocol/metadata.md, "Off-chain quotes".
interface IOffchainQuoter {
    /// @notice A signed price. Signed by EIP-712 with the domain ("OffchainQuoter", "1", chain id,
    /// contract) and the struct type SignedQuote(bytes context,bytes data,uint48 issuedAt,uint48
    /// expiry,bytes32 salt,address submitter).
    struct SignedQuote {
        /// @dev The subject of the price, in the layout of the contract.
        bytes context;
        /// @dev The price, in the layout of the contract.
        bytes data;
        /// @dev The time from which the quote is valid, Unix seconds.
        uint48 issuedAt;
        /// @dev The last second of validity; equal to `issuedAt` for a quote of one transaction
        /// only. Until the end of that transaction, the quote prices everything that matches its
        /// context, for any submitter and any payer: sign it for one sender or one transfer,
        /// and for a submitter that does not act for others.
        uint48 expiry;
        bytes32 salt;
        /// @dev The only account that may submit the quote; zero for anyone.
        address submitter;
    }

    /// @notice A signer was added: its quotes are accepted.
    event QuoteSignerAdded(address signer);

    /// @notice A signer was removed: its quotes are refused. Quotes accepted before stay valid.
    event QuoteSignerRemoved(address signer);

    /// @notice A quote was accepted.
    event QuoteSubmitted(bytes context, uint48 issuedAt, uint48 expiry);

    /// @notice The quote's times or layout are invalid.
    error InvalidQuote();

    /// @notice The quote has expired.
    error QuoteExpired();

    /// @notice A newer quote for the same context is stored.
    error StaleQuote();

    /// @notice The quote is for another submitter.
    error InvalidSubmitter();

    /// @notice The quote's signer is not trusted.
    error InvalidSigner();

    /// @notice keccak256 of the struct type.
    function SIGNED_QUOTE_TYPEHASH() external view returns (bytes32);

    /// @notice The signers whose quotes are accepted.
    function quoteSigners() external view returns (address[] memory);

    /// @notice Tells whether quotes of this signer are accepted.
    function isQuoteSigner(address signer) external view returns (bool);

    /// @notice Submits a quote. Anyone may call, unless the quote names a submitter.
    /// @dev A standing quote replaces an older one; one of the same age changes nothing. Reverts
    /// `InvalidQuote`, `QuoteExpired`, `InvalidSubmitter`, `InvalidSigner`, `StaleQuote`.
    function submitQuote(SignedQuote calldata quote, bytes calldata signature) external;
}
