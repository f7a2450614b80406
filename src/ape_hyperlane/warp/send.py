"""Sending a token over a route, and following it to the other chain."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import ape
from ape.api import AccountAPI
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3.exceptions import Web3Exception

from ape_hyperlane.messages import Delivered, Dispatched, await_delivery, contract, transfer
from ape_hyperlane.quotes import (
    ALL_DIGITS,
    USUAL,
    Bounds,
    Cost,
    Order,
    quote_transfer,
    require_decimals,
    route_token,
    whole,
)
from ape_hyperlane.warp.ends import ERC721
from ape_hyperlane.warp.route import Connect
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.typecasts import address_from_hex, address_to_bytes32
from hyperlane.registry import Registry
from hyperlane.registry.deployed_routes import RouteToken, WarpRoute
from hyperlane.registry.fields import ZERO_ADDRESS
from hyperlane.registry.token_types import MOVABLE, STANDARDS

ROUTER_ABI = "HypERC20Collateral"
"""Has what all routers have that is used here."""


PAYING = {STANDARDS[kind] for kind in MOVABLE}
"""Standards of routers that pay out of what they hold; bridges and NFTs share them."""

TRUE = b"\1".rjust(32, b"\0")


@dataclass(frozen=True, slots=True)
class Transfer:
    """What to send, where, and how."""

    route: WarpRoute
    origin: str
    destination: str
    amount: int
    """In the origin token's smallest unit; the id of an NFT."""
    recipient: str
    nft: bool = False
    locked: bool = False
    """Whether the destination pays out of what its router holds."""
    bounds: Bounds = USUAL


@dataclass(frozen=True, slots=True)
class Balances:
    """What sender and recipient have, each in the smallest unit of the token there."""

    sender: int
    recipient: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A transfer that arrived."""

    sent: Dispatched
    delivered: Delivered
    before: Balances
    after: Balances


@dataclass(frozen=True, slots=True)
class Kind:
    """What a router is like, as far as sending goes. The chain says: many routes have no file that
    does."""

    nft: bool = False
    oft: bool = False
    """Whether LayerZero delivers."""
    pays: bool = False
    """Whether it pays out of what it holds."""


def kind_of(end: RouteToken) -> Kind:
    """The kind of a router on the connected chain."""
    router = end.address_or_denom
    token = _ask(router, "token()")[12:32]
    nft = (
        any(token) and _ask(to_checksum_address(token), "supportsInterface(bytes4)", ERC721) == TRUE
    )
    oft = bool(_ask(router, "oft()"))
    cctp = bool(_ask(router, "messageTransmitter()"))
    pays = end.standard in PAYING and not (nft or oft or cctp)
    return Kind(nft, oft, pays)


def _ask(address: str, signature: str, argument: bytes = b"") -> bytes:
    """Nothing from what has no such view."""
    data = keccak(text=signature)[:4] + argument
    try:
        return bytes(ape.networks.provider.web3.eth.call({"to": address, "data": data}))
    except (Web3Exception, ValueError):
        return b""


def quote(wanted: Transfer, registry: Registry, connect: Connect) -> tuple[Order, Cost]:
    """What the transfer takes, by the router's word. Nothing is sent.

    TooDear or ForeignToken when that is not to be paid, ChainError when the destination has too
    little to pay out.
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
    """Approves exactly what was quoted, sends, pays that and waits for the delivery.

    ChainError when the sender has too little, or nothing arrives in time.
    """
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
    """What is going to be paid, and to whom, for the person who pays."""
    coins, sent = cost.coins, order.amount
    lines = [f"router {order.router.address} moves {token_name(end, order.token)}"]
    if order.nft:
        lines.append(f"it takes NFT {sent}")
    elif order.token == ZERO_ADDRESS:
        lines.append(f"it takes {whole(coins, 18)}: {whole(coins - sent, 18)} more than is sent")
    else:
        more, decimals = cost.tokens - sent, end.decimals
        lines.append(
            f"it takes {whole(cost.tokens, decimals)}: {whole(more, decimals)} more than is sent"
        )
    if order.token != ZERO_ADDRESS:
        lines.append(f"and {whole(coins, 18)} of the chain's coin for the delivery")
    return lines


def token_name(end: RouteToken, token: str) -> str:
    """By address, with what the file calls it."""
    called = f"({end.symbol}, as the file calls it)"
    return f"the chain's coin {called}" if token == ZERO_ADDRESS else f"{token} {called}"


def parse_amount(text: str, source: RouteToken, target: RouteToken, nft: bool) -> int:
    """Whole tokens as the smallest units of the origin, or the id of an NFT; ConfigError when it
    cannot be, or would not arrive as a whole."""
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


def shown(amount: int, end: RouteToken) -> str:
    """With all its digits."""
    return f"{whole(amount, end.decimals)} {end.symbol}"


def _require_collateral(wanted: Transfer, connect: Connect) -> None:
    source, target = wanted.route.on(wanted.origin), wanted.route.on(wanted.destination)
    held = _balance(wanted, wanted.destination, target.address_or_denom, connect)
    paid = wanted.amount * 10**target.decimals // 10**source.decimals
    if held < paid:
        raise ChainError(
            f"the router on {wanted.destination} holds {shown(held, target)}, and would have to pay"
            f" {shown(paid, target)}; send less, or wait until it holds more"
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
