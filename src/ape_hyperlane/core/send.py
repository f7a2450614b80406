"""`ape run send`: dispatches a message, waits for its delivery and shows it."""

from pathlib import Path

from eth_utils.address import to_checksum_address
from rich.console import Console

from ape_hyperlane.console import connected, find_account, one_line_errors, unlock
from ape_hyperlane.core.messages import await_delivery, dispatch
from ape_hyperlane.core.quotes import Bounds, format_units
from ape_hyperlane.plans.disclosure import print_line
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

        def show(fee: int) -> None:
            print_line(console, f"delivery costs {format_units(fee, 18)} of the chain's coin")

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
                show,
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
    """The bytes of `--body`. ConfigError for invalid hex."""
    if not body.startswith("0x"):
        return body.encode()
    try:
        return bytes.fromhex(body[2:])
    except ValueError as error:
        raise ConfigError(f"--body {body!r} is no hex: {error}") from error
