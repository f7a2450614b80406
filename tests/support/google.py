"""Google on the loopback: tokens, KMS with real keys, Cloud Storage that wants to know who writes.

Storage is an emulator; this stands before it and lets everybody read objects under their public
URLs, as in a bucket whose objects are public, and nobody else do anything.
"""

import base64
import contextlib
import http.client
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from gcp_storage_emulator.server import create_server  # type: ignore[import-untyped]
from google.auth import jwt
from tests.support.devnet import free_port

RING = "projects/p/locations/global/keyRings/r/cryptoKeys"
_AUDIENCE = "https://oauth2.googleapis.com/token"
"""Of what accounts sign, wherever it is sent."""
ALGORITHMS = {
    "EC_SIGN_SECP256K1_SHA256": ec.SECP256K1,
    "EC_SIGN_P256_SHA256": ec.SECP256R1,
}


@dataclass
class Google:
    """What the servers know, and how they behave."""

    url: str = ""
    storage_port: int = 0
    account: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(65537, 2048)
    )
    tokens: set[str] = field(default_factory=set)
    keys: dict[str, tuple[str, Any]] = field(default_factory=dict)
    failures: list[int] = field(default_factory=list)
    """Statuses that the next requests of KMS get, instead of an answer."""
    answer: dict[str, Any] | None = None
    """What KMS answers instead."""
    signed: list[bytes] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    """Paths of requests to storage that were not for public objects."""

    def make_key(self, algorithm: str = "EC_SIGN_SECP256K1_SHA256") -> str:
        """The name of the version of a new key."""
        name = f"{RING}/k{len(self.keys)}/cryptoKeyVersions/1"
        self.keys[name] = algorithm, ec.generate_private_key(ALGORITHMS[algorithm]())
        return name

    def service_account(self, path: Path, **changes: str) -> Path:
        """The key file of an account that may do everything."""
        key = self.account.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        content = {
            "type": "service_account",
            "project_id": "p",
            "private_key_id": "1",
            "private_key": key.decode(),
            "client_email": "validator@p.iam.gserviceaccount.com",
            "token_uri": f"{self.url}/token",
        }
        path.write_text(json.dumps(content | changes))
        return path

    def user_secrets(self, path: Path, **changes: str) -> Path:
        """What `gcloud auth application-default login` leaves."""
        content = {
            "type": "authorized_user",
            "client_id": "id",
            "client_secret": "client-secret",
            "refresh_token": "refresh-token",
            "token_uri": f"{self.url}/token",
        }
        path.write_text(json.dumps(content | changes))
        return path

    def token(self, form: dict[str, list[str]]) -> dict[str, Any] | None:
        """A new token for who proves to be the account or the user."""
        try:
            if "assertion" in form:
                public = self.account.public_key().public_bytes(
                    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
                )
                jwt.decode(form["assertion"][0], certs=public, audience=_AUDIENCE)
            elif [form[name][0] for name in ("client_id", "client_secret", "refresh_token")] != [
                "id", "client-secret", "refresh-token",
            ]:  # fmt: skip
                return None
        except (ValueError, KeyError):
            return None
        self.tokens.add(token := secrets.token_hex(16))
        return {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}

    def kms(self, path: str, body: bytes) -> dict[str, Any] | None:
        """What the service answers; None if there is no such key."""
        if self.answer is not None:
            return self.answer
        name, _, action = (
            path.removeprefix("/v1/").replace("/publicKey", ":publicKey").partition(":")
        )
        if name not in self.keys:
            return None
        algorithm, key = self.keys[name]
        if action == "publicKey":
            pem = key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            return {"pem": pem.decode(), "algorithm": algorithm, "name": name}
        digest = base64.b64decode(json.loads(body)["digest"]["sha256"])
        assert len(digest) == 32
        self.signed.append(digest)
        signature = key.sign(digest, ec.ECDSA(Prehashed(SHA256())))
        return {"signature": base64.b64encode(signature).decode(), "name": name}


def _handler(google: Google) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            known = self.headers.get("Authorization", "").removeprefix("Bearer ") in google.tokens
            storage = self.path.startswith(("/storage/", "/upload/", "/download/", "/b/"))
            if self.path == "/token":
                self._json(google.token(parse_qs(body.decode())), 400)
            elif self.path.startswith("/v1/"):
                if google.failures:
                    self._json(None, google.failures.pop(0))
                else:
                    self._json(
                        google.kms(self.path, body) if known else None, 404 if known else 401
                    )
            elif storage and not known:
                self._json(None, 401)
            elif not storage and self.command != "GET":
                self._json(None, 403)
            else:
                if storage:
                    google.writes.append(self.path)
                self._pass_on(body)

        do_GET = do_PUT = do_POST = do_PATCH = _serve

        def _pass_on(self, body: bytes) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", google.storage_port, timeout=30)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            skipped = {"connection", "content-length", "transfer-encoding", "date", "server"}
            headers = [item for item in answer.getheaders() if item[0].lower() not in skipped]
            self._answer(answer.status, answer.read(), headers)

        def _json(self, content: object, status: int) -> None:
            if content is None:
                content = {"error": {"code": status, "message": "no", "status": "FAILED"}}
            else:
                status = 200
            headers = [("Content-Type", "application/json")]
            self._answer(status, json.dumps(content).encode(), headers)

        def _answer(self, status: int, content: bytes, headers: list[tuple[str, str]]) -> None:
            self.send_response(status)
            for name, value in [*headers, ("Content-Length", str(len(content)))]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            pass

    return Handler


@contextmanager
def google_cloud() -> Iterator[Google]:
    """All of it, while it is needed."""
    google = Google(storage_port=free_port())
    storage = create_server("127.0.0.1", google.storage_port, in_memory=True)
    storage.start()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(google))
    server.daemon_threads = True
    google.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield google
    finally:
        server.shutdown()
        server.server_close()
        with contextlib.suppress(OSError):
            storage.stop()
