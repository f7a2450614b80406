"""Keys that never leave AWS KMS: the account asks for each signature over the network.

The key must be of the kind ECC_SECG_P256K1 for signing. Credentials, and an endpoint other than
Amazon's (`AWS_ENDPOINT_URL_KMS`), come from where all AWS tools take them.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_account._utils.legacy_transactions import (
    encode_transaction,
    serializable_unsigned_transaction_from_dict,
)
from eth_account.datastructures import SignedMessage, SignedTransaction
from eth_account.messages import SignableMessage, _hash_eip191_message
from eth_account.signers.base import BaseAccount
from eth_hash.auto import keccak
from eth_keys.datatypes import PublicKey, Signature
from eth_typing import ChecksumAddress, Hash32
from hexbytes import HexBytes

from hyperlane.errors import ChainError, ConfigError

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_SECP256K1 = bytes.fromhex("06052b8104000a")
"""The curve's object identifier, in DER."""
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class KmsUnavailable(ChainError):
    """KMS gave no signature; trying again may help."""


class KmsAccount(BaseAccount):
    """One key in KMS. All methods block: call them in a thread."""

    def __init__(self, field: str, key_id: str, region: str) -> None:
        self._field = field
        self._key_id = key_id
        self._region = region

    @cached_property
    def _client(self) -> "KMSClient":
        try:
            from boto3.session import Session
            from botocore.config import Config
        except ImportError:
            raise ConfigError(f"{self._field}: type aws needs ape-hyperlane[kms]") from None
        retries: Any = {"total_max_attempts": 4, "mode": "standard"}
        config = Config(connect_timeout=5, read_timeout=10, retries=retries)
        return Session(region_name=self._region).client("kms", config=config)

    @cached_property
    def _public_key(self) -> PublicKey:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.get_public_key(KeyId=self._key_id)
        except (BotoCoreError, ClientError) as error:
            raise ConfigError(f"{self._field}.id: KMS does not give the key: {error}") from None
        # A SubjectPublicKeyInfo: which curve, and at the end the point: 0x04 ‖ x (32) ‖ y (32).
        info = answer["PublicKey"]
        if _SECP256K1 not in info[:-64]:
            raise ConfigError(f"{self._field}.id: not a key of the kind ECC_SECG_P256K1")
        return PublicKey(info[-64:])

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
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.sign(
                KeyId=self._key_id,
                Message=digest,
                MessageType="DIGEST",
                SigningAlgorithm="ECDSA_SHA_256",
            )
        except (BotoCoreError, ClientError) as error:
            raise KmsUnavailable(f"{self._field}: KMS does not sign: {error}") from None
        r, s = _der_integers(answer["Signature"])
        s = min(s, _ORDER - s)
        for v in (0, 1):
            signature = Signature(vrs=(v, r, s))
            if signature.recover_public_key_from_msg_hash(digest) == self._public_key:
                return v, r, s
        raise KmsUnavailable(f"{self._field}: the signature of KMS is not of its key")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KmsAccount) and other._key_id == self._key_id

    def __hash__(self) -> int:
        return hash(self._key_id)


def _der_integers(data: bytes) -> list[int]:
    """The integers of a short DER sequence: 0x30 ‖ length, then 0x02 ‖ length ‖ value for each."""
    integers, position = [], 2
    while position < len(data):
        start = position + 2
        position = start + data[position + 1]
        integers.append(int.from_bytes(data[start:position]))
    return integers
