"""Documents of the API: hex with 0x in lower case, wei as decimal text, times in Unix seconds."""

from collections.abc import Callable
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from hyperlane.explorer.api.parameters import ADDRESS_EXAMPLE, ID_EXAMPLE
from hyperlane.protocol.typecasts import to_hex

_WORD_EXAMPLE = f"0x{'00' * 12}{ADDRESS_EXAMPLE[2:]}"


def _as_hex(value: Any) -> Any:
    return to_hex(value) if isinstance(value, bytes) else value


def _decimal(value: Any) -> Any:
    """A whole number as text: JSON numbers have too few digits for wei."""
    return str(value) if isinstance(value, int) else value


def _shown(convert: Callable[[Any], Any], pattern: str, **schema: Any) -> tuple[Any, Any]:
    shape = {"type": "string", "pattern": pattern, **schema}
    return BeforeValidator(convert), WithJsonSchema(shape)


Hash = Annotated[str, *_shown(_as_hex, "^0x[0-9a-f]{64}$", examples=[ID_EXAMPLE])]
Word = Annotated[str, *_shown(_as_hex, "^0x[0-9a-f]{64}$", examples=[_WORD_EXAMPLE])]
Data = Annotated[str, *_shown(_as_hex, "^0x([0-9a-f]{2})*$", examples=[ADDRESS_EXAMPLE])]
Wei = Annotated[str, *_shown(_decimal, "^-?[0-9]+$", examples=["1000000000000000"])]


class Document(BaseModel):
    """A JSON object of the API."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, from_attributes=True, frozen=True
    )


class Message(Document):
    """A dispatched message."""

    id: Hash
    origin: int = Field(description="Domain that it was sent from.", examples=[1])
    destination: int = Field(description="Domain that it is for.", examples=[8453])
    nonce: int
    sender: Word
    recipient: Word
    mailbox: Data
    sent_at: int = Field(description="Time of the dispatch's block.")
    delivered_at: int | None = Field(description="Time of the delivery's block; null while none.")
    delay: int | None = Field(description="Seconds from the dispatch to the delivery.")
    transaction: Hash
    block: int
    final: bool = Field(description="False while the chain may still drop the dispatch.")


class Transaction(Document):
    """A transaction and its block."""

    hash: Hash
    domain: int
    block: int
    block_hash: Hash
    time: int
    final: bool
    sender: Data
    recipient: Data | None
    nonce: int
    gas_limit: Wei
    gas_used: Wei
    effective_gas_price: Wei | None
    fee: Wei | None = Field(description="Gas used times its price, in wei.")


class Insertion(Document):
    """A message's leaf of a merkle tree."""

    hook: Data
    leaf_index: int
    transaction: Transaction


class Payment(Document):
    """A payment for the gas of the delivery."""

    paymaster: Data
    payment: Wei
    gas_amount: Wei
    destination: int
    transaction: Transaction


class Delivery(Document):
    """The delivery; the relayer is the transaction's sender."""

    mailbox: Data
    domain: int
    transaction: Transaction


class Scale(Document):
    """A ratio of units."""

    numerator: Wei
    denominator: Wei


class Token(Document):
    """A router of a warp route. Name and symbol are its contract's: anybody may choose any."""

    domain: int
    router: Data
    token: Data | None
    standard: str | None
    name: str | None
    symbol: str | None
    decimals: int | None
    route: str | None = Field(description="Name of its route in the registry.")
    scale: Scale = Field(description="Units in messages for one unit here.")
    counted: Literal["token", "nft", "share"] = Field(
        description="What amounts count: smallest units of the token, NFTs, or shares of a vault."
    )
    locked: Wei | None
    minted: Wei | None
    checked_at: int


class Router(Token):
    """A router, with those that it is enrolled with."""

    routers: dict[int, list[Word]] = Field(
        description="Routers that it is enrolled with, by domain."
    )


class Transfer(Document):
    """Tokens that the message carries."""

    direction: Literal["sent", "received"]
    domain: int
    router: Data
    remote: int
    recipient: Data
    amount: Wei = Field(
        description="In the units of messages, of which `scale` of the token tells how many make"
        " one unit of the token; for an NFT, its id."
    )
    transaction: Hash
    token: Token | None


class Signature(Document):
    """Time at which a validator was seen to have signed the message's leaf."""

    validator: Data
    seen_at: float | None
    at_first_look: bool = Field(
        description="True if it was signed before its storage was first looked at."
    )
    delay: float | None = Field(description="Seconds from the dispatch; null if unknown.")
    newest: int | None = Field(description="The newest leaf that it claims signed.")
    problem: str | None


class StakingEvent(Document):
    """An event of the contracts that hold or slash stake."""

    kind: str
    contract: Data
    operator: Data | None
    validator: Data | None
    amount: Wei | None = Field(description="In the smallest units of the chain's stake token.")
    fields: dict[str, Any]
    transaction: Transaction


class Life(Document):
    """All that is stored of a message."""

    id: Hash
    message: Message | None = Field(description="Null if only its delivery is stored.")
    body: Data | None
    dispatch: Transaction | None
    insertions: list[Insertion]
    payments: list[Payment]
    delivery: Delivery | None
    transfers: list[Transfer]
    signatures: list[Signature]
    staking: list[StakingEvent]


class Record(Document):
    """A message as it is now, for followers."""

    id: Hash
    message: Message | None
    body: Data | None
    dispatch: Transaction | None
    insertions: list[Insertion]
    payments: list[Payment]
    delivery: Delivery | None
    transfers: list[Transfer]


class Change(Document):
    """Something that happened to a message."""

    number: int
    time: int
    kind: Literal[
        "dispatched",
        "inserted",
        "paid",
        "delivered",
        "undispatched",
        "uninserted",
        "unpaid",
        "undelivered",
    ]
    id: Hash
    record: Record | None = Field(
        validation_alias="life",
        description="The message as it is now; null if the chain dropped all of it.",
    )


class Changes(Document):
    """A part of the stream of changes."""

    items: list[Change]
    next: int = Field(description="Ask for changes after this number next.")
    newest: int = Field(description="Number of the newest change; the end, once `next` has it.")


class Messages(Document):
    """A page of messages, newest first."""

    items: list[Message]
    next: str | None = Field(
        description="Value of `cursor` for the next page; null at the end. A page may have fewer"
        " messages than wanted, or none, and yet not be the last.",
        examples=["AAAAAGWSAIAAAAAAAAAAKg"],
    )


class DeliveryOf(Document):
    """A delivery, and the message that it delivers."""

    id: Hash
    delivery: Delivery


class Traffic(Document):
    """Effects of a transaction on messages."""

    transaction: Transaction
    dispatched: list[Message]
    delivered: list[Message]
    deliveries: list[DeliveryOf] = Field(
        description="All deliveries, also of messages from chains that are not indexed."
    )


class Transactions(Document):
    """A transaction's traffic; one for each chain that has a transaction of the hash."""

    items: list[Traffic]


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


Tokens = Annotated[str, *_shown(_tokens, r"^-?[0-9]+(\.[0-9]+)?$", examples=["1250.75"])]


class Route(Document):
    """Routers that are enrolled with each other."""

    key: str = Field(
        description="Its name in the registry, else its first router.", examples=["USDC/one-two"]
    )
    name: str | None
    routers: list[Token]
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


class Call(Document):
    """A transaction that delivers a message, as a wallet takes it."""

    to: Data = Field(description="The Mailbox.")
    data: Data = Field(description="The call of `process`.")
    value: Wei
    chain_id: int
    gas: int = Field(description="The gas limit: what the simulation took, and a margin.")
    chain: str
    command: str = Field(description="The command line that does the same.")
