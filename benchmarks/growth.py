"""What a long history costs: starting a relayer and a validator, their memory, and a backlog.

`python -m benchmarks.growth [messages …]` (10,000, 100,000 and 1,000,000 by default) fills a
database with so many finished messages and a chain with their tree, starts the agents with it, and
then lets the validator sign what it finds unpublished. `--write` keeps the figures in
`results/growth.json`.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from benchmarks.relaying import ORIGIN, TARGET, Core, agent, chains, key, ready, relayer
from hyperlane.protocol.merkle import IncrementalMerkle, MerkleTree
from hyperlane.protocol.message import Message
from hyperlane.store import tables
from hyperlane.store.database import Database
from hyperlane.store.operations import OperationStore, State

RESULTS = Path(__file__).parent / "results" / "growth.json"
COUNTS = (10_000, 100_000, 1_000_000)
VALIDATOR = 1
_BURST = 2000
"""Checkpoints that a validator finds committed and not published."""
_SETTLED = 5.0
"""Seconds after the start during which memory may still grow."""


def main() -> None:
    counts = [int(item) for item in sys.argv[1:] if not item.startswith("--")] or COUNTS
    figures = [measure(count) for count in counts]
    table = Table("finished messages", *(f"{count:,}" for count in counts))
    for name in figures[0]:
        table.add_row(name, *(str(item[name]) for item in figures))
    Console().print(table)
    if "--write" in sys.argv:
        RESULTS.write_text(
            json.dumps(dict(zip(map(str, counts), figures, strict=True)), indent=2) + "\n"
        )


def measure(count: int) -> dict[str, Any]:
    """Figures of both agents on one database, one after the other."""
    with tempfile.TemporaryDirectory() as name, chains() as (origin, target):
        folder = Path(name)
        recipient = target.chain.deploy("TestRecipient").address
        asyncio.run(fill(origin, recipient, folder, count))
        asyncio.run(commit(origin, folder, count))
        for core in (origin, target):
            core.tick()
        figures: dict[str, Any] = {}
        for start in ("first start", "start"):  # the first one derives the roots of parts
            began = time.monotonic()
            with relayer(folder, origin, target) as running:
                figures[f"relayer, {start}, CPU seconds"] = round(ready(running), 2)
                figures[f"relayer, {start}, seconds"] = round(time.monotonic() - began, 2)
                time.sleep(_SETTLED)
                figures[f"relayer, {start}, peak MB"] = round(running.peak_memory() / 1e6, 1)
        return figures | sign(origin, folder)


def sign(origin: Core, folder: Path) -> dict[str, Any]:
    """Figures of a validator that starts, and signs a burst."""
    storage = folder / "checkpoints"
    config = {
        "chains": {origin.name: origin.settings()},
        "originChainName": origin.name,
        "validator": {"key": bytes(key(VALIDATOR).key).hex()},
        "checkpointSyncer": {"type": "localStorage", "path": str(storage)},
        "interval": 0.2,
        "log": {"level": "warn"},
    }
    began = time.monotonic()
    with agent("validator", folder / "relayer", config) as running:
        cpu = ready(running)
        started = time.monotonic()
        while len(list(storage.glob("*_with_id.json"))) < _BURST:
            time.sleep(0.05)
        signed = time.monotonic()
        return {
            "validator, start, CPU seconds": round(cpu, 2),
            "validator, start, seconds": round(started - began, 2),
            "validator, signatures/s from its start": round(_BURST / (signed - began)),
            "validator, peak MB": round(running.peak_memory() / 1e6, 1),
        }


async def fill(origin: "Core", recipient: str, folder: Path, count: int) -> None:
    """A chain and a store that remember messages delivered long ago."""
    word = bytes(12) + bytes.fromhex(recipient[2:])
    tree = IncrementalMerkle()
    database = await Database.open(str(folder / "relayer"))
    async with database.write() as connection:
        for start in range(0, count, 5000):
            old = [
                Message(3, nonce, ORIGIN, word, TARGET, word, os.urandom(68))
                for nonce in range(start, start + 5000)
            ]
            for message in old:
                tree.insert(message.id)
            place = {"block_number": 1, "tx_hash": bytes(32)}
            await connection.execute(
                tables.messages.insert(),
                [
                    {"origin": ORIGIN, "nonce": item.nonce, "id": item.id, "raw": item.encode()}
                    | place
                    for item in old
                ],
            )
            await connection.execute(
                tables.insertions.insert(),
                [
                    {"domain": ORIGIN, "leaf_index": item.nonce, "message_id": item.id}
                    | {"block_number": 1}
                    for item in old
                ],
            )
            await OperationStore(database).create(connection, old, 0.0)
        # None is due for a check: the other chain knows none of them.
        done = {"state": State.DELIVERED, "next_attempt": 1e12}
        await connection.execute(tables.operations.update().values(done))
        block = int(origin.rpc("eth_blockNumber"), 16) + 1
        kinds = ("dispatched_message", "merkle_tree_insertion")
        await connection.execute(
            tables.cursors.insert(),
            [{"domain": ORIGIN, "kind": kind, "next_block": block} for kind in kinds],
        )
    await database.close()
    owner_slot = int(origin.rpc("eth_getStorageAt", origin.mailbox.address, hex(1), "latest"), 16)
    slots = [(origin.mailbox.address, 1, owner_slot | count << 160)]
    slots += [
        (origin.hook.address, at, int.from_bytes(node)) for at, node in enumerate(tree.branch)
    ]
    slots.append((origin.hook.address, 32, count))
    for address, slot, value in slots:
        origin.rpc("anvil_setStorageAt", address, hex(slot), f"0x{value:064x}")
    assert origin.mailbox.functions.nonce().call() == count
    assert origin.hook.functions.root().call() == tree.root()


async def commit(origin: Core, folder: Path, count: int) -> None:
    """Have a validator be committed to all leaves; the newest are not published."""
    database = await Database.open(str(folder / "relayer"))
    leaf, row = tables.insertions.c, tables.checkpoints
    address = {
        "domain": ORIGIN,
        "merkle_tree_hook": bytes.fromhex(origin.hook.address[2:]),
        "validator": bytes.fromhex(key(VALIDATOR).address[2:]),
    }
    async with database.write() as connection:
        found = await connection.execute(select(leaf.message_id).order_by(leaf.leaf_index))
        tree = MerkleTree(found.scalars())
        for start in range(0, count, 5000):
            await connection.execute(
                row.insert(),
                [
                    address
                    | {
                        "index": index,
                        # Those of old leaves are not looked at.
                        "root": tree.root(index) if index >= count - _BURST else os.urandom(32),
                        "message_id": tree.leaf(index),
                        "published": index < count - _BURST,
                    }
                    for index in range(start, start + 5000)
                ],
            )
        await connection.execute(
            tables.observed_trees.insert().values(
                domain=ORIGIN, index=count - 1, root=tree.root(), block_number=1
            )
        )
    await database.close()


if __name__ == "__main__":
    main()
