"""Keys that never leave Google Cloud KMS.

The key version must be of the algorithm EC_SIGN_SECP256K1_SHA256. Credentials come from where all
tools of Google take them (application default credentials), an endpoint other than Google's from
`CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS`, as for `gcloud`. It is two calls of the service's REST
interface: docs/decisions/0010 says why its library is not used.
"""

import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from functools import cached_property
from typing import Any

from eth_keys.datatypes import PublicKey

from hyperlane.chain.remote_account import KmsUnavailable, RemoteAccount, secp256k1_point
from hyperlane.errors import ConfigError
from hyperlane.wording import one_line

_ALGORITHM = "EC_SIGN_SECP256K1_SHA256"
_SCOPE = "https://www.googleapis.com/auth/cloudkms"
_ENDPOINT = "https://cloudkms.googleapis.com"
_TIMEOUT = (5.0, 10.0)
"""Seconds to connect, and to wait for an answer."""
_TRIED_FOR = 20.0
"""Seconds in which a call is tried again."""


class GoogleKmsAccount(RemoteAccount):
    """One key version in Google Cloud KMS."""

    def _ask_public_key(self) -> PublicKey:
        try:
            answer = self._call("GET", "/publicKey", None)
            info = _unarmoured(str(answer["pem"]))
        except KmsUnavailable as error:
            raise ConfigError(f"{self._name}: {error}") from None
        except (KeyError, TypeError, ValueError):
            raise ConfigError(f"{self._name}: KMS does not give the key in PEM") from None
        point = secp256k1_point(info)
        if point is None:
            raise ConfigError(
                f"{self._name}: a key of the algorithm {one_line(str(answer.get('algorithm')))},"
                f" expected {_ALGORITHM}"
            )
        return point

    def _ask_signature(self, digest: bytes) -> bytes:
        """The service signs any 32 bytes that are said to be a digest."""
        body = {"digest": {"sha256": b64encode(digest).decode()}}
        try:
            return b64decode(self._call("POST", ":asymmetricSign", body)["signature"])
        except KmsUnavailable as error:
            raise KmsUnavailable(f"{self._field}: {error}") from None
        except (KeyError, TypeError, NotBase64):
            raise KmsUnavailable(f"{self._field}: KMS answered without a signature") from None

    @property
    def _name(self) -> str:
        return f"{self._field}.keyVersionName"

    @cached_property
    def _session(self) -> Any:
        """Requests with a token; ConfigError without credentials."""
        try:
            import google.auth
            from google.auth.exceptions import DefaultCredentialsError
            from google.auth.transport.requests import AuthorizedSession
        except ImportError:
            raise ConfigError(f"{self._field}: type gcp needs ape-hyperlane[gcp]") from None
        try:
            credentials, _ = google.auth.default(scopes=[_SCOPE])
        except DefaultCredentialsError as error:
            raise ConfigError(
                f"{self._field}: type gcp needs Google's application default credentials, for"
                f" instance GOOGLE_APPLICATION_CREDENTIALS: {one_line(str(error))}"
            ) from None
        return AuthorizedSession(credentials)

    def _call(self, method: str, what: str, body: dict[str, Any] | None) -> dict[str, Any]:
        """The JSON object that is answered; KmsUnavailable."""
        session = self._session
        from google.api_core.exceptions import GoogleAPIError, from_http_response
        from google.api_core.retry import Retry
        from google.auth.exceptions import GoogleAuthError
        from requests.exceptions import RequestException

        server = os.environ.get("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS") or _ENDPOINT

        def ask() -> Any:
            url = f"{server.rstrip('/')}/v1/{self._key}{what}"
            response = session.request(method, url, json=body, timeout=_TIMEOUT)
            if response.status_code != 200:
                raise from_http_response(response)
            return response.json()

        try:
            answer = Retry(_may_pass, initial=0.2, timeout=_TRIED_FOR)(ask)()
        except (GoogleAPIError, GoogleAuthError, RequestException, ValueError) as error:
            raise KmsUnavailable(f"KMS gives no answer: {one_line(str(error))}") from None
        if not isinstance(answer, dict):
            raise KmsUnavailable("KMS gives no answer: not a JSON object")
        return answer


def _may_pass(error: Exception) -> bool:
    """Whether the same call may succeed a moment later. Both calls can be repeated."""
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth.exceptions import TransportError
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import Timeout

    if isinstance(error, GoogleAPICallError):
        return error.code is not None and (error.code >= 500 or error.code in (408, 429))
    return isinstance(error, NoConnection | Timeout | TransportError)


def _unarmoured(pem: str) -> bytes:
    """What is between the lines of a PEM file; ValueError."""
    lines = pem.strip().splitlines()
    if not lines or lines[0] != "-----BEGIN PUBLIC KEY-----":
        raise ValueError
    return b64decode("".join(lines[1:-1]), validate=True)
