"""The chains, and how far they are indexed."""

from collections.abc import Mapping
from dataclasses import dataclass

from hyperlane.store.database import Database


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain."""

    domain: int
    name: str
    native_token: str
    chain_id: int | None
    test_net: bool
    deprecated: bool
    cursors: Mapping[str, int]
    """Block up to which rows are stored, by kind of event; empty for a chain that is not
    scraped."""
    block: int | None
    """The newest block that is stored, which may not be final."""
    block_time: int | None
    final_block: int | None
    leaves: int | None
    """Leaves of its merkle tree, as far as they are stored."""


async def chains(database: Database) -> tuple[Chain, ...]:
    """All chains, by name."""
    raise NotImplementedError


async def chain(database: Database, domain: int) -> Chain | None:
    """The chain of a domain."""
    raise NotImplementedError


async def names(database: Database) -> dict[int, str]:
    """Names of chains by domain."""
    raise NotImplementedError
