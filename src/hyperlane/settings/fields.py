"""Types of values in agent settings."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from hyperlane.bounded_json import parse_json
from hyperlane.errors import DecodeError
from hyperlane.protocol.typecasts import Address, address_from_hex
from hyperlane.wording import masked_url

_PORTS = {"http": 80, "https": 443}


def _address(value: object) -> Address:
    if isinstance(value, bytes):
        return Address(value)
    try:
        return address_from_hex(str(value))
    except DecodeError as error:
        raise ValueError(str(error).partition(": ")[2]) from None


def comma_list(value: object) -> object:
    """Split `a,b`, or a JSON list in a string, as environment and command line have it."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return parse_json(value)
    return [item.strip() for item in value.split(",") if item.strip()]


def check_url(value: str) -> str:
    """Check that a value is an HTTP URL; ValueError otherwise."""
    if value.startswith(("ws://", "wss://")):
        raise ValueError(
            f"{masked_url(value)} is a WebSocket URL; expected the node's http:// or https:// URL"
        )
    if not value.startswith(("http://", "https://")):
        raise ValueError(f"{masked_url(value)} is not an http:// or https:// URL")
    if not _has_place(value):
        raise ValueError(f"{masked_url(value)} is not a URL with a host and a port that can be")
    return value


def _has_place(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna")
        return bool(host) and parts.port != 0
    except ValueError:
        return False


def each_once(urls: Iterable[str]) -> tuple[str, ...]:
    """URLs in order without those that spell an earlier one differently: of RPCs that have to
    agree, none may count twice."""
    found: dict[object, str] = {}
    for url in urls:
        found.setdefault(_meant_by(url), url)
    return tuple(found.values())


def host_and_port(url: str) -> tuple[str, int]:
    """Host and port of a checked URL, in one spelling: lower case, no dot at the end, the scheme's
    port if none is given."""
    parts = urlsplit(url)
    # Dots of other scripts become ones of ASCII first.
    host = (parts.hostname or "").encode("idna").decode().rstrip(".")
    return host, parts.port or _PORTS[parts.scheme]


def _meant_by(url: str) -> object:
    """Parts of a checked URL in one spelling, which are equal if two URLs mean the same."""
    parts = urlsplit(url)
    return (
        parts.scheme,
        (parts.username, parts.password),
        host_and_port(url),
        unquote(parts.path).rstrip("/"),
        parts.query,
    )


def _key_file(value: object) -> object:
    """Check a path; ValueError for the key itself in its place, which is not shown."""
    if not isinstance(value, str | Path) or not value or not str(value).isprintable():
        raise ValueError("expected the path of a key file")
    if "{" in str(value) or "-----" in str(value):
        raise ValueError("holds a key; expected the path of a file with it")
    return value


AddressField = Annotated[Address, BeforeValidator(_address)]
AddressList = Annotated[tuple[AddressField, ...], BeforeValidator(comma_list)]
KeyFile = Annotated[Path, BeforeValidator(_key_file)]
Names = Annotated[tuple[str, ...], BeforeValidator(comma_list)]
Url = Annotated[str, AfterValidator(check_url)]


class SettingsModel(BaseModel):
    """Base of settings: keys in camel case; unknown keys are ignored, as agents share files."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        frozen=True,
        extra="ignore",
        arbitrary_types_allowed=True,
        allow_inf_nan=False,
    )
