"""What a person types into the search box, and where it leads."""

from dataclasses import dataclass
from enum import StrEnum

from hyperlane.store.database import Database


class Kind(StrEnum):
    """Kind of page that a hit leads to."""

    MESSAGE = "message"
    TRANSACTION = "transaction"
    ADDRESS = "address"
    """An address that sends or receives messages."""
    VALIDATOR = "validator"
    ROUTE = "route"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found."""

    kind: Kind
    key: str
    """For a URL: hex of an id, hash or address; a domain; a route's key."""
    label: str
    """For people; may be strangers' text."""
    domain: int | None = None


async def search(database: Database, text: str) -> tuple[Hit, ...]:
    """Everything that a text may mean, best first.

    It may be a message id, a transaction's hash, an address of 20 or 32 bytes in any case, a
    chain's name or domain, a route's name, or a link with one of the first three.
    """
    raise NotImplementedError
