"""`ape hyperlane send`: dispatches a message, waits for its delivery and shows it."""

import asyncio
import shlex
import sys
import time
from pathlib import Path

import click
from eth_utils.address import to_checksum_address
from rich.console import Console

from ape_hyperlane.console import connected_to, find_account, one_line_errors, unlock
from ape_hyperlane.core.messages import Dispatched, dispatch
from ape_hyperlane.core.quotes import Bounds, format_units
from ape_hyperlane.core.status import advise, quiet, show
from ape_hyperlane.plans.chain import has_code
from ape_hyperlane.plans.disclosure import print_line
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.typecasts import Bytes32, address_from_hex, bytes_from_hex, to_hex
from hyperlane.registry import Registry
from hyperlane.tracking.network import opened
from hyperlane.tracking.render import line
from hyperlane.tracking.report import Delivery, Report
from hyperlane.tracking.search import Search
from hyperlane.tracking.trace import Tracer

_LOOK = 0.3
"""Seconds between two looks for the delivery."""
_REPORT = 2.0
"""Seconds between two looks for what holds it up."""


def run(
    *,
    registry: Path,
    origin: str,
    destination: str,
    recipient: str | None,
    body: str,
    account: str | None,
    max_fee: int,
    max_gas_price: int | None,
    seconds: float,
    yes: bool,
) -> None:
    """Sends `body` (text, or hex after 0x) and waits. ClickException with one line on failure."""
    console = Console(soft_wrap=True)
    with one_line_errors(), quiet():
        folder = Registry(registry)
        folder.metadata(origin)  # a wrong name is told before any node is asked
        target = folder.metadata(destination)
        receiver = recipient or folder.addresses(destination).test_recipient
        if receiver is None:
            raise ConfigError(f"--recipient is needed: {destination} has no test recipient")
        address, payload = address_from_hex(receiver, "--recipient"), content(body)
        with connected_to(folder, destination):
            if not has_code(to_checksum_address(address)):
                _confirm(to_checksum_address(address), destination, yes)

        def tell(fee: int) -> None:
            print_line(console, f"delivery costs {format_units(fee, 18)} of the chain's coin")

        with connected_to(folder, origin):
            signer = find_account(account)
            unlock(signer)
            sent = dispatch(
                signer,
                folder.addresses(origin),
                target.domain_id,
                address,
                payload,
                Bounds(max_fee, gas_price=max_gas_price),
                tell,
            )
        console.print(f"dispatched {to_hex(sent.id)} in {sent.transaction}, {sent.gas:,} gas")
        console.print(f"waiting for {destination} to deliver to {to_checksum_address(receiver)}")
        try:
            arrived = asyncio.run(_await(folder, origin, sent, seconds, console))
        except KeyboardInterrupt:
            raise click.ClickException(
                f"stopped waiting for {to_hex(sent.id)}; see it with:"
                f" {_status(folder, origin, sent)}"
            ) from None
        gas = f", {arrived.gas:,} gas" if arrived.gas is not None else ""
        where = to_hex(arrived.transaction) if arrived.transaction else "a transaction"
        console.print(f"delivered after {time.monotonic() - sent.at:.1f} s in {where}{gas}")


def _confirm(receiver: str, destination: str, yes: bool) -> None:
    """Asks before sending to an address without a contract; ConfigError where nobody can answer."""
    problem = f"--recipient {receiver}: no contract on {destination}, so nothing can be delivered"
    if yes:
        return
    if not _is_interactive():
        raise ConfigError(f"{problem} there now; to send all the same, give --yes")
    click.confirm(f"{problem} there now. Send all the same?", abort=True, err=True)


def _is_interactive() -> bool:
    return sys.stdin.isatty()


async def _await(
    folder: Registry, origin: str, sent: Dispatched, seconds: float, console: Console
) -> Delivery:
    """The delivery, within some seconds; ChainError with the reason that `status` gives."""
    transaction = Bytes32(bytes_from_hex(sent.transaction, "transaction", 32))
    async with opened(folder) as network:
        found = await Search(network, origin).find(transaction)
        (message,) = [each for each in found if each.message.id == sent.id]
        tracer = Tracer(network, await advise(network, folder.folder, message))
        name = network.name_of(message.message.destination)
        assert name is not None
        destination = await network.chain(name)
        report: Report | None = None
        said, due = "", time.monotonic() + _REPORT
        while (delivery := await tracer.delivery(destination, message.message.id)) is None:
            late = time.monotonic() > sent.at + seconds
            if late or time.monotonic() > due:
                report = await tracer.report(message)
                due = time.monotonic() + _REPORT
                if (now := line(report)) != said and report.delivery is None:
                    print_line(console, now)
                said = now
            if late and report is not None and report.delivery is None:
                show(console, report, tracer.advice)
                raise ChainError(
                    f"message {to_hex(sent.id)} was not delivered within {seconds:.0f} s; see it"
                    f" again with: {_status(folder, origin, sent)}"
                )
            await asyncio.sleep(_LOOK)
        return delivery


def _status(folder: Registry, origin: str, sent: Dispatched) -> str:
    words = ["ape", "hyperlane", "status", to_hex(sent.id), "--origin", origin]
    return shlex.join([*words, "--registry", str(folder.folder)])


def content(body: str) -> bytes:
    """The bytes of `--body`. ConfigError for invalid hex."""
    if not body.startswith("0x"):
        return body.encode()
    try:
        return bytes.fromhex(body[2:])
    except ValueError as error:
        raise ConfigError(f"--body {body!r} is no hex: {error}") from error
