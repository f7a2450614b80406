"""Routers of warp routes: those that were seen, and what their contracts say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from sqlalchemy import func, select

from hyperlane.protocol.token_message import Scale
from hyperlane.protocol.typecasts import Address, Bytes32, bytes_from_hex, to_hex
from hyperlane.store.database import Database
from hyperlane.store.scraper.tables import token, token_transfer

End: TypeAlias = tuple[int, Bytes32]
"""Domain and router of one end of a route."""
Counted: TypeAlias = Literal["token", "nft", "share"]
"""What amounts of a router count: smallest units of a token, NFTs, or shares of a vault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A router as its contract says; None where that does not tell. Texts are strangers'."""

    domain: int
    router: Address
    token: Address | None
    """The contract that is moved; None for the chain's coin."""
    standard: str | None
    """As in the registry's files."""
    name: str | None
    symbol: str | None
    decimals: int | None
    counted: Counted
    scale: Scale
    """Units in messages for one unit here."""
    route: str | None
    """Name of its route in the registry."""
    routers: Mapping[int, Sequence[Bytes32]]
    """The routers that it is enrolled with on each domain: several where it is for many tokens."""
    locked: int | None
    """What it keeps for the route, in the token's units."""
    minted: int | None
    """What can be redeemed for that: a synthetic token's supply, or what lenders deposited."""
    checked_at: int

    @property
    def enrolled(self) -> frozenset[End]:
        """Domains and routers of all that it is enrolled with."""
        return frozenset((domain, each) for domain, some in self.routers.items() for each in some)

    @property
    def places(self) -> int | None:
        """Digits after the point of its amounts; None if unknown, as for shares of a vault."""
        if self.counted == "token":
            return self.decimals
        return 0 if self.counted == "nft" else None

    @property
    def ratio(self) -> Fraction:
        """Units in messages for one unit here."""
        return Fraction(self.scale.numerator, self.scale.denominator)


class TokenStore:
    """The routers of all chains."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def seen(self, domain: int, after: int) -> tuple[list[Address], int]:
        """Routers of a chain with transfers of row numbers above `after`, and the last of these."""
        row = token_transfer.c
        async with self._database.read() as connection:
            last = (await connection.execute(select(func.max(row.id)))).scalar() or after
            found = await connection.execute(
                select(row.router)
                .where(row.domain == domain, row.id > after, row.id <= last)
                .distinct()
            )
            return [Address(router) for router in found.scalars()], last

    async def all(self) -> list[Token]:
        """All routers that were read, in order."""
        async with self._database.read() as connection:
            found = await connection.execute(select(token).order_by(token.c.domain, token.c.id))
            return list(map(as_token, found))

    async def save(self, item: Token) -> None:
        """Store what a router said."""
        values = {
            "token": item.token,
            "standard": item.standard,
            "name": item.name,
            "symbol": item.symbol,
            "decimals": item.decimals,
            "counted": item.counted,
            "scale_numerator": item.scale.numerator,
            "scale_denominator": item.scale.denominator,
            "route": item.route,
            "routers": {
                str(domain): list(map(to_hex, some)) for domain, some in item.routers.items()
            },
            "locked": item.locked,
            "minted": item.minted,
            "checked_at": item.checked_at,
        }
        async with self._database.write() as connection:
            await connection.execute(
                self._database.insert(token)
                .values(
                    domain=item.domain,
                    router=item.router,
                    time_created=item.checked_at,
                    **values,
                )
                .on_conflict_do_update(index_elements=["domain", "router"], set_=values)
            )


def as_token(row: Any) -> Token:
    """The router of a row of the table."""
    return Token(
        domain=row.domain,
        router=Address(row.router),
        token=None if row.token is None else Address(row.token),
        standard=row.standard,
        name=row.name,
        symbol=row.symbol,
        decimals=row.decimals,
        counted=row.counted,
        scale=Scale(row.scale_numerator or 1, row.scale_denominator or 1),
        route=row.route,
        routers=_parsed(row.routers),
        locked=row.locked,
        minted=row.minted,
        checked_at=row.checked_at,
    )


def _parsed(routers: Mapping[str, Sequence[str]] | None) -> dict[int, Sequence[Bytes32]]:
    return {
        int(domain): tuple(Bytes32(bytes_from_hex(word, "token.routers", 32)) for word in some)
        for domain, some in (routers or {}).items()
    }
