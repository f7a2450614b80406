"""Matching lists: which messages a whitelist or blacklist matches, in the reference's syntax."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hyperlane.bounded_json import parse_json
from hyperlane.errors import ConfigError, DecodeError
from hyperlane.patterns import BadPattern, Pattern, compile_pattern
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32, address_to_bytes32, bytes_from_hex
from hyperlane.wording import one_line, shown

_MAX_DIGITS = 20

_KEYS = {
    "messageid": "messageId",
    "origindomain": "originDomain",
    "senderaddress": "senderAddress",
    "destinationdomain": "destinationDomain",
    "recipientaddress": "recipientAddress",
    "bodyregex": "bodyRegex",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of a matching list: all its conditions must match; None matches everything."""

    message_ids: frozenset[Bytes32] | None = None
    origins: frozenset[int] | None = None
    senders: frozenset[Bytes32] | None = None
    destinations: frozenset[int] | None = None
    recipients: frozenset[Bytes32] | None = None
    body: Pattern | None = None
    """Pattern that is searched in the body's lower-case hex."""

    def matches(self, message: Message) -> bool:
        """Whether this entry matches `message`."""
        return (
            (self.message_ids is None or message.id in self.message_ids)
            and (self.origins is None or message.origin in self.origins)
            and (self.senders is None or message.sender in self.senders)
            and (self.destinations is None or message.destination in self.destinations)
            and (self.recipients is None or message.recipient in self.recipients)
            and (self.body is None or self.body.is_in(message.body.hex()))
        )


def parse_rules(field: str, value: Any) -> tuple[Rule, ...]:
    """Parse a matching list, given as JSON or as text with JSON; ConfigError names the entry."""
    items = parse_list(field, value)
    return tuple(_parse_rule(f"{field}[{index}]", item) for index, item in enumerate(items))


def parse_list(field: str, value: Any) -> list[Any]:
    """Parse a list, given as JSON or as text with JSON; None is empty. ConfigError otherwise."""
    if isinstance(value, str):
        try:
            value = parse_json(value)
        except ValueError:
            raise ConfigError(f"{field}: {shown(value)} is not JSON") from None
    if value is None:
        return []
    if not isinstance(value, list):
        raise ConfigError(f"{field}: {shown(value)} is not a list")
    return value


def matches(rules: Sequence[Rule], message: Message) -> bool:
    """Whether any entry matches `message`."""
    return any(rule.matches(message) for rule in rules)


def _parse_rule(field: str, value: object) -> Rule:
    if not isinstance(value, dict):
        raise ConfigError(f"{field}: {shown(value)} is not an object")
    given = {}
    for key, item in value.items():
        name = _KEYS.get(str(key).replace("_", "").lower())
        if name is None:
            known = ", ".join(_KEYS.values())
            raise ConfigError(
                f"{field}.{one_line(str(key), 40)}: no such condition; known are {known}"
            )
        given[name] = item
    return Rule(
        message_ids=_words(f"{field}.messageId", given.get("messageId", "*")),
        origins=_domains(f"{field}.originDomain", given.get("originDomain", "*")),
        senders=_words(f"{field}.senderAddress", given.get("senderAddress", "*")),
        destinations=_domains(f"{field}.destinationDomain", given.get("destinationDomain", "*")),
        recipients=_words(f"{field}.recipientAddress", given.get("recipientAddress", "*")),
        body=_pattern(f"{field}.bodyRegex", given.get("bodyRegex")),
    )


def _items(value: object) -> list[object] | None:
    """The listed values; None for the wildcard."""
    values = value if isinstance(value, list) else [value]
    return None if "*" in values else values


def _domains(field: str, value: object) -> frozenset[int] | None:
    items = _items(value)
    if items is None:
        return None
    return frozenset(_domain(field, item) for item in items)


def _domain(field: str, item: object) -> int:
    number = -1
    if isinstance(item, int) and not isinstance(item, bool):
        number = item
    elif isinstance(item, str) and item.isdecimal() and len(item) <= _MAX_DIGITS:
        number = int(item)
    if not 0 <= number < 2**32:
        raise ConfigError(f"{field}: {shown(item)} is not a domain number")
    return number


def _words(field: str, value: object) -> frozenset[Bytes32] | None:
    items = _items(value)
    return None if items is None else frozenset(_word(field, item) for item in items)


def _word(field: str, item: object) -> Bytes32:
    try:
        if not isinstance(item, str):
            raise DecodeError(f"{field}: {shown(item)} is not an address")
        data = bytes_from_hex(item, field)
        return address_to_bytes32(Address(data)) if len(data) == 20 else _exactly_32(field, data)
    except DecodeError as error:
        raise ConfigError(str(error)) from None


def _exactly_32(field: str, data: bytes) -> Bytes32:
    if len(data) != 32:
        raise DecodeError(f"{field}: 0x{data.hex()} has {len(data)} bytes, expected 20 or 32")
    return Bytes32(data)


def _pattern(field: str, value: object) -> Pattern | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ConfigError(f"{field}: {shown(value)} is not a regular expression in text")
    try:
        return compile_pattern(value)
    except BadPattern as error:
        raise ConfigError(f"{field}: {shown(value)} is not a regular expression: {error}") from None


def parse_app_contexts(value: Any) -> tuple[tuple[str, tuple[Rule, ...]], ...]:
    """`metricAppContexts`, names and their matching lists; ConfigError names the entry."""
    field = "metricAppContexts"
    contexts = []
    for at, item in enumerate(parse_list(field, value)):
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise ConfigError(f"{field}[{at}]: expected an object with name and matchingList")
        rules = parse_rules(f"{field}[{at}].matchingList", item.get("matchingList"))
        contexts.append((item["name"], rules))
    return tuple(contexts)


def parse_addresses(field: str, value: str) -> tuple[bytes, ...]:
    """Parse a comma-separated list of hex byte strings; ConfigError names a bad one."""
    parts = [item.strip().removeprefix("0x") for item in value.split(",") if item.strip()]
    try:
        return tuple(bytes_from_hex("0x" + item, field) for item in parts)
    except DecodeError as error:
        raise ConfigError(str(error)) from None


def mentions(addresses: Sequence[bytes], message: Message) -> bool:
    """Whether sender, recipient or body contain any of the byte strings."""
    return any(
        address in part
        for address in addresses
        for part in (message.sender, message.recipient, message.body)
    )
