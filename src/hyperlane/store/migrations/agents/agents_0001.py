"""The tables of version 3; a database of version 2 or 3 gets what it lacks of them.

Versions were no revisions of Alembic: tables and indexes that came were created at the next start.
"""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "agents_0001"
down_revision = None


def upgrade(op: Operations) -> None:
    """Create what is missing, and take over what stood elsewhere."""
    _create_tables(op)
    _bring_version_2_up_to_date(op)
    # Programs from before Alembic look here, and refuse what they do not know.
    op.execute("DELETE FROM schema")
    op.execute("INSERT INTO schema (version) VALUES (4)")


def _bring_version_2_up_to_date(op: Operations) -> None:
    names = sa.inspect(op.get_bind())
    if names.has_table("chains"):
        # They were bound to the hash of block 0, which not every node has.
        op.execute(
            "INSERT INTO deployments (domain, chain_id, mailbox, merkle_tree_hook)"
            " SELECT domain, chain_id, mailbox, merkle_tree_hook FROM chains"
        )
        op.drop_table("chains")
    if "salt" not in {column["name"] for column in names.get_columns("sightings")}:
        op.add_column("sightings", sa.Column("salt", sa.LargeBinary()))
    op.drop_index("ix_insertions_message_id", "insertions", if_exists=True)


def _create_tables(op: Operations) -> None:
    op.create_table(
        "canaries",
        sa.Column("origin", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("destination", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.Float(), nullable=False),
        sa.Column("cost", sa.String(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.Column("leaf_index", sa.BigInteger(), nullable=True),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("dispatched_at", sa.Float(), nullable=True),
        sa.Column("signed_at", sa.Float(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.Column("late_at", sa.Float(), nullable=True),
        sa.Column("late_stage", sa.String(), nullable=True),
        sa.Column("late_detail", sa.String(), nullable=True),
        sa.Column("alerts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "sequence"),
        if_not_exists=True,
    )
    op.create_index(
        "canaries_in_flight",
        "canaries",
        ["destination"],
        unique=False,
        sqlite_where=sa.text("outcome IS NULL"),
        if_not_exists=True,
    )
    op.create_index(
        "canaries_of_day", "canaries", ["origin", "sent_at"], unique=False, if_not_exists=True
    )
    op.create_table(
        "censorships",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operator", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("bond", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "operator", "index"),
        if_not_exists=True,
    )
    op.create_table(
        "checkpoints",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merkle_tree_hook", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("validator", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.LargeBinary(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "merkle_tree_hook", "validator", "index"),
        if_not_exists=True,
    )
    op.create_index(
        "checkpoints_to_publish",
        "checkpoints",
        ["index"],
        unique=False,
        sqlite_where=sa.text("NOT published"),
        if_not_exists=True,
    )
    op.create_table(
        "cursors",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), autoincrement=False, nullable=False),
        sa.Column("next_block", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "kind"),
        if_not_exists=True,
    )
    op.create_table(
        "delivery_costs",
        sa.Column("message_id", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("wei", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("message_id"),
        if_not_exists=True,
    )
    op.create_table(
        "deployments",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("mailbox", sa.LargeBinary(), nullable=False),
        sa.Column("merkle_tree_hook", sa.LargeBinary(), nullable=False),
        sa.Column("anchor_block", sa.BigInteger(), nullable=True),
        sa.Column("anchor_hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("domain"),
        if_not_exists=True,
    )
    op.create_table(
        "gas_paid",
        sa.Column("message_id", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("destination", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("payments", sa.Integer(), nullable=False),
        sa.Column("payment", sa.String(), nullable=False),
        sa.Column("gas", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "destination"),
        if_not_exists=True,
    )
    op.create_table(
        "insertions",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.LargeBinary(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "leaf_index"),
        if_not_exists=True,
    )
    op.create_index(
        "insertions_of_message",
        "insertions",
        ["domain", "message_id", "leaf_index"],
        unique=False,
        if_not_exists=True,
    )
    op.create_table(
        "messages",
        sa.Column("origin", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "nonce"),
        if_not_exists=True,
    )
    op.create_index("ix_messages_id", "messages", ["id"], unique=False, if_not_exists=True)
    op.create_table(
        "observed_trees",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain"),
        if_not_exists=True,
    )
    op.create_table(
        "operations",
        sa.Column("message_id", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("destination", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("next_attempt", sa.Float(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("batch", sa.String(), nullable=True),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=True),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("gas_estimate", sa.BigInteger(), nullable=False),
        sa.Column("gas_used", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("message_id"),
        if_not_exists=True,
    )
    op.create_index(
        "operations_due",
        "operations",
        ["destination", "state", "lane", "next_attempt"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index(
        "operations_sent", "operations", ["origin", "nonce"], unique=False, if_not_exists=True
    )
    op.create_table(
        "operator_keys",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("manager", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("key", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("operator", sa.LargeBinary(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "manager", "key"),
        if_not_exists=True,
    )
    op.create_table(
        "other_trees",
        sa.Column("digest", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("merkle_tree_hook", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        if_not_exists=True,
    )
    op.create_table(
        "reorgs",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("merkle_tree_hook", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("validator", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("local_merkle_root", sa.LargeBinary(), nullable=False),
        sa.Column("canonical_merkle_root", sa.LargeBinary(), nullable=False),
        sa.Column("checkpoint_index", sa.BigInteger(), nullable=False),
        sa.Column("unix_timestamp", sa.BigInteger(), nullable=False),
        sa.Column("reorg_period", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "merkle_tree_hook", "validator"),
        if_not_exists=True,
    )
    op.create_table(
        "request_sizes",
        sa.Column("url_hash", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("blocks", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("url_hash"),
        if_not_exists=True,
    )
    op.create_table(
        "schema",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
        if_not_exists=True,
    )
    op.create_table(
        "sightings",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("validator", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("message_id", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "validator", "index", "digest"),
        if_not_exists=True,
    )
    op.create_index(
        "sightings_open",
        "sightings",
        ["domain"],
        unique=False,
        sqlite_where=sa.text("NOT settled"),
        if_not_exists=True,
    )
    op.create_table(
        "transactions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("domain", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("replaced_hashes", sa.LargeBinary(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        "transactions_one_per_nonce",
        "transactions",
        ["domain", "sender", "nonce"],
        unique=True,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
        if_not_exists=True,
    )
    op.create_index(
        "transactions_one_per_purpose",
        "transactions",
        ["domain", "purpose"],
        unique=True,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
        if_not_exists=True,
    )
