"""The tables. Times are Unix seconds, hashes and ids raw bytes, domains uint32.

Whoever changes one writes a migration: docs/architecture.md, To change a table.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    text,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData()


def _key(name: str, kind: type[TypeEngine[Any]]) -> Column[Any]:
    """Column of a primary key, without auto-increment."""
    return Column(name, kind, primary_key=True, autoincrement=False)


def _field(name: str, kind: type[TypeEngine[Any]], **options: Any) -> Column[Any]:
    """Column that is never null."""
    return Column(name, kind, nullable=False, **options)


schema = Table("schema", metadata, Column("version", Integer, primary_key=True))
"""Version of databases from before Alembic, which has a table of its own. It is 4 in all others,
which the programs of then refuse."""

deployments = Table(
    "deployments",
    metadata,
    _key("domain", BigInteger),
    _field("chain_id", BigInteger),
    _field("mailbox", LargeBinary),
    _field("merkle_tree_hook", LargeBinary),
    Column("anchor_block", BigInteger),
    Column("anchor_hash", LargeBinary),
)
"""Deployments that the database is bound to. The anchor is the block of the Mailbox's deployment:
it tells a chain from another one that was started anew. Null until a node had the block."""

cursors = Table(
    "cursors",
    metadata,
    _key("domain", BigInteger),
    _key("kind", String),
    _field("next_block", BigInteger),
)
"""Logs of `kind` are stored for all blocks below `next_block`."""

messages = Table(
    "messages",
    metadata,
    _key("origin", BigInteger),
    _key("nonce", BigInteger),
    _field("id", LargeBinary, index=True),
    _field("raw", LargeBinary),
    _field("block_number", BigInteger),
    _field("tx_hash", LargeBinary),
)

insertions = Table(
    "insertions",
    metadata,
    _key("domain", BigInteger),
    _key("leaf_index", BigInteger),
    _field("message_id", LargeBinary),
    _field("block_number", BigInteger),
)
Index(
    "insertions_of_message",
    insertions.c.domain,
    insertions.c.message_id,
    insertions.c.leaf_index,
)
"""With the leaf index, or SQLite would look for a message's first leaf through all leaves."""

subtrees = Table(
    "subtrees",
    metadata,
    _key("domain", BigInteger),
    _key("part", BigInteger),
    _field("root", LargeBinary),
)
"""Roots of the complete parts of a tree, see `hyperlane.store.subtrees`."""

observed_trees = Table(
    "observed_trees",
    metadata,
    _key("domain", BigInteger),
    _field("index", BigInteger),
    _field("root", LargeBinary),
    _field("block_number", BigInteger),
)
"""The last final state of the tree that a validator found equal to its own."""

checkpoints = Table(
    "checkpoints",
    metadata,
    _key("domain", BigInteger),
    _key("merkle_tree_hook", LargeBinary),
    _key("validator", LargeBinary),
    _key("index", BigInteger),
    _field("root", LargeBinary),
    _field("message_id", LargeBinary),
    _field("published", Boolean),
)
"""Checkpoints that a validator may sign. A row is committed before the signature and never changes,
so that no other root or message can ever be signed for its index."""
_UNPUBLISHED = text("NOT published")
Index(
    "checkpoints_to_publish",
    checkpoints.c.domain,
    checkpoints.c.merkle_tree_hook,
    checkpoints.c.validator,
    checkpoints.c.index,
    sqlite_where=_UNPUBLISHED,
    postgresql_where=_UNPUBLISHED,
)

reorgs = Table(
    "reorgs",
    metadata,
    _key("domain", BigInteger),
    _key("merkle_tree_hook", LargeBinary),
    _key("validator", LargeBinary),
    _field("local_merkle_root", LargeBinary),
    _field("canonical_merkle_root", LargeBinary),
    _field("checkpoint_index", BigInteger),
    _field("unix_timestamp", BigInteger),
    _field("reorg_period", JSON),
)
"""Reorgs that stopped a validator and are not flagged in its storage yet."""

operations = Table(
    "operations",
    metadata,
    _key("message_id", LargeBinary),
    _field("origin", BigInteger),
    _field("nonce", BigInteger),
    _field("destination", BigInteger),
    _field("state", String),
    _field("lane", Integer),
    _field("retries", Integer),
    _field("next_attempt", Float),
    Column("reason", String),
    Column("detail", String),
    Column("batch", String),
    Column("tx_hash", LargeBinary),
    Column("block_number", BigInteger),
    _field("gas_estimate", BigInteger),
    _field("gas_used", BigInteger),
    _field("created_at", Float),
    _field("updated_at", Float),
)
"""The delivery of each message, see `hyperlane.store.operations`."""
Index(
    "operations_due",
    operations.c.destination,
    operations.c.state,
    operations.c.lane,
    operations.c.next_attempt,
    operations.c.origin,
    operations.c.nonce,
)
"""In the order that deliveries of a lane are taken in, or each look would sort all that wait."""
Index("operations_sent", operations.c.origin, operations.c.nonce)
_UNCONFIRMED = text("state IN ('submitted', 'included')")
Index(
    "operations_unconfirmed",
    operations.c.destination,
    operations.c.batch,
    operations.c.origin,
    operations.c.nonce,
    sqlite_where=_UNCONFIRMED,
    postgresql_where=_UNCONFIRMED,
)
_DELIVERED = text("state = 'delivered'")
Index(
    "operations_delivered",
    operations.c.destination,
    operations.c.updated_at,
    sqlite_where=_DELIVERED,
    postgresql_where=_DELIVERED,
)

delivery_costs = Table(
    "delivery_costs",
    metadata,
    _key("message_id", LargeBinary),
    _field("failures", Integer),
    _field("wei", String),
)
"""Cost of final transactions per message, wei in decimal, and number of those that did not deliver
it. Messages without such transactions have no row."""

gas_paid = Table(
    "gas_paid",
    metadata,
    _key("message_id", LargeBinary),
    _key("destination", BigInteger),
    _field("payments", Integer),
    _field("payment", String),
    _field("gas", String),
)
"""Sums of the gas payments for a message: wei on the origin, gas on the destination, both uint256
in decimal."""

transactions = Table(
    "transactions",
    metadata,
    Column("id", Integer, primary_key=True),
    _field("domain", BigInteger),
    _field("sender", LargeBinary),
    _field("nonce", BigInteger),
    _field("purpose", String),
    _field("live", Boolean),
    _field("hash", LargeBinary),
    _field("replaced_hashes", LargeBinary),
    _field("fields", JSON),
    _field("raw", LargeBinary),
    _field("sent_at", Float),
)
"""Signed transactions, stored before they are sent. `replaced_hashes` are earlier versions with
the same nonce, 32 bytes each; whichever is included counts. `fields` is what was signed."""
_LIVE = text("live")
Index(
    "transactions_one_per_purpose",
    transactions.c.domain,
    transactions.c.purpose,
    unique=True,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)
Index(
    "transactions_one_per_nonce",
    transactions.c.domain,
    transactions.c.sender,
    transactions.c.nonce,
    unique=True,
    sqlite_where=_LIVE,
    postgresql_where=_LIVE,
)

other_trees = Table(
    "other_trees",
    metadata,
    _key("digest", LargeBinary),
    _field("merkle_tree_hook", LargeBinary),
)
"""Merkle tree hooks in sightings of another tree than the chain's, by the sighting's digest."""

sightings = Table(
    "sightings",
    metadata,
    _key("domain", BigInteger),
    _key("validator", LargeBinary),
    _key("index", BigInteger),
    _key("digest", LargeBinary),
    _field("root", LargeBinary),
    _field("message_id", LargeBinary),
    _field("signature", LargeBinary),
    _field("location", String),
    Column("fault", String),
    Column("salt", LargeBinary),
    _field("told", Boolean),
    _field("settled", Boolean),
    _field("seen_at", Float),
)
"""Every signed checkpoint that a watchtower ever saw: evidence stays when storages change.
`fault` is what is wrong with it, `salt` hides the commitment to prove it,
`told` whether people were alerted, `settled` whether nothing is
left to do about it."""
Index("sightings_open", sightings.c.domain, sqlite_where=text("NOT settled"))

dispatched_ids = Table(
    "dispatched_ids",
    metadata,
    _key("origin", BigInteger),
    _key("nonce", BigInteger),
    _field("id", LargeBinary, index=True),
    _field("block_number", BigInteger),
    _field("block_hash", LargeBinary),
)
"""Messages that a watched origin sent in final blocks, to judge deliveries by."""

tip_dispatches = Table(
    "tip_dispatches",
    metadata,
    _key("origin", BigInteger),
    _key("id", LargeBinary),
    _field("nonce", BigInteger),
    _field("block_number", BigInteger),
    _field("block_hash", LargeBinary),
)
"""Messages that were seen in a block of their origin that was not final. Those that the chain drops
stay, as proof that they were no forgeries."""

watched_deliveries = Table(
    "watched_deliveries",
    metadata,
    _key("domain", BigInteger),
    _key("message_id", LargeBinary),
    _field("origin", BigInteger),
    _field("recipient", LargeBinary),
    _field("block_number", BigInteger),
    _field("block_hash", LargeBinary),
    _field("block_time", BigInteger),
    _field("tx_hash", LargeBinary),
    _field("verdict", String),
    _field("evidence", JSON),
    _field("seen_at", Float),
    _field("judged_at", Float),
    _field("judging", Boolean),
    _field("stopping", Boolean),
    _field("convicting", Boolean),
)
"""Deliveries on a watched destination, see `hyperlane.store.deliveries`. The last three columns say
what is left to do about one."""
for _column in ("judging", "stopping", "convicting"):
    Index(
        f"watched_deliveries_{_column}",
        watched_deliveries.c.domain,
        sqlite_where=text(_column),
        postgresql_where=text(_column),
    )

delivery_stops = Table(
    "delivery_stops",
    metadata,
    _key("domain", BigInteger),
    _key("message_id", LargeBinary),
    _key("stop", String),
    _field("outcome", String),
    _field("detail", String),
    _field("since", BigInteger),
)
"""Stops that were tried for a forged delivery, and what came of each."""

operator_keys = Table(
    "operator_keys",
    metadata,
    _key("domain", BigInteger),
    _key("manager", LargeBinary),
    _key("key", LargeBinary),
    _field("operator", LargeBinary),
    _field("block_number", BigInteger),
    _field("log_index", BigInteger),
)
"""Keys that operators signed with, and the position of the manager's log about each."""

censorships = Table(
    "censorships",
    metadata,
    _key("domain", BigInteger),
    _key("operator", LargeBinary),
    _key("index", BigInteger),
    _field("stage", String),
    _field("bond", String),
)
"""Leaves that operators left out, see `hyperlane.store.censorships`. `bond` is in the smallest unit
of the stake token, in decimal."""

canaries = Table(
    "canaries",
    metadata,
    _key("origin", BigInteger),
    _key("sequence", BigInteger),
    _field("destination", BigInteger),
    _field("sent_at", Float),
    _field("cost", String),
    _field("settled", Boolean),
    Column("message", LargeBinary),
    Column("leaf_index", BigInteger),
    Column("tx_hash", LargeBinary),
    Column("block_number", BigInteger),
    Column("dispatched_at", Float),
    Column("signed_at", Float),
    Column("outcome", String),
    Column("ended_at", Float),
    Column("late_at", Float),
    Column("late_stage", String),
    Column("late_detail", String),
    _field("alerts", Integer),
)
"""Canaries of kathy, see `hyperlane.store.canaries`. `cost` is in wei of the origin, in decimal."""
Index("canaries_in_flight", canaries.c.destination, sqlite_where=text("outcome IS NULL"))
Index("canaries_of_day", canaries.c.origin, canaries.c.sent_at)

committed_calls = Table(
    "committed_calls",
    metadata,
    _key("origin", BigInteger),
    _key("tx_hash", LargeBinary),
    _key("commitment", LargeBinary),
    _key("router", LargeBinary),
    _key("owner", LargeBinary),
    _field("salt", LargeBinary),
    _field("calls", LargeBinary),
    Column("readers", LargeBinary),
    _field("posted_at", Float, index=True),
)
"""Calls that interchain accounts are committed to, see `hyperlane.store.committed_calls`. `router`
and `owner` are words; `readers` are addresses, 20 bytes each."""

request_sizes = Table(
    "request_sizes",
    metadata,
    _key("url_hash", LargeBinary),
    _field("calls", Integer),
    _field("blocks", BigInteger),
)
"""Request sizes that RPCs take: calls of a batch, blocks of a log query. URLs may have API keys in
them, so only their hash is stored, see `hyperlane.store.sizes`."""
