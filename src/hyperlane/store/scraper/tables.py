"""The scraper's tables: those of the reference's scraper by name and column, and our own.

Times are Unix seconds, hashes, ids and addresses raw bytes, domains uint32, amounts in wei (`Wei`).
A row that comes from a block refers to it, directly or through its transaction, so that a block
which the chain drops takes its rows along. Rule for tables and columns of the reference: the layout
of its scraper, except that times are integers, so that SQLite and PostgreSQL sort them alike.
Whoever changes one writes a migration: docs/architecture.md, To change a table.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from hyperlane.store import tables as agents

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Identity = BigInteger().with_variant(Integer, "sqlite")
"""Automatic number of a row; SQLite counts in columns of type INTEGER only."""


class Wei(TypeDecorator[int]):
    """A uint256: a NUMERIC of 78 digits; decimal text in SQLite, whose integers have 64 bits."""

    impl = Numeric(78, 0)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = String(78) if dialect.name == "sqlite" else Numeric(78, 0)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else int(value)


def stored_address(word: bytes) -> bytes:
    """A sender or recipient as the reference's scraper stores it: EVM addresses in 20 bytes."""
    return word if any(word[:12]) else word[12:]


class Party(TypeDecorator[bytes]):
    """A sender or recipient: a word of 32 bytes, see `stored_address`."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else stored_address(value.rjust(32, b"\0"))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.rjust(32, b"\0")


def _id() -> Column[Any]:
    return Column("id", Identity, primary_key=True)


def _field(name: str, kind: Any, *items: Any, **options: Any) -> Column[Any]:
    """Column that is never null."""
    return Column(name, kind, *items, nullable=False, **options)


def _transaction(name: str) -> Column[Any]:
    return _field(name, Identity, _to("transaction.id"), index=True)


def _to(column: str) -> ForeignKey:
    return ForeignKey(column, ondelete="CASCADE")


deployments = agents.deployments.to_metadata(metadata)
request_sizes = agents.request_sizes.to_metadata(metadata)
"""What every agent has in its database: the deployments that it is bound to, and the sizes of
requests that nodes take."""

domain = Table(
    "domain",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _field("time_created", BigInteger),
    _field("name", String),
    _field("native_token", String),
    Column("chain_id", BigInteger),
    _field("is_test_net", Boolean),
    _field("is_deprecated", Boolean),
    Column("stake_symbol", String),
    Column("stake_decimals", Integer),
)
"""Chains, by domain. Those that are not scraped any longer stay. Ours: `stake_symbol` and
`stake_decimals`, of the token that its StakingManager holds; null if unknown."""

cursor = Table(
    "cursor",
    metadata,
    _field("domain", BigInteger, primary_key=True, autoincrement=False),
    _field("event_type", String, primary_key=True),
    _field("time_created", BigInteger),
    _field("height", BigInteger),
)
"""All rows of `event_type` are stored for blocks up to `height`. The scraper's are those of
`progress.py`."""

unread = Table(
    "unread",
    metadata,
    _id(),
    _field("domain", BigInteger, index=True),
    _field("first_block", BigInteger),
    _field("last_block", BigInteger),
    _field("again", Boolean),
)
"""Ranges of blocks whose logs are still to be read, from the newest block down. `again`: they were
read, and a number of a message or a leaf is missing."""

block = Table(
    "block",
    metadata,
    _id(),
    _field("time_created", BigInteger),
    _field("domain", BigInteger),
    _field("hash", LargeBinary),
    _field("height", BigInteger),
    _field("timestamp", BigInteger),
    _field("final", Boolean),
    UniqueConstraint("domain", "height"),
)
"""Blocks with rows, and the newest ones, whose hashes tell whether the chain dropped them."""
Index("ix_block_hash", block.c.hash)

transaction = Table(
    "transaction",
    metadata,
    _id(),
    _field("time_created", BigInteger),
    _field("hash", LargeBinary),
    _field("block_id", Identity, _to("block.id"), index=True),
    _field("gas_limit", Wei),
    Column("max_priority_fee_per_gas", Wei),
    Column("max_fee_per_gas", Wei),
    Column("gas_price", Wei),
    Column("effective_gas_price", Wei),
    _field("nonce", BigInteger),
    _field("sender", LargeBinary),
    Column("recipient", LargeBinary),
    _field("gas_used", Wei),
    _field("cumulative_gas_used", Wei),
    Column("raw_input_data", LargeBinary),
    UniqueConstraint("hash", "block_id"),
)
Index("ix_transaction_sender", transaction.c.sender, transaction.c.id)

message = Table(
    "message",
    metadata,
    _id(),
    _field("time_created", BigInteger),
    _field("msg_id", LargeBinary),
    _field("origin", BigInteger),
    _field("destination", BigInteger),
    _field("nonce", BigInteger),
    _field("sender", Party),
    _field("recipient", Party),
    Column("msg_body", LargeBinary),
    _field("origin_mailbox", LargeBinary),
    _transaction("origin_tx_id"),
    _field("log_index", BigInteger),
    _field("sent_at", BigInteger),
    Column("delivered_at", BigInteger),
    UniqueConstraint("origin_mailbox", "origin", "nonce"),
    UniqueConstraint("msg_id"),
)
"""Dispatches. Ours: `log_index`; `sent_at`, the time of the block; and `delivered_at`, that of the
delivery's block, null while none is stored."""

delivered_message = Table(
    "delivered_message",
    metadata,
    _id(),
    _field("time_created", BigInteger),
    _field("msg_id", LargeBinary),
    _field("domain", BigInteger),
    _field("destination_mailbox", LargeBinary),
    _transaction("destination_tx_id"),
    Column("sequence", BigInteger),
    _field("log_index", BigInteger),
    _field("delivered_at", BigInteger),
    UniqueConstraint("msg_id", "domain"),
)
"""Deliveries, also of messages from chains that are not scraped. One on another chain than the
message's destination, which a lying node made up, is ignored, and does not keep out the true one.
"""

gas_payment = Table(
    "gas_payment",
    metadata,
    _id(),
    _field("time_created", BigInteger),
    _field("domain", BigInteger),
    _field("msg_id", LargeBinary, index=True),
    _field("payment", Wei),
    _field("gas_amount", Wei),
    _transaction("tx_id"),
    _field("log_index", BigInteger),
    _field("origin", BigInteger),
    _field("destination", BigInteger),
    _field("interchain_gas_paymaster", LargeBinary),
    Column("sequence", BigInteger),
    UniqueConstraint("tx_id", "log_index"),
)

merkle_tree_insertion = Table(
    "merkle_tree_insertion",
    metadata,
    _id(),
    _field("time_created", BigInteger),
    _field("domain", BigInteger),
    _field("merkle_tree_hook", LargeBinary),
    _field("leaf_index", BigInteger),
    _field("message_id", LargeBinary, index=True),
    _field("block_number", BigInteger),
    _transaction("tx_id"),
    UniqueConstraint("domain", "merkle_tree_hook", "leaf_index"),
)

token = Table(
    "token",
    metadata,
    _id(),
    _field("time_created", BigInteger),
    _field("domain", BigInteger),
    _field("router", LargeBinary),
    Column("token", LargeBinary),
    Column("standard", String),
    Column("name", String),
    Column("symbol", String),
    Column("decimals", Integer),
    _field("counted", String),
    Column("scale_numerator", Wei),
    Column("scale_denominator", Wei),
    Column("route", String, index=True),
    Column("routers", JSON),
    Column("locked", Wei),
    Column("minted", Wei),
    _field("checked_at", BigInteger),
    UniqueConstraint("domain", "router"),
)
"""Routers of warp routes, as their contracts answered at `checked_at`. `standard` as in registries,
null if unknown; `token`: the contract that is moved, null for the chain's coin; scale: units in
messages for one unit here; `counted`: what amounts count, `token` (its smallest units), `nft`, or
`share` of a vault; `routers`: those that it is enrolled with, lists by domain, as words in hex;
`route`: the name in the registry if it is there; `locked`: what it keeps for the route; `minted`:
what can be redeemed for that, which is a synthetic token's supply, or what lenders deposited. Null
where the contract does not tell. Names and symbols are strangers' text."""

token_transfer = Table(
    "token_transfer",
    metadata,
    _id(),
    _field("time_created", BigInteger),
    _field("msg_id", LargeBinary, index=True),
    _field("domain", BigInteger),
    _field("router", LargeBinary),
    _field("direction", String),
    _field("remote", BigInteger),
    _field("recipient", LargeBinary),
    _field("amount", Wei),
    _transaction("tx_id"),
    _field("log_index", BigInteger),
    UniqueConstraint("tx_id", "log_index"),
)
"""`SentTransferRemote` (`direction` sent) and `ReceivedTransferRemote` (received) of the router
that sent or received the message, in the units that its event has."""
Index("ix_token_transfer_router", token_transfer.c.domain, token_transfer.c.router)
Index("ix_token_transfer_recipient", token_transfer.c.recipient, token_transfer.c.id)

validator_announcement = Table(
    "validator_announcement",
    metadata,
    _id(),
    _field("time_created", BigInteger),
    _field("domain", BigInteger),
    _field("validator", LargeBinary),
    _field("storage_location", String),
    _transaction("tx_id"),
    _field("log_index", BigInteger),
    UniqueConstraint("tx_id", "log_index"),
)
Index(
    "ix_validator_announcement_validator",
    validator_announcement.c.validator,
    validator_announcement.c.domain,
)

validator_checkpoint = Table(
    "validator_checkpoint",
    metadata,
    _id(),
    _field("domain", BigInteger),
    _field("validator", LargeBinary),
    _field("leaf_index", BigInteger),
    _field("seen_at", Float),
    UniqueConstraint("domain", "validator", "leaf_index"),
)
"""The newest leaf that a validator's storage claimed signed, whenever it was seen to change: the
first row whose index is not below a leaf tells when the leaf was seen signed."""

validator_status = Table(
    "validator_status",
    metadata,
    _field("domain", BigInteger, primary_key=True, autoincrement=False),
    _field("validator", LargeBinary, primary_key=True),
    Column("storage_location", String),
    Column("leaf_index", BigInteger),
    Column("problem", String),
    _field("checked_at", BigInteger),
)
"""The last look at a validator's storage; `problem` says why it could not be read."""

staking_event = Table(
    "staking_event",
    metadata,
    _id(),
    _field("time_created", BigInteger),
    _field("domain", BigInteger),
    _field("contract", LargeBinary),
    _field("kind", String),
    Column("operator", LargeBinary),
    Column("validator", LargeBinary),
    Column("amount", Wei),
    _field("fields", JSON),
    _transaction("tx_id"),
    _field("log_index", BigInteger),
    UniqueConstraint("tx_id", "log_index"),
)
"""Events of StakingManager and of those that slash, by their names in `kind`."""
Index("ix_staking_event_operator", staking_event.c.operator, staking_event.c.kind)
Index("ix_staking_event_validator", staking_event.c.validator)

redundancy = Table(
    "redundancy",
    metadata,
    _field("domain", BigInteger, primary_key=True, autoincrement=False),
    _field("recipient", LargeBinary, primary_key=True),
    _field("origin", BigInteger, primary_key=True, autoincrement=False),
    _field("module", JSON),
    Column("spare", BigInteger),
    Column("oldest_at", BigInteger),
    Column("problem", String),
    _field("checked_at", BigInteger),
)
"""Security module of a recipient for messages of an origin, with live signers; the recipient of the
Mailbox's default module is empty bytes, others are addresses. `module`: as `redundancy.py` beside
this says. `spare`: number of live signers that can fail, whichever they are, while messages are
still delivered; null where no signatures are wanted, or `problem` says why it is unknown.
`oldest_at`: when the signer that has been silent for longest was last seen to sign something new.
"""
Index("ix_redundancy_spare", redundancy.c.spare, redundancy.c.domain)

hourly_traffic = Table(
    "hourly_traffic",
    metadata,
    _field("hour", BigInteger, primary_key=True, autoincrement=False),
    _field("origin", BigInteger, primary_key=True, autoincrement=False),
    _field("destination", BigInteger, primary_key=True, autoincrement=False),
    _field("sent", BigInteger),
    _field("delivered", BigInteger),
    _field("payment", Wei),
    _field("delays", JSON),
)
"""Totals of messages sent in a past hour (its first second), summed when its blocks are final:
`delays` counts deliveries by seconds from dispatch, in the buckets of `statistics.py`."""

change = Table(
    "change",
    metadata,
    _id(),
    _field("time_created", BigInteger),
    _field("kind", String),
    _field("msg_id", LargeBinary, index=True),
    sqlite_autoincrement=True,
)
"""Everything that happened to messages, in the order in which it was stored, for followers: `kind`
is dispatched, inserted, paid, delivered, or the same with `un` before it for rows of dropped
blocks. Numbers only rise and are never given twice; there is one writer, so that a follower misses
none."""

for _columns in (
    (message.c.sent_at, message.c.id),
    (message.c.sender, message.c.sent_at, message.c.id),
    (message.c.recipient, message.c.sent_at, message.c.id),
    (message.c.origin, message.c.destination, message.c.sent_at, message.c.id),
    (message.c.origin, message.c.sent_at, message.c.id),
    (message.c.destination, message.c.sent_at, message.c.id),
):
    Index(None, *_columns)
Index(
    "ix_message_undelivered",
    message.c.sent_at,
    message.c.id,
    sqlite_where=message.c.delivered_at.is_(None),
    postgresql_where=message.c.delivered_at.is_(None),
)
"""Serve the lists of messages, newest first, by cursor (`sent_at`, `id`)."""
