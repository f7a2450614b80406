"""How fast an agent catches up with a long history, and with how much memory.

`python -m benchmarks.indexing [events]` makes an anvil with so many dispatched messages (100,000 by
default), indexes them and their leaves into a fresh store in a process of its own, and compares
with the node alone: similar log queries, whose answers are read and thrown away. `--write` keeps
the figures in `results/indexing.json`. Figures "by processor" count our own processor time only, as
on a machine that does nothing else.
"""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table

from hyperlane.agents.runtime.chain import Chain as ConnectedChain
from hyperlane.agents.runtime.chain import connect
from hyperlane.chain.abi import Mailbox, MerkleTreeHook
from hyperlane.settings import ChainSettings
from hyperlane.store.database import Database
from hyperlane.store.operations import OperationStore
from hyperlane.store.sequences import MessageStore

RESULTS = Path(__file__).parent / "results" / "indexing.json"
DOMAIN = 31337
_PER_TRANSACTION = 100
_BLOCKS = 250


def main() -> None:
    arguments = [item for item in sys.argv[1:] if not item.startswith("--")]
    if arguments and arguments[0] == "index":
        asyncio.run(index(json.loads(arguments[1])))
        return
    events = int(arguments[0]) if arguments else 100_000
    from benchmarks.anvil import Chain, anvil  # the measured process needs no web3

    with anvil("--chain-id", str(DOMAIN)) as web3:
        settings = fill(Chain(web3), web3.provider.endpoint_uri, events)  # type: ignore[attr-defined]
        figures: dict[str, Any] = {"events": events}
        for kind, (address, topic) in {
            "dispatches": (settings["mailbox"], Mailbox.DISPATCH.topic),
            "insertions": (settings["merkleTreeHook"], MerkleTreeHook.INSERTED.topic),
        }.items():
            query = {"address": address, "topics": ["0x" + topic.hex()]}
            seconds = asyncio.run(node_alone(settings["url"], web3.eth.block_number, query))
            figures[f"{kind} per second, node alone"] = round(events / seconds)
        answer = subprocess.run(
            [sys.executable, "-m", "benchmarks.indexing", "index", json.dumps(settings)],
            check=True,
            capture_output=True,
            text=True,
        )
        figures |= json.loads(answer.stdout.splitlines()[-1])
        for kind in ("dispatches", "insertions"):
            share = figures[f"{kind} per second"] / figures[f"{kind} per second, node alone"]
            figures[f"{kind}, share of the node's rate"] = round(share, 2)
    table = Table("what", "figure")
    for name, figure in figures.items():
        table.add_row(name, f"{figure:,}")
    Console().print(table)
    if "--write" in sys.argv:
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n")


def fill(chain: Any, url: str, events: int) -> dict[str, Any]:
    """Deploy a core and dispatch messages, many in one transaction."""
    mailbox = chain.deploy("Mailbox", DOMAIN)
    hook = chain.deploy("MerkleTreeHook", mailbox.address)
    ism, free = chain.deploy("NoopIsm"), chain.deploy("BareHook")
    chain.send(mailbox.functions.initialize(chain.sender, ism.address, free.address, hook.address))
    announce = chain.deploy("ValidatorAnnounce", mailbox.address)
    sequence = chain.deploy("Sequence")
    call = mailbox.encode_abi("dispatch", [7331, bytes(32), b"a message of some length" * 4])
    while (left := events - mailbox.functions.nonce().call()) > 0:
        count = min(left, _PER_TRANSACTION)
        chain.send(sequence.functions.run([mailbox.address] * count, [call] * count))
    return {
        "name": "alpha",
        "url": url,
        "chainId": DOMAIN,
        "domainId": DOMAIN,
        "rpcUrls": [{"http": url}],
        "blocks": {"reorgPeriod": 0},
        "mailbox": mailbox.address,
        "merkleTreeHook": hook.address,
        "validatorAnnounce": announce.address,
    }


async def node_alone(url: str, last: int, query: dict[str, Any]) -> float:
    """Seconds that the node takes to tell all logs, in ranges such as the indexer's."""
    began = time.monotonic()
    async with aiohttp.ClientSession() as session:
        for first in range(0, last + 1, _BLOCKS // 4):
            blocks = {"fromBlock": hex(first), "toBlock": hex(first + _BLOCKS // 4 - 1)}
            body = {
                "jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [{**query, **blocks}],
            }  # fmt: skip
            async with session.post(url, json=body) as response:
                await response.read()
    return time.monotonic() - began


async def index(settings: dict[str, Any]) -> None:
    """Index everything once, as a relayer does; prints figures as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(folder)
        async with connect(ChainSettings.model_validate(settings), database) as chain:
            before = _peak()
            figures = await _measure(chain, database)
            figures["peak memory, MiB"] = _peak()
            figures["of which before indexing"] = before
        await database.close()
    print(json.dumps(figures))


async def _measure(chain: ConnectedChain, database: Database) -> dict[str, Any]:
    operations = OperationStore(database)

    async def make(connection: Any, messages: Any) -> None:
        await operations.create(connection, messages, time.time())

    block = await chain.client.final_block()
    indexers: dict[str, Any] = {
        "insertions": chain.insertions(database),
        "dispatches": chain.dispatches(MessageStore(database, DOMAIN, make)),
    }
    figures = {}
    for kind, indexer in indexers.items():
        began, worked = time.monotonic(), time.process_time()
        stored = await indexer.sync(block)
        figures[f"{kind} per second"] = round(stored / (time.monotonic() - began))
        figures[f"{kind} per second, by processor"] = round(stored / (time.process_time() - worked))
    return figures


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
