"""Views of the scraper's database: `message_view`, a row per message with all that is known of it,
and `raw_message_dispatch`, a row per message with where it was dispatched.

Names of views and columns are those of the reference's scraper. There `raw_message_dispatch` is a
table of messages that are not final, and not in `message` yet; here `message` has these, too.
Migrations use it, so a change of a view is another function and a migration that calls it.
"""

_OF_TRANSACTION = (
    "hash",
    "sender",
    "recipient",
    "nonce",
    "gas_limit",
    "gas_price",
    "max_fee_per_gas",
    "max_priority_fee_per_gas",
    "effective_gas_price",
    "gas_used",
    "cumulative_gas_used",
)
_DIGITS, _PARTS = 12, 7
"""Decimal digits of a part, and parts of a uint256. Millions of parts add up in 64 bits."""


def create_message_view(dialect: str) -> str:
    """The statement that creates the view in a dialect of SQL."""
    columns = [
        "sent.id AS id",
        "sent.msg_id AS msg_id",
        "sent.nonce AS nonce",
        "sent.sender AS sender",
        "sent.recipient AS recipient",
        "sent.msg_body AS message_body",
        "sent.origin AS origin_domain_id",
        "sent.destination AS destination_domain_id",
        "sent.origin_mailbox AS origin_mailbox",
        "received.destination_mailbox AS destination_mailbox",
        "received.id IS NOT NULL AS is_delivered",
        "sent.time_created AS send_scraped_at",
        "received.time_created AS delivery_scraped_at",
        "origin_block.timestamp AS send_occurred_at",
        "destination_block.timestamp AS delivery_occurred_at",
        "destination_block.timestamp - origin_block.timestamp AS delivery_latency",
        f"{_of_payments('count(*)')} AS num_payments",
        f"{_total('payment', dialect)} AS total_payment",
        f"{_total('gas_amount', dialect)} AS total_gas_amount",
    ]
    joins = [
        "LEFT JOIN delivered_message AS received ON received.msg_id = sent.msg_id"
        " AND received.domain = sent.destination"
    ]
    for end, domain, tx in (
        ("origin", "sent.origin", "sent.origin_tx_id"),
        ("destination", "sent.destination", "received.destination_tx_id"),
    ):
        columns += [
            f"{end}_chain.name AS {end}_domain",
            f"{end}_chain.chain_id AS {end}_chain_id",
            f"{tx} AS {end}_tx_id",
            *(f"{end}_tx.{name} AS {end}_tx_{name}" for name in _OF_TRANSACTION),
            f"{end}_block.id AS {end}_block_id",
            f"{end}_block.hash AS {end}_block_hash",
            f"{end}_block.height AS {end}_block_height",
        ]
        joins += [
            f"LEFT JOIN domain AS {end}_chain ON {end}_chain.id = {domain}",
            f'LEFT JOIN "transaction" AS {end}_tx ON {end}_tx.id = {tx}',
            f"LEFT JOIN block AS {end}_block ON {end}_block.id = {end}_tx.block_id",
        ]
    return (
        f"CREATE VIEW message_view AS SELECT {', '.join(columns)}"  # noqa: S608
        f" FROM message AS sent {' '.join(joins)}"
    )


CREATE_RAW_MESSAGE_DISPATCH = (
    "CREATE VIEW raw_message_dispatch AS SELECT sent.id AS id, sent.time_created AS time_created,"
    " sent.msg_id AS msg_id, tx.hash AS origin_tx_hash, block.hash AS origin_block_hash,"
    " block.height AS origin_block_height, sent.nonce AS nonce, sent.origin AS origin_domain,"
    " sent.destination AS destination_domain, sent.sender AS sender, sent.recipient AS recipient,"
    " sent.origin_mailbox AS origin_mailbox, sent.msg_body AS msg_body FROM message AS sent"
    ' JOIN "transaction" AS tx ON tx.id = sent.origin_tx_id JOIN block ON block.id = tx.block_id'
)


def _total(column: str, dialect: str) -> str:
    """The sum of a column of the message's payments; of decimal text in SQLite, and exact there.

    Each number is cut into parts that are added on their own, then carried over to the next part.
    """
    if dialect != "sqlite":
        return f"coalesce({_of_payments(f'sum({column})')}, 0)"
    padded = f"'{'0' * _DIGITS * _PARTS}' || {column}"
    cuts = (f"substr({padded}, -{_DIGITS * (part + 1)}, {_DIGITS})" for part in range(_PARTS))
    sums = _of_payments(
        *(f"sum(CAST({cut} AS INTEGER)) AS part{part}" for part, cut in enumerate(cuts))
    )
    parts = ["part0"]
    for part in range(1, _PARTS):
        parts.append(f"(part{part} + {parts[-1]} / {10**_DIGITS})")
    digits = ", ".join([parts[-1], *(f"{value} % {10**_DIGITS}" for value in parts[-2::-1])])
    text = f"printf('%d{f'%0{_DIGITS}d' * (_PARTS - 1)}', {digits})"
    return f"(SELECT coalesce(nullif(ltrim({text}, '0'), ''), '0') FROM {sums})"  # noqa: S608


def _of_payments(*columns: str) -> str:
    return (
        f"(SELECT {', '.join(columns)} FROM gas_payment"  # noqa: S608
        " WHERE gas_payment.msg_id = sent.msg_id AND gas_payment.domain = sent.origin)"
    )
