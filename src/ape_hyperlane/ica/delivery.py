"""The way of calls from one chain to another: simulated, sent, and awaited."""

import shlex
from collections.abc import Callable, Sequence

import ape
from ape.api import AccountAPI, ReceiptAPI

from ape_hyperlane.core.messages import Delivered, Dispatched, await_delivery
from ape_hyperlane.core.quotes import Bounds
from ape_hyperlane.ica.calls import Quoted, estimate_gas, quote, send, simulate
from ape_hyperlane.ica.route import Route
from hyperlane.errors import ChainError
from hyperlane.protocol.accounts import Call
from hyperlane.protocol.typecasts import to_hex


def execute(
    route: Route,
    calls: Sequence[Call],
    owner: AccountAPI,
    bounds: Bounds,
    show: Callable[[Quoted], None] = lambda _quoted: None,
) -> Dispatched:
    """Sends calls to the owner's account, after they succeeded in simulation and `show` was called
    with what they take. Nothing is sent when anything fails."""
    quoted = prepare(route, calls, bounds)
    show(quoted)
    with route.on_origin():
        return send(route, calls, quoted, owner, bounds)


def prepare(route: Route, calls: Sequence[Call], bounds: Bounds) -> Quoted:
    """Simulates calls on the destination, and asks the origin what they take. Nothing is sent."""
    with route.on_destination():
        simulate(route, calls)
        gas = estimate_gas(route, calls)
    with route.on_origin():
        return quote(route, gas, bounds)


def await_arrival(route: Route, sent: Dispatched, seconds: float) -> Delivered:
    """Waits for the delivery. ChainError, with the command that finds out more, on timeout."""
    words = ["ape", "hyperlane", "status", to_hex(sent.id), "--origin", route.origin]
    where = shlex.join([*words, "--registry", str(route.registry.folder)])
    try:
        return await_delivery(
            sent,
            route.registry.addresses(route.destination),
            route.on_destination,
            check=lambda: None,
            seconds=seconds,
        )
    except ChainError as error:
        raise ChainError(
            f"{error}; it may come later, and the calls are made then, or not at all. Do not send"
            f" them again: see the message with {where}"
        ) from error


def receipt_of(route: Route, delivered: Delivered) -> ReceiptAPI:
    """Receipt of the delivery on the destination."""
    with route.on_destination():
        return ape.networks.provider.get_receipt(delivered.transaction)
