"""Documents of the API, of messages: hex with 0x in lower case, wei as decimal text, times in Unix
seconds."""

from collections.abc import Callable
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


def spelled(convert: Callable[[Any], Any], pattern: str, **schema: Any) -> tuple[Any, Any]:
    """Annotations of a value that is text of a pattern in JSON."""
    shape = {"type": "string", "pattern": pattern, **schema}
    return BeforeValidator(convert), WithJsonSchema(shape)


Hash = Annotated[str, *spelled(_as_hex, "^0x[0-9a-f]{64}$", examples=[ID_EXAMPLE])]
Word = Annotated[str, *spelled(_as_hex, "^0x[0-9a-f]{64}$", examples=[_WORD_EXAMPLE])]
Data = Annotated[str, *spelled(_as_hex, "^0x([0-9a-f]{2})*$", examples=[ADDRESS_EXAMPLE])]
Wei = Annotated[str, *spelled(_decimal, "^-?[0-9]+$", examples=["1000000000000000"])]


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


class Call(Document):
    """A transaction that delivers a message, as a wallet takes it."""

    to: Data = Field(description="The Mailbox.")
    data: Data = Field(description="The call of `process`.")
    value: Wei
    chain_id: int
    gas: int = Field(description="The gas limit: what the simulation took, and a margin.")
    chain: str
    command: str = Field(description="The command line that does the same.")
