"""Roots of the complete parts of trees."""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "agents_0004"
down_revision = "agents_0003"


def upgrade(op: Operations) -> None:
    """Migrate from `down_revision`."""
    op.create_table(
        "subtrees",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "part"),
    )
