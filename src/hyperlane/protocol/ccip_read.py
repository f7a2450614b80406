"""Off-chain lookups (ERC-3668): what a module asks for, and how a server knows who asks.

Layouts: docs/protocol/metadata.md.
"""

from dataclasses import dataclass
from typing import Self

from eth_abi.exceptions import DecodingError

from hyperlane.errors import DecodeError
from hyperlane.protocol.abi import decode, encode
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import Reader, preview, require_bytes
from hyperlane.protocol.typecasts import Address, Bytes32

_LOOKUP_TYPES = ("address", "string[]", "bytes", "bytes4", "bytes")
_LOOKUP_SELECTOR = keccak(b"OffchainLookup(address,string[],bytes,bytes4,bytes)")[:4]


@dataclass(frozen=True, slots=True)
class OffchainLookup:
    """The error with which a module says where its metadata is to be had."""

    sender: Address
    """The module."""
    urls: tuple[str, ...]
    """Templates, in which {sender} and {data} are replaced; tried in order."""
    call_data: bytes
    """What to ask."""
    callback: bytes
    """Selector of the function that takes the answer: `verify`, as metadata."""
    extra_data: bytes
    """The encoded message."""

    @classmethod
    def decode(cls, revert_data: bytes) -> Self:
        """Read what a call reverted with; DecodeError when that is something else."""
        reader = Reader("lookup", revert_data)
        if reader.take("selector", 4) != _LOOKUP_SELECTOR:
            raise DecodeError(
                f"lookup.selector: {preview(revert_data)} is not an OffchainLookup error"
                f" (0x{_LOOKUP_SELECTOR.hex()})"
            )
        try:
            sender, urls, *rest = decode(_LOOKUP_TYPES, reader.rest())
        except (DecodingError, OverflowError, UnicodeDecodeError) as error:
            raise DecodeError(
                f"lookup: {preview(revert_data)} is not ({','.join(_LOOKUP_TYPES)}): {error}"
            ) from error
        return cls(Address(bytes.fromhex(sender[2:])), tuple(urls), *rest)

    def encode(self) -> bytes:
        """The inverse: the revert data."""
        return _LOOKUP_SELECTOR + encode(
            _LOOKUP_TYPES,
            (self.sender, self.urls, self.call_data, self.callback, self.extra_data),
        )


def attestation_hash(chain_id: int, module: Address, message_id: Bytes32) -> Bytes32:
    """The hash that the attester of an `AttestationIsm` signs by EIP-191 for one message.

    `chain_id` is the EIP-155 id of the chain that the module is on.
    """
    require_bytes("module", module, 20)
    require_bytes("message_id", message_id, 32)
    return keccak(b"HYPERLANE_ATTESTATION" + chain_id.to_bytes(32) + module + message_id)


def lookup_signing_hash(sender: Address, call_data: bytes, url_template: str) -> Bytes32:
    """The hash that the relayer signs by EIP-191 for one lookup.

    `sender` and `call_data` are those of the `OffchainLookup` error, `url_template` its URL before
    anything was put in.
    """
    require_bytes("sender", sender, 20)
    return keccak(b"HYPERLANE_OFFCHAINLOOKUP" + sender + call_data + url_template.encode())
