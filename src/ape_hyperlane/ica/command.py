"""`ape hyperlane ica`: command lines for interchain accounts."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from ape.api import AccountAPI
from eth_abi.exceptions import EncodingError, ParseError
from eth_abi.grammar import parse
from rich.console import Console

from ape_hyperlane.console import connected_to, find_account, one_line_errors, unlock
from ape_hyperlane.core.quotes import Bounds, format_units
from ape_hyperlane.ica.calls import Quoted, deploy, describe, require_calls
from ape_hyperlane.ica.delivery import await_arrival, execute, prepare
from ape_hyperlane.ica.route import Route, find_route, registry_at, require_chain_name
from ape_hyperlane.plans.chain import has_code
from ape_hyperlane.plans.disclosure import print_line
from ape_hyperlane.plans.salt import parse_salt
from hyperlane.errors import ConfigError, DecodeError
from hyperlane.protocol.abi import encode
from hyperlane.protocol.accounts import DELEGATE_CALL, WHOLE_BALANCE, Call
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.typecasts import (
    ZERO_BYTES32,
    Address,
    address_from_hex,
    address_to_bytes32,
    bytes_from_hex,
    to_checksum,
    to_hex,
)
from hyperlane.registry import Registry

VALUES = {"all": WHOLE_BALANCE, "delegatecall": DELEGATE_CALL}
"""Words for the values that are no amounts."""


def show_address(
    *,
    registry: Path,
    origin: str,
    destination: str,
    owner: str | None,
    account: str | None,
    salt: str | None,
    as_json: bool,
) -> None:
    """Prints an account's address. ClickException with one line on failure."""
    with one_line_errors():
        folder = _registry(registry, origin, destination)
        if owner is not None:
            holder = address_from_hex(owner, "--owner")
        else:
            holder = address_from_hex(_account(folder, origin, account).address)
        route = _route(folder, origin, destination, holder, salt)
        with route.on_destination():
            deployed = has_code(to_checksum(route.account))
    if as_json:
        click.echo(
            json.dumps(
                {
                    "account": to_checksum(route.account),
                    "owner": to_checksum(route.owner),
                    "originRouter": to_checksum(route.router),
                    "router": to_checksum(route.remote_router),
                    "ism": to_hex(route.ism),
                    "salt": to_hex(route.user_salt),
                    "deployed": deployed,
                }
            )
        )
        return
    click.echo(to_checksum(route.account))
    state = "deployed" if deployed else "not deployed yet: its first call does that"
    click.echo(
        f"{route.describe()}, by router {to_checksum(route.remote_router)}; {state}", err=True
    )


def deploy_account(
    *,
    registry: Path,
    origin: str,
    destination: str,
    owner: str,
    account: str | None,
    salt: str | None,
    max_gas_price: int | None,
) -> None:
    """Deploys an account. ClickException with one line on failure."""
    with one_line_errors():
        folder = _registry(registry, origin, destination)
        route = _route(folder, origin, destination, address_from_hex(owner, "--owner"), salt)
        with route.on_destination():
            if has_code(to_checksum(route.account)):
                click.echo(f"{route.describe()} is deployed already")
                return
            signer = find_account(account)
            unlock(signer)
            receipt = deploy(route, signer, Bounds(gas_price=max_gas_price))
            if not has_code(to_checksum(route.account)):
                raise ConfigError(
                    f"{receipt.txn_hash} deployed no account; do not trust the router"
                )
    click.echo(f"{route.describe()} deployed in {receipt.txn_hash}, {receipt.gas_used:,} gas")


def send_calls(
    *,
    registry: Path,
    origin: str,
    destination: str,
    words: Sequence[str],
    data: str | None,
    value: str,
    file: Path | None,
    account: str | None,
    salt: str | None,
    max_fee: int,
    max_gas_price: int | None,
    dry_run: bool,
    wait: bool,
    seconds: float,
) -> None:
    """Makes calls by an account. ClickException with one line on failure."""
    console = Console(soft_wrap=True)
    with one_line_errors():
        calls = read_calls(file) if file else [parse_call(words, data, value)]
        if file and (words or data is not None or value != "0"):
            raise ConfigError("--calls: names the calls; leave out TARGET, --data and --value")
        require_calls(calls)
        folder = _registry(registry, origin, destination)
        signer = _account(folder, origin, account)
        route = _route(folder, origin, destination, address_from_hex(signer.address), salt)
        bounds = Bounds(max_fee, gas_price=max_gas_price)
        print_line(console, route.describe())
        for number, call in enumerate(calls, 1):
            print_line(console, f"{number:>3} {describe(call)}")

        def show(quoted: Quoted) -> None:
            print_line(
                console,
                f"the calls take {quoted.gas:,} gas on {destination}; the delivery costs"
                f" {format_units(quoted.fee, 18)} of {origin}'s coin",
            )

        if dry_run:
            show(prepare(route, calls, bounds))
            return

        def show_and_unlock(quoted: Quoted) -> None:
            show(quoted)
            unlock(signer)

        sent = execute(route, calls, signer, bounds, show_and_unlock)
        print_line(console, f"dispatched {to_hex(sent.id)} in {sent.transaction}, {sent.gas:,} gas")
        if not wait:
            return
        arrived = await_arrival(route, sent, seconds)
        print_line(
            console,
            f"made after {arrived.seconds:.1f} s in {arrived.transaction}, {arrived.gas:,} gas",
        )


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
        listed = json.loads(path.read_text())
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
        if not value.isdecimal() or int(value) >= 2**256 - 2:
            raise ConfigError(
                f"{value_field}: {value!r}, expected wei of the destination's coin, `all` for the"
                " account's whole balance, or `delegatecall`"
            )
        amount = int(value)
    return Call(address_to_bytes32(address_from_hex(target, target_field)), amount, data)


def _calldata(method: Sequence[str]) -> bytes:
    """Calldata of `name(types)` and its arguments as text."""
    signature, *arguments = method
    name, _, rest = signature.partition("(")
    try:
        kinds = parse(f"({rest}").components if rest != ")" else ()
    except (ParseError, AttributeError):
        raise ConfigError(
            f"method {signature!r}: expected name and types, as 'transfer(address,uint256)'"
        ) from None
    if len(kinds) != len(arguments):
        raise ConfigError(f"{signature}: {len(arguments)} arguments given, expected {len(kinds)}")
    types = [kind.to_type_str() for kind in kinds]
    values = [
        _argument(f"{signature}: argument {number}", kind, text)
        for number, (kind, text) in enumerate(zip(types, arguments, strict=True), 1)
    ]
    selector = keccak(f"{name}({','.join(types)})".encode())[:4]
    try:
        return selector + encode(types, values)
    except (EncodingError, OverflowError) as error:
        raise ConfigError(f"{signature}: {error}") from error


def _argument(where: str, kind: str, text: str) -> Any:
    """An argument's value: an address, hex, a whole number, true or false, text, or JSON for
    lists and structs."""
    try:
        if kind == "string":
            return text
        if kind == "address":
            return to_checksum(address_from_hex(text, where))
        if kind.startswith(("uint", "int")) and not kind.endswith("]"):
            return int(text, 0)
        if kind.startswith("bytes") and not kind.endswith("]"):
            return bytes_from_hex(text, where)
        if kind == "bool" and text in ("true", "false"):
            return text == "true"
        return _plain(json.loads(text))
    except (ValueError, DecodeError) as error:
        raise ConfigError(f"{where}: {text!r} is no {kind}: {error}") from error


def _plain(value: Any) -> Any:
    """JSON as eth-abi takes it: hex longer than an address as bytes."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str) and value.startswith("0x") and len(value) != 42:
        return bytes_from_hex(value, "value")
    return value


def _registry(folder: Path, origin: str, destination: str) -> Registry:
    registry = registry_at(folder)
    require_chain_name(registry, origin, "--origin")
    require_chain_name(registry, destination, "--to")
    return registry


def _account(registry: Registry, origin: str, alias: str | None) -> AccountAPI:
    with connected_to(registry, origin):
        return find_account(alias)


def _route(
    registry: Registry, origin: str, destination: str, owner: Address, salt: str | None
) -> Route:
    return find_route(registry, origin, destination, owner, parse_salt(salt) or ZERO_BYTES32)
