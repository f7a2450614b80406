"""What contracts of a registry or a route ask for, and the most that is paid.

The files that name those contracts come from others. So a quote is a wish: it may take the route's
own token up to the amount and a bounded fee, the chain's coin up to a bounded fee, and no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from ape import networks
from ape.contracts import ContractInstance
from ape.exceptions import ApeException
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3.exceptions import Web3Exception

from ape_hyperlane.plans.survey import container
from hyperlane.errors import ChainError, ConfigError
from hyperlane.registry.deployed_routes import RouteToken
from hyperlane.registry.fields import ZERO_ADDRESS

ALL_DIGITS = Context(prec=160)
"""Of the largest amount, and with as many decimals; fewer would be rounded without a word."""

DEFAULT_FEE = 5 * 10**16
"""Of the chain's coin, in its smallest unit: a twentieth."""
DEFAULT_TOKEN_FEE = Fraction(2, 100)
"""Of the amount."""

UNDERLYING = ("asset()", "ERC20()")
"""Views of a vault and of a lockbox that say what is moved; files name vault and lockbox."""


class TooDear(ChainError):
    """A contract asks for more than the user allows."""


class ForeignToken(ChainError):
    """A router asks for a token that its route does not move, or says that it moves another one."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that sending may cost, besides what is sent."""

    fee: int = DEFAULT_FEE
    """In the chain's coin."""
    token_fee: Fraction = DEFAULT_TOKEN_FEE
    """Of the amount, in the route's token."""
    gas_price: int | None = None
    """Wei per gas; None for what recent blocks make believable."""


USUAL = Bounds()


@dataclass(frozen=True, slots=True)
class Order:
    """A transfer over a route, before it is paid."""

    router: ContractInstance
    destination: int
    recipient: bytes
    amount: int
    """In the token's smallest unit; the id of an NFT."""
    token: str
    """What the route moves on the connected chain; the zero address for its coin."""
    nft: bool = False

    @property
    def arguments(self) -> tuple[int, bytes, int]:
        return self.destination, self.recipient, self.amount


@dataclass(frozen=True, slots=True)
class Cost:
    """What an order takes in all, with what is sent and all fees."""

    coins: int
    tokens: int
    """The id of an NFT; 0 if the token is the coin."""


def quote_transfer(order: Order, bounds: Bounds) -> Cost:
    """What the router asks for. ForeignToken or TooDear when that is not to be paid."""
    coins = tokens = 0
    for quote in order.router.quoteTransferRemote(*order.arguments):
        if quote.token == ZERO_ADDRESS:
            coins += quote.amount
        elif quote.token == order.token:
            tokens += quote.amount
        elif quote.amount:
            raise ForeignToken(
                f"the router {order.router.address} asks for {quote.amount} of {quote.token}; its"
                f" route moves {_named(order.token)}, and nothing else is paid: do not trust it"
            )
    if order.nft:
        _require_nft(order, tokens)
        _require(coins, 0, bounds.fee, "--max-fee")
        return Cost(coins, order.amount)
    extra = int(order.amount * bounds.token_fee)
    if order.token == ZERO_ADDRESS:
        _require(coins, order.amount, bounds.fee + extra, "--max-fee")
        return Cost(coins, 0)
    decimals = int(_erc20(order.token).decimals())
    _require(coins, 0, bounds.fee, "--max-fee")
    _require(tokens, order.amount, extra, "--max-token-fee", decimals, f"of {order.token}")
    return Cost(coins, tokens)


def quote_dispatch(mailbox: ContractInstance, arguments: Sequence[object], bounds: Bounds) -> int:
    """What delivering a message costs, in the coin's smallest unit; TooDear above the bound."""
    fee = int(mailbox.quoteDispatch(*arguments))
    _require(fee, 0, bounds.fee, "--max-fee")
    return fee


def route_token(end: RouteToken, router: ContractInstance) -> str:
    """What a route moves on the connected chain, as file and router both say; the zero address for
    the chain's coin. ForeignToken when they differ, ConfigError when the file does not say."""
    said = str(to_checksum_address(router.token()))
    named, place = end.collateral_address_or_denom, f"the route's file, {end.chain_name}"
    if named is not None:
        expected = (named, *_underlying(named)) if named != ZERO_ADDRESS else (named,)
    elif "Native" in end.standard:
        expected = (ZERO_ADDRESS,)
    elif "Synthetic" in end.standard:
        expected = (router.address,)
    else:
        raise ConfigError(
            f"{place}: collateralAddressOrDenom: required for {end.standard}, but missing; add the"
            " token that you want to send"
        )
    if said not in expected:
        raise ForeignToken(
            f"{place}: moves {_named(expected[-1])}, but the router {router.address} says"
            f" {_named(said)}: do not trust it"
        )
    return said


def require_decimals(end: RouteToken, token: str) -> None:
    """ForeignToken when an amount would mean something else than the file makes believe."""
    if token == ZERO_ADDRESS:
        return
    try:
        found = int(_erc20(token).decimals())
    except (ApeException, ValueError) as error:
        raise ForeignToken(f"{token} does not say its decimals; expected an ERC-20") from error
    if found != end.decimals:
        raise ForeignToken(
            f"the route's file, {end.chain_name}: decimals: {end.decimals}, but {token} has"
            f" {found}: amounts would mean something else"
        )


def whole(amount: int, decimals: int) -> str:
    """In whole tokens, with all digits."""
    return f"{Decimal(amount).scaleb(-decimals, ALL_DIGITS):,f}"


def _require(
    asked: int,
    sent: int,
    extra: int,
    option: str,
    decimals: int = 18,
    what: str = "of the chain's coin",
) -> None:
    if asked > sent + extra:
        raise TooDear(
            f"{whole(asked, decimals)} {what} is asked for, {whole(asked - sent, decimals)} more"
            f" than is sent; allowed are {whole(extra, decimals)} more. If that is right, raise"
            f" {option}"
        )


def _require_nft(order: Order, asked: int) -> None:
    if asked != order.amount:
        raise ForeignToken(
            f"the router {order.router.address} asks for NFT {asked} instead of {order.amount}"
        )


def _underlying(named: str) -> tuple[str, ...]:
    """What is moved, if that is a vault or a lockbox."""
    found = []
    for view in UNDERLYING:
        call = {"to": to_checksum_address(named), "data": keccak(text=view)[:4]}
        try:
            answer = bytes(networks.provider.web3.eth.call(call))
        except (Web3Exception, ValueError):
            continue
        if len(answer) == 32 and not any(answer[:12]):
            found.append(str(to_checksum_address(answer[12:])))
    return tuple(found)


def _erc20(token: str) -> ContractInstance:
    return ContractInstance(token, container("HypERC20").contract_type)


def _named(token: str) -> str:
    return "the chain's coin" if token == ZERO_ADDRESS else token
