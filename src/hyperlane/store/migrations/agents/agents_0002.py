"""Watched deliveries."""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "agents_0002"
down_revision = "agents_0001"


def upgrade(op: Operations) -> None:
    """Migrate from `down_revision`."""
    op.create_table(
        "delivery_stops",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("stop", sa.String(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "message_id", "stop"),
    )
    op.create_table(
        "dispatched_ids",
        sa.Column("origin", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "nonce"),
    )
    with op.batch_alter_table("dispatched_ids", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispatched_ids_id"), ["id"], unique=False)

    op.create_table(
        "tip_dispatches",
        sa.Column("origin", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "id"),
    )
    op.create_table(
        "watched_deliveries",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("block_time", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.Column("judged_at", sa.Float(), nullable=False),
        sa.Column("judging", sa.Boolean(), nullable=False),
        sa.Column("stopping", sa.Boolean(), nullable=False),
        sa.Column("convicting", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "message_id"),
    )
    with op.batch_alter_table("watched_deliveries", schema=None) as batch_op:
        batch_op.create_index(
            "watched_deliveries_convicting",
            ["domain"],
            unique=False,
            sqlite_where=sa.text("convicting"),
            postgresql_where=sa.text("convicting"),
        )
        batch_op.create_index(
            "watched_deliveries_judging",
            ["domain"],
            unique=False,
            sqlite_where=sa.text("judging"),
            postgresql_where=sa.text("judging"),
        )
        batch_op.create_index(
            "watched_deliveries_stopping",
            ["domain"],
            unique=False,
            sqlite_where=sa.text("stopping"),
            postgresql_where=sa.text("stopping"),
        )
