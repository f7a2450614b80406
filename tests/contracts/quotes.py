"""What the tests of signed quotes share."""

from eth_account import Account
from eth_utils import keccak, to_checksum_address

from hyperlane.protocol.offchain_quote import SignedQuote

SIGNER = Account.from_key(keccak(b"quote signer"))


def as_arguments(quote: SignedQuote) -> tuple:
    """The quote as a contract takes it."""
    submitter = to_checksum_address(quote.submitter)
    return (quote.context, quote.data, quote.issued_at, quote.expiry, quote.salt, submitter)
