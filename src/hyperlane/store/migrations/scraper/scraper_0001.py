"""The scraper's first tables and views."""

import sqlalchemy as sa
from alembic.operations import Operations

from hyperlane.store.migrations.message_view import (
    CREATE_RAW_MESSAGE_DISPATCH,
    create_message_view,
)

revision = "scraper_0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WEI = sa.Numeric(78, 0).with_variant(sa.String(78), "sqlite")


def upgrade(op: Operations) -> None:
    """Create tables and views."""
    _create_common_tables(op)
    _create_tables(op)
    op.execute(create_message_view(op.get_bind().dialect.name))
    op.execute(CREATE_RAW_MESSAGE_DISPATCH)


def _create_common_tables(op: Operations) -> None:
    """Create what every agent has in its database."""
    op.create_table(
        "deployments",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("mailbox", sa.LargeBinary(), nullable=False),
        sa.Column("merkle_tree_hook", sa.LargeBinary(), nullable=False),
        sa.Column("anchor_block", sa.BigInteger(), nullable=True),
        sa.Column("anchor_hash", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("domain", name="pk_deployments"),
    )
    op.create_table(
        "request_sizes",
        sa.Column("url_hash", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("blocks", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("url_hash", name="pk_request_sizes"),
    )


def _create_tables(op: Operations) -> None:
    op.create_table(
        "unread",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("domain", sa.BigInteger(), nullable=False),
        sa.Column("first_block", sa.BigInteger(), nullable=False),
        sa.Column("last_block", sa.BigInteger(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unread"),
    )
    op.create_index("ix_unread_domain", "unread", ["domain"], unique=False)
    op.create_table(
        "block",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_block"),
        sa.UniqueConstraint("domain", "height", name="uq_block_domain_height"),
    )
    op.create_index("ix_block_hash", "block", ["hash"], unique=False)
    op.create_table(
        "change",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("msg_id", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_change"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_change_msg_id", "change", ["msg_id"], unique=False)
    op.create_table(
        "cursor",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "event_type", name="pk_cursor"),
    )
    op.create_table(
        "domain",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("native_token", sa.String(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=True),
        sa.Column("is_test_net", sa.Boolean(), nullable=False),
        sa.Column("is_deprecated", sa.Boolean(), nullable=False),
        sa.Column("stake_symbol", sa.String(), nullable=True),
        sa.Column("stake_decimals", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_domain"),
    )
    op.create_table(
        "hourly_traffic",
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("destination", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("delivered", sa.BigInteger(), nullable=False),
        sa.Column("payment", WEI, nullable=False),
        sa.Column("delays", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "origin", "destination", name="pk_hourly_traffic"),
    )
    op.create_table(
        "redundancy",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("module", sa.JSON(), nullable=False),
        sa.Column("spare", sa.BigInteger(), nullable=True),
        sa.Column("oldest_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "recipient", "origin", name="pk_redundancy"),
    )
    op.create_index("ix_redundancy_spare", "redundancy", ["spare", "domain"], unique=False)
    op.create_table(
        "token",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.BigInteger(), nullable=False),
        sa.Column("router", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("standard", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("symbol", sa.String(), nullable=True),
        sa.Column("decimals", sa.Integer(), nullable=True),
        sa.Column("counted", sa.String(), nullable=False),
        sa.Column("scale_numerator", WEI, nullable=True),
        sa.Column("scale_denominator", WEI, nullable=True),
        sa.Column("route", sa.String(), nullable=True),
        sa.Column("routers", sa.JSON(), nullable=True),
        sa.Column("locked", WEI, nullable=True),
        sa.Column("minted", WEI, nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_token"),
        sa.UniqueConstraint("domain", "router", name="uq_token_domain_router"),
    )
    op.create_index("ix_token_route", "token", ["route"], unique=False)
    op.create_table(
        "validator_checkpoint",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("domain", sa.BigInteger(), nullable=False),
        sa.Column("validator", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_validator_checkpoint"),
        sa.UniqueConstraint(
            "domain",
            "validator",
            "leaf_index",
            name="uq_validator_checkpoint_domain_validator_leaf_index",
        ),
    )
    op.create_table(
        "validator_status",
        sa.Column("domain", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("validator", sa.LargeBinary(), nullable=False),
        sa.Column("storage_location", sa.String(), nullable=True),
        sa.Column("leaf_index", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "validator", name="pk_validator_status"),
    )
    op.create_table(
        "transaction",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("block_id", NUMBER, nullable=False),
        sa.Column("gas_limit", WEI, nullable=False),
        sa.Column("max_priority_fee_per_gas", WEI, nullable=True),
        sa.Column("max_fee_per_gas", WEI, nullable=True),
        sa.Column("gas_price", WEI, nullable=True),
        sa.Column("effective_gas_price", WEI, nullable=True),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=True),
        sa.Column("gas_used", WEI, nullable=False),
        sa.Column("cumulative_gas_used", WEI, nullable=False),
        sa.Column("raw_input_data", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["block_id"], ["block.id"], name="fk_transaction_block_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_transaction"),
        sa.UniqueConstraint("hash", "block_id", name="uq_transaction_hash_block_id"),
    )
    op.create_index("ix_transaction_block_id", "transaction", ["block_id"], unique=False)
    op.create_index("ix_transaction_sender", "transaction", ["sender", "id"], unique=False)
    op.create_table(
        "delivered_message",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("msg_id", sa.LargeBinary(), nullable=False),
        sa.Column("domain", sa.BigInteger(), nullable=False),
        sa.Column("destination_mailbox", sa.LargeBinary(), nullable=False),
        sa.Column("destination_tx_id", NUMBER, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_tx_id"],
            ["transaction.id"],
            name="fk_delivered_message_destination_tx_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delivered_message"),
        sa.UniqueConstraint("msg_id", "domain", name="uq_delivered_message_msg_id_domain"),
    )
    op.create_index(
        "ix_delivered_message_destination_tx_id",
        "delivered_message",
        ["destination_tx_id"],
        unique=False,
    )
    op.create_table(
        "gas_payment",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.BigInteger(), nullable=False),
        sa.Column("msg_id", sa.LargeBinary(), nullable=False),
        sa.Column("payment", WEI, nullable=False),
        sa.Column("gas_amount", WEI, nullable=False),
        sa.Column("tx_id", NUMBER, nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.BigInteger(), nullable=False),
        sa.Column("destination", sa.BigInteger(), nullable=False),
        sa.Column("interchain_gas_paymaster", sa.LargeBinary(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tx_id"], ["transaction.id"], name="fk_gas_payment_tx_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_gas_payment"),
        sa.UniqueConstraint("tx_id", "log_index", name="uq_gas_payment_tx_id_log_index"),
    )
    op.create_index("ix_gas_payment_msg_id", "gas_payment", ["msg_id"], unique=False)
    op.create_index("ix_gas_payment_tx_id", "gas_payment", ["tx_id"], unique=False)
    op.create_table(
        "merkle_tree_insertion",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.BigInteger(), nullable=False),
        sa.Column("merkle_tree_hook", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.LargeBinary(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("tx_id", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["tx_id"], ["transaction.id"], name="fk_merkle_tree_insertion_tx_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_merkle_tree_insertion"),
        sa.UniqueConstraint(
            "domain",
            "merkle_tree_hook",
            "leaf_index",
            name="uq_merkle_tree_insertion_domain_merkle_tree_hook_leaf_index",
        ),
    )
    op.create_index(
        "ix_merkle_tree_insertion_message_id", "merkle_tree_insertion", ["message_id"], unique=False
    )
    op.create_index(
        "ix_merkle_tree_insertion_tx_id", "merkle_tree_insertion", ["tx_id"], unique=False
    )
    op.create_table(
        "message",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("msg_id", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.BigInteger(), nullable=False),
        sa.Column("destination", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("msg_body", sa.LargeBinary(), nullable=True),
        sa.Column("origin_mailbox", sa.LargeBinary(), nullable=False),
        sa.Column("origin_tx_id", NUMBER, nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["origin_tx_id"], ["transaction.id"], name="fk_message_origin_tx_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("msg_id", name="uq_message_msg_id"),
        sa.UniqueConstraint(
            "origin_mailbox", "origin", "nonce", name="uq_message_origin_mailbox_origin_nonce"
        ),
    )
    op.create_index(
        "ix_message_destination_sent_at_id",
        "message",
        ["destination", "sent_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_message_origin_destination_sent_at_id",
        "message",
        ["origin", "destination", "sent_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_message_origin_sent_at_id", "message", ["origin", "sent_at", "id"], unique=False
    )
    op.create_index("ix_message_origin_tx_id", "message", ["origin_tx_id"], unique=False)
    op.create_index(
        "ix_message_recipient_sent_at_id", "message", ["recipient", "sent_at", "id"], unique=False
    )
    op.create_index(
        "ix_message_sender_sent_at_id", "message", ["sender", "sent_at", "id"], unique=False
    )
    op.create_index("ix_message_sent_at_id", "message", ["sent_at", "id"], unique=False)
    op.create_index(
        "ix_message_undelivered",
        "message",
        ["sent_at", "id"],
        unique=False,
        sqlite_where=sa.text("delivered_at IS NULL"),
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_table(
        "staking_event",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.BigInteger(), nullable=False),
        sa.Column("contract", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("operator", sa.LargeBinary(), nullable=True),
        sa.Column("validator", sa.LargeBinary(), nullable=True),
        sa.Column("amount", WEI, nullable=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("tx_id", NUMBER, nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tx_id"], ["transaction.id"], name="fk_staking_event_tx_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_staking_event"),
        sa.UniqueConstraint("tx_id", "log_index", name="uq_staking_event_tx_id_log_index"),
    )
    op.create_index(
        "ix_staking_event_operator", "staking_event", ["operator", "kind"], unique=False
    )
    op.create_index("ix_staking_event_validator", "staking_event", ["validator"], unique=False)
    op.create_index("ix_staking_event_tx_id", "staking_event", ["tx_id"], unique=False)
    op.create_table(
        "token_transfer",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("msg_id", sa.LargeBinary(), nullable=False),
        sa.Column("domain", sa.BigInteger(), nullable=False),
        sa.Column("router", sa.LargeBinary(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("remote", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("amount", WEI, nullable=False),
        sa.Column("tx_id", NUMBER, nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tx_id"], ["transaction.id"], name="fk_token_transfer_tx_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_token_transfer"),
        sa.UniqueConstraint("tx_id", "log_index", name="uq_token_transfer_tx_id_log_index"),
    )
    op.create_index("ix_token_transfer_msg_id", "token_transfer", ["msg_id"], unique=False)
    op.create_index(
        "ix_token_transfer_recipient", "token_transfer", ["recipient", "id"], unique=False
    )
    op.create_index(
        "ix_token_transfer_router", "token_transfer", ["domain", "router"], unique=False
    )
    op.create_index("ix_token_transfer_tx_id", "token_transfer", ["tx_id"], unique=False)
    op.create_table(
        "validator_announcement",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("time_created", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.BigInteger(), nullable=False),
        sa.Column("validator", sa.LargeBinary(), nullable=False),
        sa.Column("storage_location", sa.String(), nullable=False),
        sa.Column("tx_id", NUMBER, nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tx_id"],
            ["transaction.id"],
            name="fk_validator_announcement_tx_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_validator_announcement"),
        sa.UniqueConstraint("tx_id", "log_index", name="uq_validator_announcement_tx_id_log_index"),
    )
    op.create_index(
        "ix_validator_announcement_tx_id", "validator_announcement", ["tx_id"], unique=False
    )
    op.create_index(
        "ix_validator_announcement_validator",
        "validator_announcement",
        ["validator", "domain"],
        unique=False,
    )
