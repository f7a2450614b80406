"""`ape hyperlane ica`: command lines for interchain accounts."""

import json
from collections.abc import Sequence
from pathlib import Path

import click
from ape.api import AccountAPI
from rich.console import Console

from ape_hyperlane.console import connected_to, find_account, one_line_errors, unlock
from ape_hyperlane.core.quotes import Bounds, format_units
from ape_hyperlane.ica.calls import deploy, describe, require_calls
from ape_hyperlane.ica.delivery import await_arrival, dispatch, prepare
from ape_hyperlane.ica.route import Route, find_route, registry_at, require_chain_name
from ape_hyperlane.ica.words import parse_call, read_calls
from ape_hyperlane.plans.chain import has_code
from ape_hyperlane.plans.disclosure import print_line
from ape_hyperlane.plans.salt import parse_salt
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.typecasts import (
    ZERO_BYTES32,
    Address,
    address_from_hex,
    to_checksum,
    to_hex,
)
from hyperlane.registry import Registry


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
        if owner is not None and account is not None:
            raise ConfigError("--owner: leave it out, or --account: both name the owner")
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
    destinations: Sequence[str],
    owner: str,
    account: str | None,
    salt: str | None,
    max_gas_price: int | None,
) -> None:
    """Deploys accounts of one owner, after all chains were asked for their routers; the first
    failure ends it. ClickException with one line on failure."""
    with one_line_errors():
        holder = address_from_hex(owner, "--owner")
        routes = [
            _route(_registry(registry, origin, name), origin, name, holder, salt)
            for name in dict.fromkeys(destinations)
        ]
        for route in routes:
            click.echo(_deployed(route, account, Bounds(gas_price=max_gas_price)))


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
        quoted = prepare(route, calls, bounds)
        print_line(
            console,
            f"the calls take {quoted.gas:,} gas on {destination}; the delivery costs"
            f" {format_units(quoted.fee, 18)} of {origin}'s coin",
        )
        if dry_run:
            return
        unlock(signer)
        sent = dispatch(route, calls, quoted, signer, bounds)
        print_line(console, f"dispatched {to_hex(sent.id)} in {sent.transaction}, {sent.gas:,} gas")
        if not wait:
            return
        arrived = await_arrival(route, sent, seconds)
        print_line(
            console,
            f"made after {arrived.seconds:.1f} s in {arrived.transaction}, {arrived.gas:,} gas",
        )


def _deployed(route: Route, alias: str | None, bounds: Bounds) -> str:
    """Deploys an account unless it is there; what happened, as text."""
    with route.on_destination():
        if has_code(to_checksum(route.account)):
            return f"{route.describe()} is deployed already"
        signer = find_account(alias)
        unlock(signer)
        receipt = deploy(route, signer, bounds)
        if not has_code(to_checksum(route.account)):
            raise ChainError(f"{receipt.txn_hash} deployed no account; do not trust the router")
    return f"{route.describe()} deployed in {receipt.txn_hash}, {receipt.gas_used:,} gas"


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
