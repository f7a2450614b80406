"""Things that all pages share: the database, the clock, and the frame around their content."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from hyperlane.explorer.pages.rendering import render
from hyperlane.explorer.pages.words import amount
from hyperlane.explorer.queries.chains import coins, names, stake_tokens
from hyperlane.explorer.tracing import Traces
from hyperlane.protocol.typecasts import Bytes32
from hyperlane.store.database import Database
from hyperlane.wording import one_line

_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Names:
    """Names of chains by domain."""

    known: dict[int, str]

    def __call__(self, domain: int) -> str:
        """The name, or the number of a chain that has none."""
        return self.known.get(domain, f"domain {domain}")


@dataclass(frozen=True, slots=True)
class Coins:
    """Symbols of chains' own coins by domain."""

    known: dict[int, str]

    def __call__(self, domain: int) -> str:
        """The symbol; where it is unknown, the word for any."""
        return self.known.get(domain) or "coins"


@dataclass(frozen=True, slots=True)
class StakeTokens:
    """Symbols and decimals of the tokens that are staked on chains, by domain."""

    known: dict[int, tuple[str | None, int | None]]

    def __call__(self, domain: int, units: int) -> str:
        """An amount, with its symbol; in smallest units where decimals are unknown."""
        symbol, decimals = self.known.get(domain, (None, None))
        return f"{amount(units, decimals)} {one_line(symbol or 'of the stake token', 40)}"


@dataclass(frozen=True, slots=True)
class Site:
    """Sources of what pages show."""

    database: Database
    traces: Traces | None = None
    """Asks the chains; None if the server has no nodes to ask."""
    clock: Callable[[], float] = time.time

    @property
    def elsewhere(self) -> dict[int, tuple[str, str]]:
        """Names and URLs of the chains' block explorers, by domain."""
        chains = self.traces.chains.chains.values() if self.traces is not None else ()
        named = ((chain.domain_id, chain.block_explorer) for chain in chains)
        return {domain: explorer for domain, explorer in named if explorer is not None}

    async def page(
        self, request: Request, template: str, *, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """A rendered page."""
        known = Names(await names(self.database))
        common = {
            "chain_name": known,
            "elsewhere": self.elsewhere,
            "coins": Coins(await coins(self.database)),
            "stake": StakeTokens(await stake_tokens(self.database)),
            "now": self.clock(),
            "path": request.url.path,
        }
        return HTMLResponse(render(template, {**common, **context}), status)

    async def missing(self, request: Request, what: str, remedy: str) -> HTMLResponse:
        """The page for what does not exist."""
        return HTMLResponse(error_page(request, 404, what, remedy), 404)


def error_page(request: Request, status: int, what: str, remedy: str) -> str:
    """A page that says what is wrong, and what to do. It needs no database."""
    context = {"path": request.url.path, "status": status, "what": what, "remedy": remedy}
    return render("error.html", context)


def read_id(text: str) -> Bytes32 | None:
    """An id or hash of a path; None if it is none."""
    digits = text.lower().removeprefix("0x")
    if len(digits) != 64 or not _DIGITS.issuperset(digits):
        return None
    return Bytes32(bytes.fromhex(digits))


def read_address(text: str) -> bytes | None:
    """An address of 20 or 32 bytes, in any case; None if it is none."""
    digits = text.strip().lower().removeprefix("0x")
    if len(digits) not in (40, 64) or not _DIGITS.issuperset(digits):
        return None
    return bytes.fromhex(digits)


def as_word(address: bytes) -> Bytes32:
    """An address as messages have it."""
    return Bytes32(address.rjust(32, b"\0"))
