"""Reading the routers of warp routes: which token, enrolled with whom, what is locked and minted.

Anybody can deploy a router, with whatever name, and have it answer whatever it likes. So what is
read of one has bounds, those that nobody vouches for are read a few at a time, and one that is
odd or slow keeps no other from being read in its turn.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.loops import all_ended
from hyperlane.chain.abi import Function, StakingManager
from hyperlane.chain.abi import Token as Erc20
from hyperlane.chain.abi import TokenRouter as Router
from hyperlane.chain.abi import TokenVault as Vault
from hyperlane.chain.client import ChainClient, View
from hyperlane.checkpoints.announced import printable
from hyperlane.errors import ConfigError, DecodeError
from hyperlane.protocol.token_message import Scale
from hyperlane.protocol.typecasts import (
    ZERO_ADDRESS,
    ZERO_BYTES32,
    Address,
    Bytes32,
    address_from_hex,
)
from hyperlane.registry.deployed_routes import WarpRoute, known_routes, route_paths
from hyperlane.registry.models import read
from hyperlane.registry.token_types import STANDARDS
from hyperlane.store.scraper.tokens import Token, TokenStore

log = structlog.get_logger()

_MOST_ANSWER = 16 * 1024
"""Bytes of one answer: five hundred domains, and longer names than anybody reads."""
_MOST_DOMAINS = 256
_LONGEST_NAME, _LONGEST_SYMBOL = 64, 32
_AT_ONCE = 4
"""Routers of one chain that are read at once."""
_PER_STEP = 100
_REFRESHED_AFTER = 60.0
"""Seconds after which a router is read again."""
_DECLINED_FOR = 3600.0
"""Seconds after which an address that was no router is tried again."""

_IN_SHARES = ("collateralVaultRebase", "syntheticRebase")
"""Types of routers whose messages carry shares of a vault, not amounts of the token."""

RouteNames: TypeAlias = Mapping[tuple[int, Address], str]
"""Names of routes in the registry, by domain and router."""


@dataclass(slots=True)
class TokenWatcher:
    """Watcher of the routers of one chain."""

    chain: Chain
    store: TokenStore
    names: Callable[[], RouteNames]
    clock: Callable[[], float] = time.time
    _seen: dict[Address, None] = field(default_factory=dict)
    _last_row: int = 0
    _declined: dict[Address, float] = field(default_factory=dict)
    """Addresses that are enrolled somewhere and are no routers, and when that was found."""

    async def step(self) -> None:
        """Read the routers whose turn it is, and store what they say."""
        names, now = self.names(), self.clock()
        routers, self._last_row = await self.store.seen(self.chain.domain, self._last_row)
        self._seen.update(dict.fromkeys(routers))
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(router: Address) -> None:
            async with slots:
                found = await read_token(self.chain, router, names, int(now))
            if found is None:
                self._declined[router] = now
            else:
                await self.store.save(found)

        await all_ended(*(one(router) for router in await self._due(names, now)))

    async def _due(self, names: RouteNames, now: float) -> list[Address]:
        """Routers that are to be read: first those of the registry, then those that transferred
        something, then those that others are enrolled with; of each kind the oldest first."""
        self._declined = {
            router: at for router, at in self._declined.items() if at > now - _DECLINED_FOR
        }
        tokens = await self.store.all()
        checked = {each.router: each.checked_at for each in tokens if self._is_here(each)}
        enrolled = (router for each in tokens for router in self._enrolled_here(each))
        ranks: dict[Address, int] = {}
        registered = (router for domain, router in names if domain == self.chain.domain)
        for rank, routers in enumerate((registered, self._seen, (*checked, *enrolled))):
            for router in routers:
                ranks.setdefault(router, rank)
        due = [
            router
            for router in ranks
            if router not in self._declined and checked.get(router, 0) <= now - _REFRESHED_AFTER
        ]
        due.sort(key=lambda router: (ranks[router], checked.get(router, 0)))
        return due[:_PER_STEP]

    def _is_here(self, token: Token) -> bool:
        return token.domain == self.chain.domain

    def _enrolled_here(self, token: Token) -> Iterator[Address]:
        for word in token.routers.get(self.chain.domain, ()):
            if not any(word[:12]):
                yield Address(word[12:])


async def read_token(chain: Chain, router: Address, names: RouteNames, now: int) -> Token | None:
    """Read a router; None if it is none of this network. ChainError if the chain does not answer.

    What it says is not true for that: a contract can claim to lock any token.
    """
    views = _Views(chain.client)
    own = await views.ask(*((router, function, *arguments) for function, *arguments in _OWN))
    if own[Router.mailbox] != chain.settings.mailbox or own[Router.domains] is None:
        return None
    moved = own[Router.wrapped_token]
    described = await _describe(views, chain, router, own, moved)
    return Token(
        domain=chain.domain,
        router=router,
        route=names.get((chain.domain, router)),
        routers=await _enrolled(views, router, own),
        checked_at=now,
        **described,
    )


async def stake_token(chain: Chain) -> tuple[str | None, int | None]:
    """Symbol and decimals of the token that a chain's StakingManager holds; None where there is no
    such token, or it does not tell."""
    views, manager = _Views(chain.client), chain.settings.staking_manager
    token = manager and (await views.ask((manager, StakingManager.token)))[StakingManager.token]
    if not token:
        return None, None
    there = await views.ask((token, Erc20.name), (token, Erc20.symbol), (token, Erc20.decimals))
    _, symbol = await _names(views, token, there)
    return _text(symbol, _LONGEST_SYMBOL), there[Erc20.decimals]


_OWN: Sequence[tuple[Any, ...]] = (
    (Router.mailbox,),
    (Router.domains,),
    (Router.token,),
    (Router.wrapped_token,),
    (Router.scale,),
    (Router.scale_numerator,),
    (Router.scale_denominator,),
    (Router.total_assets,),
    (Router.allowed_rebalancers,),
    (Router.vault,),
    (Router.asset_deposited,),
    (Router.lockbox,),
    (Router.collateral_domain,),
    (Router.total_shares,),
    (Router.token_messenger,),
    (Router.cross_collateral_domains,),
    (Erc20.total_supply,),
    (Erc20.supports_interface, Erc20.ERC721),
)

Answers: TypeAlias = Mapping[Function, Any]


@dataclass(frozen=True, slots=True)
class _Views:
    """Asks contracts many things at once, each function at most once."""

    client: ChainClient

    async def ask(self, *asked: View) -> Answers:
        """Answers by function; None where there is none."""
        found = await self.client.views(asked, _MOST_ANSWER)
        return {view[1]: answer for view, answer in zip(asked, found, strict=True)}


async def _describe(
    views: _Views, chain: Chain, router: Address, own: Answers, moved: Address | None
) -> dict[str, Any]:
    """Fields of a token that follow from its kind."""
    shown = router if moved is None else moved
    there = await views.ask(
        (shown, Erc20.name),
        (shown, Erc20.symbol),
        (shown, Erc20.decimals),
        (shown, Erc20.balance_of, router),
        (shown, Erc20.supports_interface, Erc20.ERC721),
        (shown, Erc20.minting_limit, router),
        (shown, Erc20.minter_allowance, router),
    )
    kind = kind_of(own, there)
    nft = bool(own[Erc20.supports_interface] or there[Erc20.supports_interface])
    locked, minted = await _amounts(views, chain, router, kind, own, there)
    if kind == "native":
        coin = chain.settings.native_token
        name, symbol = coin.get("name"), coin.get("symbol")
        decimals = _coin_decimals(coin.get("decimals", 18))
    else:
        name, symbol = await _names(views, shown, there)
        decimals = there[Erc20.decimals]
    return {
        "token": None if kind == "native" else shown,
        "name": _text(name, _LONGEST_NAME),
        "symbol": _text(symbol, _LONGEST_SYMBOL),
        "decimals": decimals,
        "counted": "nft" if nft else "share" if kind in _IN_SHARES else "token",
        "standard": None if kind is None else STANDARDS[kind],
        "scale": _scale(own),
        "locked": locked,
        "minted": minted,
    }


def kind_of(own: Answers, moved: Answers) -> str | None:
    """Tell a router's type, as deploy files call it, by which functions it has and its token has;
    None if it is of no known type."""
    if own[Router.token_messenger] is not None:
        return "collateralCctp"
    if own[Router.cross_collateral_domains] is not None:
        return "crossCollateral"
    if own[Router.vault] is not None:
        owns = own[Router.asset_deposited] is not None
        return "collateralVault" if owns else "collateralVaultRebase"
    if own[Router.lockbox] is not None:
        return "xERC20Lockbox"
    if own[Router.wrapped_token] is not None:
        if own[Router.allowed_rebalancers] is None and not moved[Erc20.supports_interface]:
            if moved[Erc20.minting_limit] is not None:
                return "xERC20"
            if moved[Erc20.minter_allowance] is not None:
                return "collateralFiat"
        return "collateral"
    if own[Router.collateral_domain] is not None:
        return "syntheticRebase"
    if own[Router.token] == ZERO_ADDRESS:
        return "native"
    if own[Erc20.supports_interface] or moved[Erc20.symbol] is not None:
        return "synthetic"
    # Those of before `token()` existed have neither a token, nor a name.
    return "native" if own[Router.token] is None else None


async def _amounts(
    views: _Views, chain: Chain, router: Address, kind: str | None, own: Answers, moved: Answers
) -> tuple[int | None, int | None]:
    """Amounts locked and minted; None for kinds whose tokens others mint and lock as well."""
    lent = own[Router.total_assets] or None
    if kind == "native":
        return await chain.client.balance(router), lent
    if kind in ("collateral", "crossCollateral"):
        return moved[Erc20.balance_of], lent
    if kind == "synthetic":
        return None, own[Erc20.total_supply]
    if kind == "syntheticRebase":
        return None, own[Router.total_shares]
    if kind in ("collateralVault", "collateralVaultRebase"):
        vault = own[Router.vault]
        shares = (await views.ask((vault, Erc20.balance_of, router)))[Erc20.balance_of]
        if kind == "collateralVaultRebase" or shares is None:
            return shares, None
        found = await views.ask((vault, Vault.convert_to_assets, shares))
        worth, deposited = found[Vault.convert_to_assets], own[Router.asset_deposited]
        return None if worth is None else min(worth, deposited), None  # interest is the owner's
    return None, None


async def _enrolled(views: _Views, router: Address, own: Answers) -> dict[int, Sequence[Bytes32]]:
    """Routers that a router sends to and takes from, by domain: the one that it is enrolled with,
    then those of other tokens that it trusts as well, if it is for many tokens, on its own chain
    too."""
    domains = own[Router.domains][:_MOST_DOMAINS]
    trusted = (own[Router.cross_collateral_domains] or ())[:_MOST_DOMAINS]
    asked: list[View] = [(router, Router.routers, domain) for domain in domains]
    asked += [(router, Router.cross_collateral_routers, domain) for domain in trusted]
    found: dict[int, dict[Bytes32, None]] = {}
    answers = await views.client.views(asked, _MOST_ANSWER)
    for domain, answer in zip((*domains, *trusted), answers, strict=True):
        words = (answer,) if isinstance(answer, bytes) else answer or ()
        for word in words:
            if word != ZERO_BYTES32:
                found.setdefault(domain, {})[Bytes32(word)] = None
    return {domain: tuple(some) for domain, some in sorted(found.items())}


def _scale(own: Answers) -> Scale:
    numerator = own[Router.scale_numerator] or own[Router.scale] or 1
    return Scale(numerator, own[Router.scale_denominator] or 1)


async def _names(views: _Views, token: Address, there: Answers) -> tuple[object, object]:
    """Name and symbol; old tokens answer with a word each."""
    name, symbol = there[Erc20.name], there[Erc20.symbol]
    if name is None or symbol is None:
        asked = (token, Erc20.name_word), (token, Erc20.symbol_word)
        words = await views.client.views(asked, 32)
        texts = [word and word.rstrip(b"\0").decode(errors="replace") for word in words]
        name, symbol = name or texts[0], symbol or texts[1]
    return name, symbol


def _text(value: object, longest: int) -> str | None:
    """A stranger's text, fit to be shown."""
    return printable(value, longest) if isinstance(value, str) else None


def _coin_decimals(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 256 else None


def route_names(registry: Path, domains: Mapping[str, int]) -> dict[tuple[int, Address], str]:
    """Read the names of all routes in a registry, by their routers on the chains of `domains`. A
    file that cannot be used is passed over."""
    found: dict[tuple[int, Address], str] = {}
    for name in known_routes(registry, "-config.yaml"):
        try:
            route = read(WarpRoute, route_paths(registry, name)[1])
        except ConfigError as error:
            log.warning("route.unreadable", route=name, error=str(error))
            continue
        for end in route.tokens:
            if end.is_evm and end.chain_name in domains:
                try:
                    router = address_from_hex(end.address_or_denom)
                except DecodeError:
                    continue
                found.setdefault((domains[end.chain_name], router), name)
    return found
