"""Rows as the columns of their tables, in values that drivers take unconverted."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import Table

from hyperlane.store.scraper import tables
from hyperlane.store.scraper.rows import Block, Transaction

Values: TypeAlias = Mapping[str, Any]


@dataclass(slots=True)
class Columns:
    """Makes the columns of rows of one chain."""

    domain: int
    final: int
    """Blocks up to this height are final."""
    now: int
    sqlite: bool
    transaction_ids: dict[tuple[int, bytes], int] = field(default_factory=dict)
    """Numbers of the stored transactions, by height and hash."""

    def tables(
        self,
    ) -> Sequence[tuple[Table, Callable[[Block, Transaction], Iterator[Values]]]]:
        """The tables of what happens in transactions. Deliveries come first, so that messages of
        the same blocks find theirs."""
        return (
            (tables.delivered_message, self._deliveries),
            (tables.message, self._dispatches),
            (tables.merkle_tree_insertion, self._insertions),
            (tables.gas_payment, self._payments),
            (tables.token_transfer, self._transfers),
            (tables.validator_announcement, self._announcements),
            (tables.staking_event, self._staking),
        )

    def _wei(self, value: int | None) -> Any:
        """A number as the driver takes it: see `tables.Wei`."""
        return str(value) if self.sqlite and value is not None else value

    def block(self, block: Block) -> Values:
        """A block's."""
        return {
            "time_created": self.now,
            "domain": self.domain,
            "hash": block.hash,
            "height": block.height,
            "timestamp": block.timestamp,
            "final": block.height <= self.final,
        }

    def transaction(self, item: Transaction, block_id: int) -> Values:
        """A transaction's."""
        return {
            "time_created": self.now,
            "hash": item.hash,
            "block_id": block_id,
            "gas_limit": self._wei(item.gas_limit),
            "max_priority_fee_per_gas": self._wei(item.max_priority_fee_per_gas),
            "max_fee_per_gas": self._wei(item.max_fee_per_gas),
            "gas_price": self._wei(item.gas_price),
            "effective_gas_price": self._wei(item.effective_gas_price),
            "nonce": item.nonce,
            "sender": item.sender,
            "recipient": item.recipient,
            "gas_used": self._wei(item.gas_used),
            "cumulative_gas_used": self._wei(item.cumulative_gas_used),
            "raw_input_data": item.input,
        }

    def _tx(self, block: Block, transaction: Transaction) -> int:
        return self.transaction_ids[block.height, transaction.hash]

    def _dispatches(self, block: Block, transaction: Transaction) -> Iterator[Values]:
        for item in transaction.dispatches:
            yield {
                "time_created": self.now,
                "msg_id": item.message.id,
                "origin": self.domain,
                "destination": item.message.destination,
                "nonce": item.message.nonce,
                "sender": tables.stored_address(item.message.sender),
                "recipient": tables.stored_address(item.message.recipient),
                "msg_body": item.message.body,
                "origin_mailbox": item.mailbox,
                "origin_tx_id": self._tx(block, transaction),
                "log_index": item.log_index,
                "sent_at": block.timestamp,
            }

    def _deliveries(self, block: Block, transaction: Transaction) -> Iterator[Values]:
        for item in transaction.deliveries:
            yield {
                "time_created": self.now,
                "msg_id": item.message_id,
                "domain": self.domain,
                "destination_mailbox": item.mailbox,
                "destination_tx_id": self._tx(block, transaction),
                "log_index": item.log_index,
                "delivered_at": block.timestamp,
            }

    def _insertions(self, block: Block, transaction: Transaction) -> Iterator[Values]:
        for item in transaction.insertions:
            yield {
                "time_created": self.now,
                "domain": self.domain,
                "merkle_tree_hook": item.hook,
                "leaf_index": item.leaf_index,
                "message_id": item.message_id,
                "block_number": block.height,
                "tx_id": self._tx(block, transaction),
            }

    def _payments(self, block: Block, transaction: Transaction) -> Iterator[Values]:
        for item in transaction.payments:
            yield {
                "time_created": self.now,
                "domain": self.domain,
                "msg_id": item.message_id,
                "payment": self._wei(item.payment),
                "gas_amount": self._wei(item.gas_amount),
                "tx_id": self._tx(block, transaction),
                "log_index": item.log_index,
                "origin": self.domain,
                "destination": item.destination,
                "interchain_gas_paymaster": item.paymaster,
            }

    def _transfers(self, block: Block, transaction: Transaction) -> Iterator[Values]:
        for item in transaction.transfers:
            yield {
                "time_created": self.now,
                "msg_id": item.message_id,
                "domain": self.domain,
                "router": item.router,
                "direction": item.direction.value,
                "remote": item.remote,
                "recipient": item.recipient,
                "amount": self._wei(item.amount),
                "tx_id": self._tx(block, transaction),
                "log_index": item.log_index,
            }

    def _announcements(self, block: Block, transaction: Transaction) -> Iterator[Values]:
        for item in transaction.announcements:
            yield {
                "time_created": self.now,
                "domain": self.domain,
                "validator": item.validator,
                "storage_location": _text(item.location),
                "tx_id": self._tx(block, transaction),
                "log_index": item.log_index,
            }

    def _staking(self, block: Block, transaction: Transaction) -> Iterator[Values]:
        for item in transaction.staking:
            yield {
                "time_created": self.now,
                "domain": self.domain,
                "contract": item.contract,
                "kind": item.kind,
                "operator": item.operator,
                "validator": item.validator,
                "amount": self._wei(item.amount),
                "fields": json.dumps(dict(item.fields)),
                "tx_id": self._tx(block, transaction),
                "log_index": item.log_index,
            }


def _text(value: str) -> str:
    """Text that every database takes: PostgreSQL has no zero character."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
