"""The tables. Times are Unix seconds, hashes and ids raw bytes, domains uint32."""

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

SCHEMA_VERSION = 2

metadata = MetaData()

schema = Table("schema", metadata, Column("version", Integer, primary_key=True))

chains = Table(
    "chains",
    metadata,
    Column("domain", BigInteger, primary_key=True, autoincrement=False),
    Column("chain_id", BigInteger, nullable=False),
    Column("genesis_hash", LargeBinary, nullable=False),
    Column("mailbox", LargeBinary, nullable=False),
    Column("merkle_tree_hook", LargeBinary, nullable=False),
)
"""Which deployments the rest of the database is about."""

cursors = Table(
    "cursors",
    metadata,
    Column("domain", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String, primary_key=True),
    Column("next_block", BigInteger, nullable=False),
)
"""Logs of `kind` are stored for all blocks below `next_block`."""

messages = Table(
    "messages",
    metadata,
    Column("origin", BigInteger, primary_key=True, autoincrement=False),
    Column("nonce", BigInteger, primary_key=True, autoincrement=False),
    Column("id", LargeBinary, nullable=False, index=True),
    Column("raw", LargeBinary, nullable=False),
    Column("block_number", BigInteger, nullable=False),
    Column("tx_hash", LargeBinary, nullable=False),
)

insertions = Table(
    "insertions",
    metadata,
    Column("domain", BigInteger, primary_key=True, autoincrement=False),
    Column("leaf_index", BigInteger, primary_key=True, autoincrement=False),
    Column("message_id", LargeBinary, nullable=False),
    Column("block_number", BigInteger, nullable=False),
)
Index(
    "insertions_of_message",
    insertions.c.domain,
    insertions.c.message_id,
    insertions.c.leaf_index,
)
"""With the leaf index, or SQLite would look for a message's first leaf through all leaves."""

observed_trees = Table(
    "observed_trees",
    metadata,
    Column("domain", BigInteger, primary_key=True, autoincrement=False),
    Column("index", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("block_number", BigInteger, nullable=False),
)
"""The last final state of the tree that a validator found equal to its own."""

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("domain", BigInteger, primary_key=True, autoincrement=False),
    Column("merkle_tree_hook", LargeBinary, primary_key=True),
    Column("validator", LargeBinary, primary_key=True),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("message_id", LargeBinary, nullable=False),
    Column("published", Boolean, nullable=False),
)
"""What a validator may sign. A row is committed before anything is signed and never changes, so
that no other root or message can ever be signed for its index."""
Index("checkpoints_to_publish", checkpoints.c.index, sqlite_where=text("NOT published"))

reorgs = Table(
    "reorgs",
    metadata,
    Column("domain", BigInteger, primary_key=True, autoincrement=False),
    Column("merkle_tree_hook", LargeBinary, primary_key=True),
    Column("validator", LargeBinary, primary_key=True),
    Column("local_merkle_root", LargeBinary, nullable=False),
    Column("canonical_merkle_root", LargeBinary, nullable=False),
    Column("checkpoint_index", BigInteger, nullable=False),
    Column("unix_timestamp", BigInteger, nullable=False),
    Column("reorg_period", JSON, nullable=False),
)
"""Reorgs that stopped a validator and of which its storage does not know yet."""

operations = Table(
    "operations",
    metadata,
    Column("message_id", LargeBinary, primary_key=True),
    Column("origin", BigInteger, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("destination", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("lane", Integer, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("next_attempt", Float, nullable=False),
    Column("reason", String),
    Column("detail", String),
    Column("batch", String),
    Column("tx_hash", LargeBinary),
    Column("block_number", BigInteger),
    Column("gas_estimate", BigInteger, nullable=False),
    Column("gas_used", BigInteger, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
)
"""The delivery of each message, see `hyperlane.store.operations`."""
Index(
    "operations_due",
    operations.c.destination,
    operations.c.state,
    operations.c.lane,
    operations.c.next_attempt,
)
Index("operations_sent", operations.c.origin, operations.c.nonce)

gas_paid = Table(
    "gas_paid",
    metadata,
    Column("message_id", LargeBinary, primary_key=True),
    Column("destination", BigInteger, primary_key=True, autoincrement=False),
    Column("payments", Integer, nullable=False),
    Column("payment", String, nullable=False),
    Column("gas", String, nullable=False),
)
"""Sums of what was paid for a message's delivery: wei on the origin, gas on the destination, both
uint256 in decimal."""

transactions = Table(
    "transactions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("domain", BigInteger, nullable=False),
    Column("sender", LargeBinary, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("purpose", String, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("replaced_hashes", LargeBinary, nullable=False),
    Column("fields", JSON, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("sent_at", Float, nullable=False),
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

sightings = Table(
    "sightings",
    metadata,
    Column("domain", BigInteger, primary_key=True, autoincrement=False),
    Column("validator", LargeBinary, primary_key=True),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, primary_key=True),
    Column("root", LargeBinary, nullable=False),
    Column("message_id", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("location", String, nullable=False),
    Column("fault", String),
    Column("salt", LargeBinary),
    Column("told", Boolean, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("seen_at", Float, nullable=False),
)
"""Every signed checkpoint that a watchtower ever saw: evidence stays when storages change.
`fault` is what is wrong with it, `salt` hides the commitment to prove it,
`told` whether people were alerted, `settled` whether nothing is
left to do about it."""
Index("sightings_open", sightings.c.domain, sqlite_where=text("NOT settled"))

censorships = Table(
    "censorships",
    metadata,
    Column("domain", BigInteger, primary_key=True, autoincrement=False),
    Column("operator", LargeBinary, primary_key=True),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("stage", String, nullable=False),
    Column("bond", String, nullable=False),
)
"""Leaves that operators left out, see `hyperlane.store.censorships`. `bond` is in the smallest unit
of the stake token, in decimal."""
