"""Indexes in the order that rows are asked for."""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "agents_0003"
down_revision = "agents_0002"


def upgrade(op: Operations) -> None:
    """Migrate from `down_revision`."""
    with op.batch_alter_table("checkpoints", schema=None) as batch_op:
        batch_op.drop_index(
            batch_op.f("checkpoints_to_publish"), sqlite_where=sa.text("NOT published")
        )
        batch_op.create_index(
            "checkpoints_to_publish",
            ["domain", "merkle_tree_hook", "validator", "index"],
            unique=False,
            sqlite_where=sa.text("NOT published"),
            postgresql_where=sa.text("NOT published"),
        )

    with op.batch_alter_table("operations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("operations_due"))
        batch_op.create_index(
            "operations_due",
            ["destination", "state", "lane", "next_attempt", "origin", "nonce"],
            unique=False,
        )
        batch_op.create_index(
            "operations_delivered",
            ["destination", "updated_at"],
            unique=False,
            sqlite_where=sa.text("state = 'delivered'"),
            postgresql_where=sa.text("state = 'delivered'"),
        )
        batch_op.create_index(
            "operations_unconfirmed",
            ["destination", "batch", "origin", "nonce"],
            unique=False,
            sqlite_where=sa.text("state IN ('submitted', 'included')"),
            postgresql_where=sa.text("state IN ('submitted', 'included')"),
        )
