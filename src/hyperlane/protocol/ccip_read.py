"""How a relayer shows an off-chain lookup server who asks (docs/protocol/metadata.md)."""

from eth_hash.auto import keccak

from hyperlane.protocol.layout import require_bytes
from hyperlane.protocol.typecasts import Address, Bytes32


def lookup_signing_hash(sender: Address, call_data: bytes, url_template: str) -> Bytes32:
    """The hash that the relayer signs by EIP-191 for one lookup.

    `sender` and `call_data` are those of the `OffchainLookup` error, `url_template` its URL before
    anything was put in.
    """
    require_bytes("sender", sender, 20)
    return keccak(b"HYPERLANE_OFFCHAINLOOKUP" + sender + call_data + url_template.encode())
