"""Migrations of the database's schema, forward only.

`tables` is the schema of today; tables that are merely new are created by `create_all`. A change
runs in the transaction that raises the version, so a killed program leaves either schema whole.
"""

from collections.abc import Mapping, Sequence

from hyperlane.store import tables

STATEMENTS: Mapping[int, Sequence[str]] = {
    # Databases were bound to the hash of block 0, which not every node has.
    3: (
        "INSERT INTO deployments (domain, chain_id, mailbox, merkle_tree_hook)"
        " SELECT domain, chain_id, mailbox, merkle_tree_hook FROM chains",
        "DROP TABLE chains",
    ),
}
"""SQL that leads from the version before to each version."""

OLDEST = min(STATEMENTS) - 1
"""The oldest schema version that can be brought up to date."""

assert max(STATEMENTS) == tables.SCHEMA_VERSION
