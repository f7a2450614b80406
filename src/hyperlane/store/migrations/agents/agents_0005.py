"""Calls that interchain accounts are committed to."""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "agents_0005"
down_revision = "agents_0004"


def upgrade(op: Operations) -> None:
    """Migrate from `down_revision`."""
    op.create_table(
        "committed_calls",
        sa.Column("origin", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("commitment", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("router", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("calls", sa.LargeBinary(), nullable=False),
        sa.Column("readers", sa.LargeBinary(), nullable=True),
        sa.Column("posted_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("origin", "tx_hash", "commitment", "router", "owner"),
    )
    op.create_index("ix_committed_calls_posted_at", "committed_calls", ["posted_at"])
