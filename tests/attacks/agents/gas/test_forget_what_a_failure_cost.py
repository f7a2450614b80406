"""A relayer is killed while it settles a failed delivery, so that what it cost is forgotten."""

import asyncio
import os
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from hyperlane.agents.relayer.delivery import confirmation
from hyperlane.agents.relayer.delivery.outcomes import Outcomes
from hyperlane.agents.relayer.policy.relay import RelayPolicy
from hyperlane.chain.answers import Receipt
from hyperlane.metrics import Metrics
from hyperlane.protocol.message import VERSION, Message
from hyperlane.store import tables
from hyperlane.store.database import Database
from hyperlane.store.operations import OperationStore, State
from hyperlane.store.transactions import Signed, TransactionStore

MESSAGE = Message(VERSION, 1, 1337, bytes(32), 7331, bytes(32), b"")
BATCH, KEY, GAS, PRICE = "batch", b"\x11" * 20, 90_000, 7
RECEIPT = Receipt(b"\x22" * 32, 5, False, GAS, PRICE)
KILLED = """
import asyncio, runpy, sys
this = runpy.run_path(sys.argv[1])
this["die_at_write"](int(sys.argv[3]))
asyncio.run(this["settle"](sys.argv[2]))
"""


async def prepare(folder: str) -> None:
    database = await Database.open(folder)
    operations = OperationStore(database)
    async with database.write() as connection:
        await connection.execute(
            database.insert(tables.messages).values(
                origin=1337, nonce=1, id=MESSAGE.id, raw=MESSAGE.encode(), block_number=1,
                tx_hash=bytes(32),
            )
        )  # fmt: skip
        await operations.create(connection, [MESSAGE], 0.0)
    await operations.change([MESSAGE.id], 0.0, state=State.INCLUDED, batch=BATCH, block_number=5)
    fields = {"nonce": 0, "data": "0x"}
    signed = Signed(BATCH, fields, RECEIPT.tx_hash, b"")
    await TransactionStore(database, 7331, KEY).add([signed], 0.0)
    await database.close()


async def settle(folder: str) -> None:
    """One look of a relayer that has just started. The transaction is final, and it failed."""
    database = await Database.open(folder)
    operations, store = OperationStore(database), TransactionStore(database, 7331, KEY)

    async def final_block() -> int:
        return 9

    async def receipts(transactions: list[Any]) -> list[Receipt]:
        return [RECEIPT for _ in transactions]

    async def nothing_delivered(*_: Any) -> set[bytes]:
        return set()

    chain: Any = SimpleNamespace(domain=7331, client=SimpleNamespace(final_block=final_block))
    sender: Any = SimpleNamespace(store=store, receipts=receipts)
    outcomes = Outcomes(
        chain="beta",
        operations=operations,
        transactions=store,
        chain_name=str,
        metrics=Metrics(),
        policy=RelayPolicy(),
    )
    look = confirmation.Confirmation(
        chain=chain, senders=[sender], operations=operations, is_sending=lambda _: False
    )
    with patch.object(confirmation, "delivered", nothing_delivered):
        async for verdicts in look.verdicts():
            await outcomes.write(verdicts)
    await database.close()


def die_at_write(number: int) -> None:
    """SIGKILL before the write of that number."""
    write, left = Database.write, [number + 1]  # one is that of opening

    def counted(self: Database) -> Any:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return write(self)

    Database.write = counted  # type: ignore[method-assign]


@pytest.mark.parametrize("number", range(4))
async def test_whatever_the_moment_it_is_charged_once(number, tmp_path):
    folder = str(tmp_path / "db")
    await prepare(folder)
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", KILLED, __file__, folder, str(number)], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    await settle(folder)
    database = await Database.open(folder)
    operation = await OperationStore(database).get(MESSAGE.id)
    live = await TransactionStore(database, 7331, KEY).live()
    await database.close()
    assert operation is not None
    assert (operation.failures, operation.gas_used, operation.wei_used) == (1, GAS, GAS * PRICE)
    assert (operation.state, operation.batch, live) == (State.PENDING, None, [])
