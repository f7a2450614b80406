"""Calls as users write them: on a command line, or in a JSON file."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eth_abi.exceptions import EncodingError, ParseError, PredicateMappingError
from eth_abi.grammar import TupleType, normalize, parse

from hyperlane.bounded_json import parse_json
from hyperlane.errors import ConfigError, DecodeError
from hyperlane.protocol.abi import encode
from hyperlane.protocol.accounts import DELEGATE_CALL, WHOLE_BALANCE, Call
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.typecasts import (
    address_from_hex,
    address_to_bytes32,
    bytes_from_hex,
    to_checksum,
)

VALUES = {"all": WHOLE_BALANCE, "delegatecall": DELEGATE_CALL}
"""Words for the values that are no amounts."""

_SIGNATURE = re.compile(r"[A-Za-z_$][\w$]*\(.*\)", re.ASCII)
_LONGEST_AMOUNT = 78
"""Decimal digits of the largest uint256."""


def parse_call(words: Sequence[str], data: str | None, value: str) -> Call:
    """The call of a command line: target, and either a signature with its arguments, or data.
    ConfigError that names the word that is wrong."""
    if not words:
        raise ConfigError("TARGET: required, the contract to call, unless --calls names a file")
    target, *method = words
    if method and data is not None:
        raise ConfigError("--data: leave it out, or else the method and its arguments")
    content = _calldata(method) if method else bytes_from_hex(data or "0x", "--data")
    return _call("TARGET", target, "--value", value, content)


def read_calls(path: Path) -> list[Call]:
    """The calls of a JSON file, `[{"to": …, "value": …, "data": …}, …]`, as the reference's tools
    write them. ConfigError that names the file, the call and the field."""
    try:
        listed = parse_json(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"--calls {path}: {error}") from error
    if not isinstance(listed, list):
        raise ConfigError(f"--calls {path}: {type(listed).__name__}, expected a list of calls")
    return [_listed(f"{path}: call {number}", each) for number, each in enumerate(listed, 1)]


def _listed(where: str, each: Any) -> Call:
    known = {"to", "value", "data"}
    if not isinstance(each, dict) or not isinstance(each.get("to"), str) or set(each) - known:
        raise ConfigError(f'{where}: expected {{"to": …, "value": …, "data": …}}, got {each!r}')
    content = bytes_from_hex(each.get("data") or "0x", f"{where}: data")
    return _call(f"{where}: to", each["to"], f"{where}: value", str(each.get("value", 0)), content)


def _call(target_field: str, target: str, value_field: str, value: str, data: bytes) -> Call:
    amount = VALUES.get(value)
    if amount is None:
        if not value.isdecimal() or len(value) > _LONGEST_AMOUNT or int(value) >= DELEGATE_CALL:
            raise ConfigError(
                f"{value_field}: {value!r}, expected wei of the destination's coin, `all` for the"
                " account's whole balance, or `delegatecall`"
            )
        amount = int(value)
    return Call(address_to_bytes32(address_from_hex(target, target_field)), amount, data)


def _calldata(method: Sequence[str]) -> bytes:
    """Calldata of `name(types)` and its arguments as text."""
    written, *arguments = method
    # `uint` means `uint256`, and only that is hashed.
    signature: str = normalize(written)  # type: ignore[no-untyped-call]
    types = signature[signature.find("(") :]
    try:
        if not _SIGNATURE.fullmatch(signature):
            raise ValueError("no signature")
        kinds = () if types == "()" else _kinds(types)
    except ValueError:
        raise ConfigError(
            f"method {written!r}: expected name and types, as 'transfer(address,uint256)'"
        ) from None
    if len(kinds) != len(arguments):
        raise ConfigError(f"{signature}: {len(arguments)} arguments given, expected {len(kinds)}")
    values = [
        _argument(f"{signature}: argument {number}", kind, text)
        for number, (kind, text) in enumerate(zip(kinds, arguments, strict=True), 1)
    ]
    try:
        encoded = encode([kind.to_type_str() for kind in kinds], values)
    except (EncodingError, PredicateMappingError, ValueError, TypeError, OverflowError) as error:
        raise ConfigError(f"{signature}: {error}") from error
    return keccak(signature.encode())[:4] + encoded


def _kinds(types: str) -> Sequence[Any]:
    """The types in parentheses. ValueError if one is none."""
    try:
        kind: Any = parse(types)
    except ParseError as error:
        raise ValueError(types) from error
    if not isinstance(kind, TupleType) or kind.is_array:
        raise ValueError(types)
    kind.validate()  # type: ignore[no-untyped-call]
    components: Sequence[Any] = kind.components
    return components


def _argument(where: str, kind: Any, text: str) -> Any:
    """An argument's value: an address, hex, a whole number, true or false, text, or JSON for
    lists and structs."""
    name = kind.to_type_str()
    try:
        if isinstance(kind, TupleType) or kind.is_array or kind.base == "bool":
            return _value(where, kind, parse_json(text))
        if kind.base in ("uint", "int"):
            return int(text, 0)
        return _value(where, kind, text)
    except (ValueError, DecodeError) as error:
        raise ConfigError(f"{where}: {text[:80]!r} is no {name}: {error}") from error


def _value(where: str, kind: Any, value: Any) -> Any:
    """A value of JSON as eth-abi takes it. ValueError for a list where there should be none, or the
    other way round."""
    if kind.is_array or isinstance(kind, TupleType):
        if not isinstance(value, list):
            raise ValueError(f"expected a list in {where}")
        if kind.is_array:
            return [_value(where, kind.item_type, each) for each in value]
        if len(value) != len(kind.components):
            raise ValueError(f"expected {len(kind.components)} entries")
        return [_value(where, *pair) for pair in zip(kind.components, value, strict=True)]
    if kind.base == "address" and isinstance(value, str):
        return to_checksum(address_from_hex(value, where))
    if kind.base == "bytes" and isinstance(value, str):
        return bytes_from_hex(value, where)
    return value
