"""ECDSA signatures over EIP-191 digests, as strict as the contracts that check them.

A signature is r (32) ‖ s (32) ‖ v (1) with v 27 or 28 and s in the lower half of the curve order
(docs/protocol/checkpoints.md, "Signatures").
"""

from typing import TYPE_CHECKING

from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_typing import Hash32
from eth_utils.exceptions import ValidationError

from hyperlane.errors import DecodeError
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import Reader, preview, require_bytes
from hyperlane.protocol.typecasts import Address, Bytes32

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

SIGNATURE_SIZE = 65
_HALF_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 // 2


def eip191_digest(signing_hash: Bytes32) -> Bytes32:
    """What is signed for a 32-byte hash: the "personal message" form of EIP-191."""
    require_bytes("signing_hash", signing_hash, 32)
    return keccak(b"\x19Ethereum Signed Message:\n32" + signing_hash)


def sign_digest(digest: Bytes32, account: "BaseAccount") -> bytes:
    """The 65-byte signature of `account` over `digest`."""
    require_bytes("digest", digest, 32)
    return bytes(account.unsafe_sign_hash(Hash32(digest)).signature)


def recover_signer(digest: Bytes32, signature: bytes) -> Address:
    """The address whose key made `signature` over `digest`.

    DecodeError for what the contracts reject too: a length other than 65, v other than 27 or 28,
    s in the upper half, or r and s that belong to no key. Any other bytes recover some address:
    compare it with the expected one.
    """
    require_bytes("digest", digest, 32)
    require_bytes("signature", signature, SIGNATURE_SIZE)
    reader = Reader("signature", signature)
    r, s, v = reader.uint("r", 32), reader.uint("s", 32), reader.uint("v", 1)
    if v not in (27, 28):
        raise DecodeError(f"signature.v: {v} is not 27 or 28")
    if s > _HALF_ORDER:
        raise DecodeError(f"signature.s: {s:#066x} is above half the curve order")
    try:
        key = Signature(vrs=(v - 27, r, s)).recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError):
        raise DecodeError(f"signature: {preview(signature)} was made by no key") from None
    return Address(key.to_canonical_address())
