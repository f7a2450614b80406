"""Keys that never leave a service: each signature is asked for over the network.

Services give the key as a SubjectPublicKeyInfo and signatures as DER sequences, without the
recovery bit, and with an s in either half of the curve order.
"""

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from eth_account._utils.legacy_transactions import (
    encode_transaction,
    serializable_unsigned_transaction_from_dict,
)
from eth_account.datastructures import SignedMessage, SignedTransaction
from eth_account.messages import SignableMessage, _hash_eip191_message
from eth_account.signers.base import BaseAccount
from eth_hash.auto import keccak
from eth_keys.datatypes import PublicKey, Signature
from eth_keys.exceptions import BadSignature
from eth_typing import ChecksumAddress, Hash32
from eth_utils.exceptions import ValidationError as BadValue
from hexbytes import HexBytes

from hyperlane.errors import ChainError

_SECP256K1 = bytes.fromhex("06052b8104000a")
"""The curve's object identifier, in DER."""
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class KmsUnavailable(ChainError):
    """Failure of a service to sign; trying again may help."""


class RemoteAccount(BaseAccount):
    """One key in a service. All methods block: call them in a thread."""

    def __init__(self, field: str, key: str) -> None:
        self._field = field
        """The setting, for errors."""
        self._key = key
        """The service's name of it."""

    @abstractmethod
    def _ask_public_key(self) -> PublicKey:
        """Ask for the key; ConfigError naming the setting if there is none on this curve."""

    @abstractmethod
    def _ask_signature(self, digest: bytes) -> bytes:
        """Ask for the signature of a digest, in DER; KmsUnavailable."""

    @cached_property
    def _public_key(self) -> PublicKey:
        return self._ask_public_key()

    @property
    def address(self) -> ChecksumAddress:
        return self._public_key.to_checksum_address()

    def unsafe_sign_hash(self, message_hash: Hash32) -> SignedMessage:
        digest = bytes(message_hash)
        v, r, s = self._sign(digest)
        signature = r.to_bytes(32) + s.to_bytes(32) + bytes([27 + v])
        return SignedMessage(HexBytes(digest), r, s, 27 + v, HexBytes(signature))

    def sign_message(self, signable_message: SignableMessage) -> SignedMessage:
        return self.unsafe_sign_hash(Hash32(_hash_eip191_message(signable_message)))

    def sign_transaction(self, transaction_dict: Mapping[str, Any]) -> SignedTransaction:
        unsigned = serializable_unsigned_transaction_from_dict(dict(transaction_dict))
        v, r, s = self._sign(bytes(unsigned.hash()))
        if "gasPrice" in transaction_dict:
            v += 35 + 2 * int(transaction_dict["chainId"])
        raw = encode_transaction(unsigned, vrs=(v, r, s))
        return SignedTransaction(HexBytes(raw), HexBytes(keccak(raw)), r, s, v)

    def _sign(self, digest: bytes) -> tuple[int, int, int]:
        """Recovery bit, r and s; s in the lower half, as chains demand."""
        try:
            r, s = _der_integers(self._ask_signature(digest))
            s = min(s, _ORDER - s)
            for v in (0, 1):
                signature = Signature(vrs=(v, r, s))
                if signature.recover_public_key_from_msg_hash(digest) == self._public_key:
                    return v, r, s
        except (ValueError, IndexError, BadSignature, BadValue):
            pass
        # Whatever was damaged on the way, in either direction, ends here.
        raise KmsUnavailable(f"{self._field}: the signature of KMS is not of its key")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._key == getattr(other, "_key", None)

    def __hash__(self) -> int:
        return hash(self._key)


def secp256k1_point(info: bytes) -> PublicKey | None:
    """The key in a SubjectPublicKeyInfo; None if it is of another curve.

    The structure names the curve, and ends with the point: 0x04 ‖ x (32) ‖ y (32).
    """
    if _SECP256K1 not in info[:-64]:
        return None
    return PublicKey(info[-64:])


def _der_integers(data: bytes) -> list[int]:
    """The integers of a short DER sequence: 0x30 ‖ length, then 0x02 ‖ length ‖ value for each."""
    integers, position = [], 2
    while position < len(data):
        start = position + 2
        position = start + data[position + 1]
        integers.append(int.from_bytes(data[start:position]))
    return integers
