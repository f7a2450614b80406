"""`ape hyperlane read` and `ape hyperlane warp read`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ape
import click
import yaml

from ape_hyperlane.console import connected, one_line_errors
from ape_hyperlane.reading.core import read_core
from ape_hyperlane.reading.route import RouteReader
from ape_hyperlane.reading.source import Source
from ape_hyperlane.warp.route import connector
from hyperlane.errors import ConfigError, DecodeError
from hyperlane.files import write_atomic
from hyperlane.protocol.typecasts import address_from_hex, to_checksum
from hyperlane.registry import Registry
from hyperlane.wording import one_line


def read(
    *, network: str, mailbox: str, registry: Path, out: Path | None, with_addresses: bool
) -> None:
    """Writes the config of a live core. ClickException with one line on failure."""
    with one_line_errors():
        address = contract_address("--mailbox", mailbox)
        require_new(out)
        source = Source(Registry(registry), with_addresses)
        with connected(network):
            found = read_core(source, address)
            head = (
                f"Core of Mailbox {address}, domain {found.domain}, chain id"
                f" {ape.networks.provider.chain_id}"
            )
        publish(out, found.content, [head, *source.notes])


def read_route(
    *, routers: tuple[str, ...], registry: Path, out: Path | None, with_addresses: bool
) -> None:
    """Writes the deploy file of a live route. ClickException with one line on failure."""
    with one_line_errors():
        starts = dict(map(_router, routers))
        require_new(out)
        folder = Registry(registry)
        reader = RouteReader(folder, connector(folder), with_addresses=with_addresses)
        content = reader.read(starts)
        found = ", ".join(f"{router} on {chain}" for chain, router in reader.routers.items())
        publish(out, content, [f"Route of {found}", *reader.notes])


def _router(text: str) -> tuple[str, str]:
    """Chain and address of a `--router` option."""
    chain, equals, address = text.partition("=")
    if not equals:
        raise ConfigError(
            f"--router {one_line(text, 80)!r}: expected <chain>=<address>, the name of a chain in"
            " the registry and its router"
        )
    return chain, contract_address("--router", address)


def contract_address(option: str, text: str) -> str:
    """The checksummed address given to an option."""
    try:
        return to_checksum(address_from_hex(text, ""))
    except DecodeError as error:
        raise ConfigError(
            f"{option} {one_line(text, 80)!r}{error}; expected the address of a contract, 0x and 40"
            " hex digits"
        ) from None


def require_new(out: Path | None) -> None:
    """ConfigError for a file that is there already: it may be somebody's config."""
    if out is not None and out.exists():
        raise ConfigError(f"--out {out}: is there already; name another file, or move it away")


def publish(out: Path | None, content: Any, notes: Iterable[str]) -> None:
    """Prints or writes a config below its notes, which become comments."""
    comments = "".join(f"# {one_line(note, 400)}\n" for note in notes)
    text = comments + yaml.dump(content, Dumper=_Plain, sort_keys=False, allow_unicode=True)
    if out is None:
        click.echo(text, nl=False)
        return
    write_atomic(out, text)
    click.echo(f"Written to {out}", err=True)


class _Plain(yaml.SafeDumper):
    """YAML dumper that writes repeated values in full: anchors are hard to read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
