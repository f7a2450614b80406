"""`ape run send`: dispatch a message, wait for it, show its delivery."""

from pathlib import Path

import click
from eth_utils.address import to_checksum_address
from rich.console import Console

from ape_hyperlane.cli import MAX_FEE, MAX_GAS_PRICE
from ape_hyperlane.console import connected, find_account, one_line_errors, unlock
from ape_hyperlane.messages import await_delivery, dispatch
from ape_hyperlane.plans.disclosure import say
from ape_hyperlane.quotes import Bounds, whole
from hyperlane.errors import ConfigError
from hyperlane.protocol.typecasts import address_from_hex
from hyperlane.registry import Registry


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
) -> None:
    """Sends `body` (text, or hex after 0x) and waits. ClickException with one line on failure."""
    console = Console(soft_wrap=True)
    with one_line_errors():
        folder = Registry(registry)
        source, target = folder.metadata(origin), folder.metadata(destination)
        receiver = recipient or folder.addresses(destination).test_recipient
        if receiver is None:
            raise ConfigError(f"--recipient is needed: {destination} has no test recipient")
        with connected(source.rpc_urls[0].http):
            signer = find_account(account)
            unlock(signer)
            sent = dispatch(
                signer,
                folder.addresses(origin),
                target.domain_id,
                address_from_hex(receiver),
                content(body),
                Bounds(max_fee, gas_price=max_gas_price),
                lambda fee: say(console, f"delivery costs {whole(fee, 18)} of the chain's coin"),
            )
        console.print(f"dispatched 0x{sent.id.hex()} in {sent.transaction}, {sent.gas:,} gas")
        console.print(f"waiting for {destination} to deliver to {to_checksum_address(receiver)}")
        arrived = await_delivery(
            sent,
            folder.addresses(destination),
            lambda: connected(target.rpc_urls[0].http),
            check=lambda: None,
            seconds=seconds,
        )
        console.print(
            f"delivered after {arrived.seconds:.1f} s in {arrived.transaction}, {arrived.gas:,} gas"
        )


def content(body: str) -> bytes:
    """The bytes that the text stands for; ConfigError for bad hex."""
    if not body.startswith("0x"):
        return body.encode()
    try:
        return bytes.fromhex(body[2:])
    except ValueError as error:
        raise ConfigError(f"--body {body!r} is no hex: {error}") from error


@click.command()
@click.option("--registry", type=click.Path(path_type=Path), default="registry", show_default=True)
@click.option("--origin", required=True, help="chain to send from")
@click.option("--to", "destination", required=True, help="chain to deliver on")
@click.option("--recipient", help="address that receives; default: the test recipient")
@click.option("--body", required=True, help="text, or hex after 0x")
@click.option("--account", help="ape account that pays; development networks have a default")
@MAX_FEE
@MAX_GAS_PRICE
@click.option("--timeout", "seconds", type=float, default=120, show_default=True, help="seconds")
def cli(
    registry: Path,
    origin: str,
    destination: str,
    recipient: str | None,
    body: str,
    account: str | None,
    max_fee: int,
    max_gas_price: int | None,
    seconds: float,
) -> None:
    """Dispatch a message, wait for its delivery and show it."""
    run(
        registry=registry,
        origin=origin,
        destination=destination,
        recipient=recipient,
        body=body,
        account=account,
        max_fee=max_fee,
        max_gas_price=max_gas_price,
        seconds=seconds,
    )
