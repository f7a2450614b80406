"""Keys that never leave AWS KMS.

The key must be of the kind ECC_SECG_P256K1 for signing. Credentials, and an endpoint other than
Amazon's (`AWS_ENDPOINT_URL_KMS`), come from where all AWS tools take them.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_keys.datatypes import PublicKey

from hyperlane.chain.remote_account import KmsUnavailable, RemoteAccount, secp256k1_point
from hyperlane.errors import ConfigError

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient


class KmsAccount(RemoteAccount):
    """One key in AWS KMS."""

    def __init__(self, field: str, key_id: str, region: str) -> None:
        super().__init__(field, key_id)
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

    def _ask_public_key(self) -> PublicKey:
        client = self._client
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = client.get_public_key(KeyId=self._key)
        except (BotoCoreError, ClientError) as error:
            raise ConfigError(f"{self._field}.id: KMS does not give the key: {error}") from None
        point = secp256k1_point(answer["PublicKey"])
        if point is None:
            raise ConfigError(f"{self._field}.id: not a key of the kind ECC_SECG_P256K1")
        return point

    def _ask_signature(self, digest: bytes) -> bytes:
        client = self._client
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = client.sign(
                KeyId=self._key,
                Message=digest,
                MessageType="DIGEST",
                SigningAlgorithm="ECDSA_SHA_256",
            )
        except (BotoCoreError, ClientError) as error:
            raise KmsUnavailable(f"{self._field}: KMS does not sign: {error}") from None
        return answer["Signature"]
