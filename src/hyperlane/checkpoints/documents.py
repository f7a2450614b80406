"""The JSON documents in a checkpoint storage, exactly as the reference agents write them.

Written: two-space indent, lower-case hex, r and s without leading zeros. Read: strictly where it
matters (every field that is used is checked), and leniently where others differ (unknown keys,
`checkpoint` or `announcement` instead of `value`, the signature as one hex string).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from hyperlane.bounded_json import parse_json
from hyperlane.errors import DecodeError
from hyperlane.protocol.announcement import Announcement
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.layout import require_uint
from hyperlane.protocol.reorg import ReorgReport
from hyperlane.protocol.typecasts import Bytes32, bytes_from_hex, to_hex
from hyperlane.wording import shown

MAX_SIZE = 50 * 1024
"""Bytes; longer documents are refused unread."""


@dataclass(frozen=True, slots=True)
class RpcHashes:
    """Hashes of an RPC's URL and of its host: they show whether two are the same, and no more."""

    url: str
    """Keccak-256 of the URL as its user wrote it, in hex."""
    host: str
    """Keccak-256 of the host's name, without a port, in hex."""

    @classmethod
    def of(cls, url: str) -> "RpcHashes":
        """The hashes of a URL."""
        host = urlsplit(url).hostname or ""
        return cls(to_hex(keccak(url.encode())), to_hex(keccak(host.encode())))

    def render(self) -> dict[str, str]:
        """The entry of a document."""
        return {"url_hash": self.url, "host_hash": self.host}


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcResponse:
    """One RPC's state of the tree when a validator stopped; None for fields without an answer."""

    url: str = field(repr=False)
    height: int | None
    reorg_period: int | str
    index: int | None
    root: Bytes32 | None
    unix_timestamp: int


def render_checkpoint(signed: SignedCheckpoint) -> str:
    """`<index>_with_id.json`."""
    checkpoint = signed.checkpoint
    value = {
        "checkpoint": {
            "merkle_tree_hook_address": to_hex(checkpoint.merkle_tree_hook),
            "mailbox_domain": checkpoint.origin,
            "root": to_hex(checkpoint.root),
            "index": checkpoint.index,
        },
        "message_id": to_hex(checkpoint.message_id),
    }
    return _render(_signed(value, signed.signature))


def parse_checkpoint(text: bytes) -> SignedCheckpoint:
    """The inverse; DecodeError names the field. Who signed is for the caller to check."""
    document = _parse_object("document", text)
    value = _object("value", document.get("value", document.get("checkpoint")))
    inner = _object("value.checkpoint", value.get("checkpoint"))
    return SignedCheckpoint(
        Checkpoint(
            origin=_uint32("mailbox_domain", inner),
            merkle_tree_hook=_hash("merkle_tree_hook_address", inner),
            root=_hash("root", inner),
            index=_uint32("index", inner),
            message_id=_hash("message_id", value),
        ),
        _signature(document.get("signature")),
    )


def render_announcement(announcement: Announcement, signature: bytes) -> str:
    """`announcement.json`."""
    value = {
        "validator": to_hex(announcement.validator),
        "mailbox_address": to_hex(announcement.mailbox),
        "mailbox_domain": announcement.domain,
        "storage_location": announcement.storage_location,
    }
    return _render(_signed(value, signature))


def render_reorg_report(report: ReorgReport) -> str:
    """`reorg_flag.json`."""
    return _render(
        {
            "local_merkle_root": to_hex(report.local_merkle_root),
            "canonical_merkle_root": to_hex(report.canonical_merkle_root),
            "checkpoint_index": report.checkpoint_index,
            "unix_timestamp": report.unix_timestamp,
            "reorg_period": report.reorg_period,
        }
    )


def render_metadata(
    version: str, rpcs: Sequence[str], additional: Sequence[str], allows_public: bool
) -> str:
    """`metadata_latest.json`: program version and, as hashes, the RPCs that are asked."""
    return _render(
        {
            "git_sha": version,
            "rpcs": [RpcHashes.of(url).render() for url in rpcs],
            "additional_quorum_rpcs": [RpcHashes.of(url).render() for url in additional],
            "allows_public_rpcs": allows_public,
        }
    )


def parse_rpcs(text: bytes) -> frozenset[RpcHashes]:
    """The RPCs of `metadata_latest.json`; DecodeError names the field. Lists that are missing, as
    in documents of older agents, are empty."""
    document = _parse_object("document", text)
    return frozenset(
        RpcHashes(str(entry.get("url_hash")), str(entry.get("host_hash")))
        for field in ("rpcs", "additional_quorum_rpcs")
        for entry in _objects(field, document.get(field, []))
    )


def render_rpc_responses(responses: Sequence[RpcResponse]) -> str:
    """`reorg_rpc_responses.json`."""
    return json.dumps([_response(item) for item in responses], indent=2)


def _response(item: RpcResponse) -> dict[str, Any]:
    hashes = RpcHashes.of(item.url)
    return {
        "rpc_url_hash": hashes.url,
        "rpc_host_hash": hashes.host,
        "height": item.height,
        "reorg_period": item.reorg_period,
        "merkle_root_index": item.index,
        "merkle_root_hash": None if item.root is None else to_hex(item.root),
        "timestamp": datetime.fromtimestamp(item.unix_timestamp, UTC).isoformat(),
    }


def parse_index(text: bytes) -> int:
    """`index.json`: a bare decimal number."""
    try:
        index = int(text)
    except ValueError:
        raise DecodeError(f"index: {text[:40]!r} is not a decimal number") from None
    require_uint("index", index, 32)
    return index


def _signed(value: dict[str, Any], signature: bytes) -> dict[str, Any]:
    return {
        "value": value,
        "signature": {
            "r": hex(int.from_bytes(signature[:32])),
            "s": hex(int.from_bytes(signature[32:64])),
            "v": signature[64],
        },
        "serialized_signature": to_hex(signature),
    }


def _render(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2)


def _parse_object(field: str, text: bytes) -> dict[str, Any]:
    try:
        document = parse_json(text)
    except ValueError:
        raise DecodeError(f"{field}: not JSON: {text[:40]!r}") from None
    return _object(field, document)


def _object(field: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DecodeError(f"{field}: {shown(value)} is not a JSON object")
    return value


def _objects(field: str, value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise DecodeError(f"{field}: {shown(value)} is not a JSON list")
    return [_object(f"{field}.{at}", item) for at, item in enumerate(value)]


def _hash(field: str, document: dict[str, Any]) -> Bytes32:
    return Bytes32(bytes_from_hex(document.get(field, ""), field, 32))


def _uint32(field: str, document: dict[str, Any]) -> int:
    value = document.get(field)
    if isinstance(value, bool) or not isinstance(value, int):
        raise DecodeError(f"{field}: {shown(value)} is not a number")
    require_uint(field, value, 32)
    return value


def _signature(value: object) -> bytes:
    if isinstance(value, str):
        return bytes_from_hex(value, "signature", 65)
    parts = _object("signature", value)
    v = parts.get("v")
    if not isinstance(v, int) or isinstance(v, bool) or v not in (27, 28):
        raise DecodeError(f"signature.v: {shown(v)} is not 27 or 28")
    return _scalar("r", parts) + _scalar("s", parts) + bytes([v])


def _scalar(name: str, parts: dict[str, Any]) -> bytes:
    text = parts.get(name)
    try:
        if not isinstance(text, str) or not text.startswith("0x"):
            raise ValueError
        return int(text, 16).to_bytes(32)
    except (ValueError, OverflowError):
        raise DecodeError(
            f"signature.{name}: {shown(text)} is not a hex number of 256 bits"
        ) from None
