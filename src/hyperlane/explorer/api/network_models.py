"""Documents of the API, of chains, validators, routes and statistics."""

from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from hyperlane.explorer.api.models import Data, Document, Hash, Token, Wei, Word, spelled


class Chain(Document):
    """A chain, and how far it is indexed."""

    domain: int
    name: str
    native_token: str
    chain_id: int | None
    test_net: bool
    deprecated: bool
    cursors: dict[str, int]
    block: int | None = Field(description="The newest stored block, which may not be final.")
    block_time: int | None
    final_block: int | None
    leaves: int | None = Field(description="Leaves of its merkle tree.")
    stake_symbol: str | None
    stake_decimals: int | None = Field(
        description="Decimals of the token that is staked there; null if unknown, or without one."
    )


class Chains(Document):
    """All chains, by name."""

    items: list[Chain]


class Announcement(Document):
    """A storage location that a validator announced: any text."""

    location: str
    time: int
    transaction: Hash


class Stake(Document):
    """An operator's stake."""

    contract: Data
    operator: Data
    staked: Wei = Field(
        description="In the smallest units of the chain's stake token (`stake_decimals` of the"
        " chain), without what is being unstaked."
    )
    slashed: Wei = Field(description="Confiscated so far, in the same units.")
    status: Literal["active", "jailed", "left", "tombstoned"]
    jailed_until: int | None


class Validator(Document):
    """A validator of one chain."""

    domain: int
    address: Data
    announcements: list[Announcement] = Field(description="Newest first; lists have the newest.")
    location: str | None = Field(description="The location that was read.")
    leaf_index: int | None = Field(description="The newest leaf that it was seen to sign.")
    leaves: int | None = Field(
        description="Leaves of the chain's tree, those of blocks that are not final included."
    )
    lag: int | None = Field(
        description="Leaves that it has not signed yet; validators wait until a leaf is final."
    )
    signed_at: float | None = Field(
        description="When the newest leaf was first seen signed. If that was the first look at the"
        " storage, it was signed at some time before."
    )
    waiting_since: int | None = Field(
        description="Time of the first leaf that it has not signed; null if there is none."
    )
    problem: str | None
    checked_at: int | None
    stake: Stake | None


class Validators(Document):
    """Validators of a chain, or one validator on all chains."""

    items: list[Validator]
    next: Data | None = Field(
        default=None, description="Value of `after` for the next page; null at the end."
    )


def _end(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    domain, router = value
    return {"domain": domain, "router": router}


class End(Document):
    """A router."""

    domain: int
    router: Word


class Link(Document):
    """An enrolment of a router with another."""

    start: Annotated[End, BeforeValidator(_end)]
    end: Annotated[End, BeforeValidator(_end)]
    mutual: bool = Field(description="False if the other is not enrolled with it.")


_MOST_DIGITS = 96
"""Digits after the point, more than any uint256 and decimals of a token take."""


def _tokens(value: Any) -> Any:
    """Whole tokens as a decimal, which is cut where it has no end: a scale may be a third."""
    if not isinstance(value, Fraction):
        return value
    whole, rest = divmod(abs(value.numerator), value.denominator)
    sign = "-" if value < 0 else ""
    digits = ""
    while rest and len(digits) < _MOST_DIGITS:
        digit, rest = divmod(rest * 10, value.denominator)
        digits += str(digit)
    return f"{sign}{whole}.{digits}".rstrip(".")


Tokens = Annotated[str, *spelled(_tokens, r"^-?[0-9]+(\.[0-9]+)?$", examples=["1250.75"])]


class Router(Token):
    """A router, with those that it is enrolled with."""

    routers: dict[int, list[Word]] = Field(
        description="Routers that it is enrolled with, by domain."
    )


class Route(Document):
    """Routers that are enrolled with each other."""

    key: str = Field(
        description="Its name in the registry, else its first router.", examples=["USDC/one-two"]
    )
    name: str | None
    routers: list[Router]
    links: list[Link]
    unread: list[Annotated[End, BeforeValidator(_end)]] = Field(
        description="Enrolled routers that nothing is known of."
    )
    locked: Tokens | None = Field(
        description="Whole tokens that its routers lock; null if unknown, as where its routers"
        " disagree about what a whole token is, or keep shares of a vault."
    )
    minted: Tokens | None = Field(description="Whole tokens that its routers have minted.")
    partial: bool = Field(
        description="True if some routers do not tell their amounts, or are not read: `locked` and"
        " `minted` are lower bounds."
    )
    missing: Tokens | None = Field(description="Whole tokens minted beyond what is locked.")
    covered: bool | None = Field(
        description="False if collateral is missing; null if that is unknown."
    )


class Routes(Document):
    """A list of routes."""

    routes: list[Route]
    complete: bool = Field(description="False if there are more; search finds them.")


class Redundancy(Document):
    """Number of signers that a security module can lose."""

    domain: int
    recipient: Data = Field(description="`0x` for the Mailbox's default module.")
    origin: int
    module: Any = Field(description="The module, with the validators that sign now.")
    spare: int | None = Field(
        description="Number of live signers that can fail, whichever they are, while messages are"
        " still delivered; if negative, so many are missing; null where no signatures are wanted,"
        " or who is live is unknown."
    )
    oldest_at: int | None = Field(
        description="When the signer that has been silent for longest was last seen to sign"
        " something new."
    )
    problem: str | None
    checked_at: int


class RedundancyPage(Document):
    """Rows of redundancy."""

    items: list[Redundancy]


class Hour(Document):
    """Messages sent within an hour, and what has become of them by now."""

    start: int = Field(description="The hour's first second.")
    sent: int
    delivered: int = Field(description="Of those that were sent within the hour, by now.")
    payments: dict[int, Wei] = Field(
        description="Paid for the messages' gas: wei of the origin's coin, by origin."
    )


class Pair(Document):
    """Messages sent from one chain to another."""

    origin: int
    destination: int
    sent: int
    delivered: int


class Delays(Document):
    """Seconds from dispatch to delivery, by the blocks' times, that half, or another part, of the
    deliveries took at most, to about an eighth; null without deliveries."""

    half: float | None
    nine_tenths: float | None
    ninety_nine_hundredths: float | None


class Statistics(Document):
    """Traffic of the hours that begin from `since` on and before `until`; those without messages
    are left out."""

    since: int
    until: int
    hours: list[Hour]
    pairs: list[Pair]
    delays: Delays


class Hit(Document):
    """Something that was found."""

    kind: Literal["message", "transaction", "address", "validator", "route", "chain"]
    key: str
    label: str
    domain: int | None


class Hits(Document):
    """Things that a text may mean, best first."""

    items: list[Hit]
