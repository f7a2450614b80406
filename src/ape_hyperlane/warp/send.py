"""Sends tokens over a route and waits for their delivery."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import ape
from ape.api import AccountAPI
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3.exceptions import Web3Exception

from ape_hyperlane.core.messages import Delivered, Dispatched, await_delivery, contract
from ape_hyperlane.core.quotes import ALL_DIGITS, DEFAULT_BOUNDS, Bounds, format_units
from ape_hyperlane.warp.ends import ERC721
from ape_hyperlane.warp.quotes import (
    Cost,
    Order,
    quote_transfer,
    require_decimals,
    route_token,
)
from ape_hyperlane.warp.route import Connect
from ape_hyperlane.warp.transfer import transfer
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32
from hyperlane.registry import Registry
from hyperlane.registry.deployed_routes import RouteToken, WarpRoute
from hyperlane.registry.fields import ZERO_ADDRESS
from hyperlane.registry.token_types import MOVABLE, STANDARDS

ROUTER_ABI = "HypERC20Collateral"
"""Contract whose ABI has the views that all routers share."""

PAYING = {STANDARDS[kind] for kind in MOVABLE}
"""Standards of routers that pay out of their holdings. Some bridges and NFT routers share them."""

TRUE = b"\1".rjust(32, b"\0")


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer that a user asks for."""

    route: WarpRoute
    origin: str
    destination: str
    amount: int
    """Amount in the origin token's smallest unit; for an NFT its id."""
    recipient: str
    nft: bool = False
    locked: bool = False
    """True if the destination's router pays out of its holdings."""
    bounds: Bounds = DEFAULT_BOUNDS


@dataclass(frozen=True, slots=True)
class Balances:
    """Balances of sender and recipient, each in the smallest unit of the token there."""

    sender: int
    recipient: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A delivered transfer."""

    sent: Dispatched
    delivered: Delivered
    before: Balances
    after: Balances


@dataclass(frozen=True, slots=True)
class Kind:
    """Properties of a router that matter for sending. Read from the chain: the files of many routes
    do not have them."""

    nft: bool = False
    oft: bool = False
    """True if LayerZero delivers."""
    pays: bool = False
    """True if it pays out of its holdings."""


def kind_of(end: RouteToken) -> Kind:
    """The kind of a router on the connected chain."""
    router = end.address_or_denom
    token = _call_view(router, "token()")[12:32]
    nft = (
        any(token)
        and _call_view(to_checksum_address(token), "supportsInterface(bytes4)", ERC721) == TRUE
    )
    oft = bool(_call_view(router, "oft()"))
    cctp = bool(_call_view(router, "messageTransmitter()"))
    pays = end.standard in PAYING and not (nft or oft or cctp)
    return Kind(nft, oft, pays)


def _call_view(address: str, signature: str, argument: bytes = b"") -> bytes:
    """Encoded result of a view; empty for a contract without it."""
    data = keccak(text=signature)[:4] + argument
    try:
        return bytes(ape.networks.provider.web3.eth.call({"to": address, "data": data}))
    except (Web3Exception, ValueError):
        return b""


def quote(wanted: Transfer, registry: Registry, connect: Connect) -> tuple[Order, Cost]:
    """Cost of a transfer as quoted by its router. Nothing is sent.

    TooDear or ForeignToken for a quote that must not be paid, ChainError when the destination's
    router holds too little to pay out.
    """
    if wanted.locked:
        _require_collateral(wanted, connect)
    end = wanted.route.on(wanted.origin)
    with connect(wanted.origin):
        router = contract(ROUTER_ABI, end.address_or_denom)
        token = route_token(end, router)
        if not wanted.nft:
            require_decimals(end, token)
        order = Order(
            router,
            registry.metadata(wanted.destination).domain_id,
            address_to_bytes32(address_from_hex(wanted.recipient)),
            wanted.amount,
            token,
            wanted.nft,
        )
        return order, quote_transfer(order, wanted.bounds)


def send_token(
    wanted: Transfer,
    quoted: tuple[Order, Cost],
    registry: Registry,
    account: AccountAPI,
    connect: Connect,
    seconds: float,
    announce: Callable[[Dispatched], None] = lambda _sent: None,
) -> Outcome:
    """Approves exactly the quoted cost, sends the transfer and waits for its delivery. ChainError
    when the sender holds too little, or on timeout."""
    before = _balances(wanted, account, connect)
    with connect(wanted.origin):
        sent = transfer(account, registry.addresses(wanted.origin), *quoted, wanted.bounds)
    announce(sent)
    delivered = await_delivery(
        sent,
        registry.addresses(wanted.destination),
        lambda: connect(wanted.destination),
        check=lambda: None,
        seconds=seconds,
    )
    return Outcome(sent, delivered, before, _balances(wanted, account, connect))


def quote_lines(end: RouteToken, order: Order, cost: Cost) -> list[str]:
    """Lines that show the user what the transfer costs and which contract is paid."""
    coins, sent = cost.coins, order.amount
    lines = [f"router {order.router.address} moves {token_name(end, order.token)}"]
    if order.nft:
        lines.append(f"it takes NFT {sent}")
    elif order.token == ZERO_ADDRESS:
        lines.append(_cost_line(coins, sent, 18))
    else:
        lines.append(_cost_line(cost.tokens, sent, end.decimals))
    if order.token != ZERO_ADDRESS:
        lines.append(f"and {format_units(coins, 18)} of the chain's coin for the delivery")
    return lines


def _cost_line(cost: int, sent: int, decimals: int) -> str:
    extra = format_units(cost - sent, decimals)
    return f"it takes {format_units(cost, decimals)}: {extra} more than is sent"


def token_name(end: RouteToken, token: str) -> str:
    """The token's address, with the symbol in the file."""
    called = f"({end.symbol}, as the file calls it)"
    return f"the chain's coin {called}" if token == ZERO_ADDRESS else f"{token} {called}"


def parse_amount(text: str, source: RouteToken, target: RouteToken, nft: bool) -> int:
    """Parses whole tokens as the origin's smallest units, or the id of an NFT. ConfigError for an
    invalid amount, or one that the destination's token would round."""
    decimals = 0 if nft else min(source.decimals, target.decimals)
    unit = 1 if nft else 10 ** (source.decimals - decimals)
    expected = "the id of an NFT" if nft else f"more than 0, with {decimals} decimals at most"
    try:
        amount = Decimal(text).scaleb(decimals, ALL_DIGITS)
        possible = (0 if nft else 1) <= amount < 2**256 // unit and amount == int(amount)
    except ArithmeticError:
        possible = False
    if not possible:
        raise ConfigError(f"--amount {text!r}: expected {expected}")
    return int(amount) * unit


def format_amount(amount: int, end: RouteToken) -> str:
    """An amount in whole tokens with all digits, and the symbol."""
    return f"{format_units(amount, end.decimals)} {end.symbol}"


def _require_collateral(wanted: Transfer, connect: Connect) -> None:
    source, target = wanted.route.on(wanted.origin), wanted.route.on(wanted.destination)
    held = _balance(wanted, wanted.destination, target.address_or_denom, connect)
    paid = wanted.amount * 10**target.decimals // 10**source.decimals
    if held < paid:
        raise ChainError(
            f"the router on {wanted.destination} holds {format_amount(held, target)}, and would"
            f" have to pay {format_amount(paid, target)}; send less, or wait until it holds more"
        )


def _balances(wanted: Transfer, account: AccountAPI, connect: Connect) -> Balances:
    return Balances(
        _balance(wanted, wanted.origin, str(account.address), connect),
        _balance(wanted, wanted.destination, wanted.recipient, connect),
    )


def _balance(wanted: Transfer, chain: str, holder: str, connect: Connect) -> int:
    with connect(chain):
        token = contract(ROUTER_ABI, wanted.route.on(chain).address_or_denom).token()
        if int(token, 16) == 0:
            return int(ape.networks.provider.get_balance(holder))
        return int(contract("HypERC20", token).balanceOf(holder))
