"""Quotes for transfers over a route, checked before anything is paid.

The files that name routers come from others, so a quote is untrusted: it may ask for the route's
own token up to the amount plus a bounded fee, for the chain's native coin up to a bounded fee, and
for no other token.
"""

from dataclasses import dataclass

from ape import networks
from ape.contracts import ContractInstance
from ape.exceptions import ApeException
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3.exceptions import Web3Exception

from ape_hyperlane.core.quotes import Bounds, require_allowed
from ape_hyperlane.plans.chain import container
from hyperlane.errors import ChainError, ConfigError
from hyperlane.registry.deployed_routes import RouteToken
from hyperlane.registry.fields import ZERO_ADDRESS

UNDERLYING = ("asset()", "ERC20()")
"""Views of a vault and of a lockbox that return the moved token; files name vault and lockbox."""


class ForeignToken(ChainError):
    """A router asks for, or moves, another token than its route's file names."""


@dataclass(frozen=True, slots=True)
class Order:
    """A transfer over a route, before it is paid."""

    router: ContractInstance
    destination: int
    recipient: bytes
    amount: int
    """Amount in the token's smallest unit; for an NFT its id."""
    token: str
    """The token that the route moves on the connected chain; the zero address for native coins."""
    nft: bool = False

    @property
    def arguments(self) -> tuple[int, bytes, int]:
        """Arguments of `transferRemote`."""
        return self.destination, self.recipient, self.amount


@dataclass(frozen=True, slots=True)
class Cost:
    """Total cost of an order: the amount and all fees."""

    coins: int
    """Native coins, in wei: the value of the transaction."""
    tokens: int
    """Tokens in the smallest unit, for an NFT its id; 0 if the token is the native coin."""


def quote_transfer(order: Order, bounds: Bounds) -> Cost:
    """Cost of an order as quoted by its router. ForeignToken or TooDear for a quote that must not
    be paid."""
    coins = tokens = 0
    for quote in order.router.quoteTransferRemote(*order.arguments):
        if quote.token == ZERO_ADDRESS:
            coins += quote.amount
        elif quote.token == order.token:
            tokens += quote.amount
        elif quote.amount:
            raise ForeignToken(
                f"the router {order.router.address} asks for {quote.amount} of {quote.token}; its"
                f" route moves {_token_name(order.token)}, and nothing else is paid: do not trust"
                " it"
            )
    if order.nft:
        _require_nft(order, tokens)
        require_allowed(coins, 0, bounds.fee, "--max-fee")
        return Cost(coins, order.amount)
    extra = int(order.amount * bounds.token_fee)
    if order.token == ZERO_ADDRESS:
        require_allowed(coins, order.amount, bounds.fee + extra, "--max-fee")
        return Cost(coins, 0)
    decimals = int(_erc20(order.token).decimals())
    require_allowed(coins, 0, bounds.fee, "--max-fee")
    require_allowed(tokens, order.amount, extra, "--max-token-fee", decimals, f"of {order.token}")
    return Cost(coins, tokens)


def route_token(end: RouteToken, router: ContractInstance) -> str:
    """The token that a route moves on the connected chain; the zero address for native coins.

    ForeignToken when file and router disagree, ConfigError when the file does not name the token.
    """
    actual = str(to_checksum_address(router.token()))
    named, where = end.collateral_address_or_denom, f"the route's file, {end.chain_name}"
    if named is not None:
        expected = (named, *_underlying(named)) if named != ZERO_ADDRESS else (named,)
    elif "Native" in end.standard:
        expected = (ZERO_ADDRESS,)
    elif "Synthetic" in end.standard:
        expected = (router.address,)
    else:
        raise ConfigError(
            f"{where}: collateralAddressOrDenom: required for {end.standard}, but missing; add the"
            " token that you want to send"
        )
    if actual not in expected:
        raise ForeignToken(
            f"{where}: moves {_token_name(expected[-1])}, but the router {router.address} moves"
            f" {_token_name(actual)}: do not trust it"
        )
    return actual


def require_decimals(end: RouteToken, token: str) -> None:
    """ForeignToken when the token's decimals differ from the file's: an amount would be another."""
    if token == ZERO_ADDRESS:
        return
    try:
        found = int(_erc20(token).decimals())
    except (ApeException, ValueError) as error:
        raise ForeignToken(f"{token} has no decimals(); expected an ERC-20") from error
    if found != end.decimals:
        raise ForeignToken(
            f"the route's file, {end.chain_name}: decimals: {end.decimals}, but {token} has"
            f" {found}: amounts would be wrong"
        )


def _require_nft(order: Order, asked: int) -> None:
    if asked != order.amount:
        raise ForeignToken(
            f"the router {order.router.address} asks for NFT {asked} instead of {order.amount}"
        )


def _underlying(named: str) -> tuple[str, ...]:
    """The token behind a vault or a lockbox; empty for other contracts."""
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


def _token_name(token: str) -> str:
    return "the chain's coin" if token == ZERO_ADDRESS else token
