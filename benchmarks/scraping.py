"""How fast the scraper loads a long history, and with how much memory.

`python -m benchmarks.scraping [messages]` has a node replay a history of so many messages
(1,000,000 by default), each dispatched, inserted, paid for and delivered on another chain, and
copies both chains into a fresh database in a process of its own. Then it writes the same rows once
more without a node, which is the database's part. `--postgresql URL` takes an empty database
instead of SQLite. `--write` keeps the figures in `results/scraping.json`. Figures "by processor"
count our own processor time only.
"""

import asyncio
import json
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.replay import (
    ANNOUNCE,
    HOOK,
    MAILBOX,
    PAYMASTER,
    PER_BLOCK,
    RECEIVING,
    SENDING,
    hash_of,
    message,
)
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.scraper.events import Contracts
from hyperlane.agents.scraper.following import Follower
from hyperlane.agents.scraper.reading import ChainSource, contracts_of
from hyperlane.chain.client import ChainClient
from hyperlane.metrics import Metrics
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.settings import ChainSettings
from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import SCRAPER
from hyperlane.store.scraper import rows, writing

RESULTS = Path(__file__).parent / "results" / "scraping.json"
_BLOCKS = 100
"""Blocks in one transaction of the database's part."""


def main() -> None:
    words = sys.argv[1:]
    location = words[words.index("--postgresql") + 1] if "--postgresql" in words else ""
    numbers = [word for word in words if word.isdecimal()]
    messages = int(numbers[0]) if numbers else 1_000_000
    figures: dict[str, Any] = {"messages": messages}
    if words[:1] == ["measure"]:
        asyncio.run(measure(words[1], int(words[2]), int(words[3]), words[4]))
        return
    with tempfile.TemporaryDirectory() as folder, replaying(messages) as port:
        for part, name in (("scrape", "scraped"), ("store", "stored")):
            place = location or f"{folder}/{part}"
            answer = subprocess.run(
                [
                    sys.executable, "-m", "benchmarks.scraping",
                    "measure", part, str(messages), str(port), place,
                ],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )  # fmt: skip
            found = json.loads(answer.stdout.splitlines()[-1])
            if not location:
                found["database, MiB"] = _size(Path(place))
            figures |= {f"{name}: {key}": value for key, value in found.items()}
            if location:
                break  # the second part would need another empty database
    table = Table("what", "figure")
    for name, figure in figures.items():
        table.add_row(name, f"{figure:,}")
    Console().print(table)
    if "--write" in words:
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n")


@contextmanager
def replaying(messages: int) -> Iterator[int]:
    """A node that replays, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    node = subprocess.Popen([sys.executable, "-m", "benchmarks.replay", str(messages), str(port)])
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        node.terminate()
        node.wait()


async def measure(part: str, messages: int, port: int, location: str) -> None:
    """Fill a fresh database in one of two ways; prints figures as JSON."""
    database = await Database.open(location, SCRAPER)
    before, began, worked = _peak(), time.monotonic(), time.process_time()
    await (scrape(database, port) if part == "scrape" else store(database, messages))
    seconds, processor = time.monotonic() - began, time.process_time() - worked
    await database.close()
    figures: dict[str, Any] = {
        "messages per second": round(messages / seconds),
        "messages per second, by processor": round(messages / processor),
        "peak memory, MiB": _peak(),
        "of which before": before,
    }
    print(json.dumps(figures))


async def scrape(database: Database, port: int) -> None:
    """Read the history of both chains from the node."""
    metrics = Metrics()
    await asyncio.gather(
        *(_follow(database, metrics, port, domain) for domain in (SENDING, RECEIVING))
    )


async def _follow(database: Database, metrics: Metrics, port: int, domain: int) -> None:
    url = f"http://127.0.0.1:{port}/{domain}"
    settings = ChainSettings.model_validate(
        {
            "name": f"chain{domain}",
            "chainId": domain,
            "rpcUrls": [{"http": url}],
            "mailbox": MAILBOX,
            "merkleTreeHook": HOOK,
            "validatorAnnounce": ANNOUNCE,
            "interchainGasPaymaster": PAYMASTER,
        }
    )
    client = ChainClient(settings.name, domain, [url], reorg_period=10)
    chain = Chain(settings, client)
    contracts: Contracts = await contracts_of(chain)
    follower = Follower(ChainSource(chain, contracts), database, metrics, settings.index.chunk)
    await follower.tip()
    await follower.history()
    await client.close()


async def store(database: Database, messages: int) -> None:
    """Write the same rows, from the newest block down as history is read."""
    for last in range(messages // PER_BLOCK, 0, -_BLOCKS):
        heights = range(max(1, last - _BLOCKS + 1), last + 1)
        for domain in (SENDING, RECEIVING):
            blocks = [_block(domain, height) for height in heights]
            async with database.write() as connection:
                await writing.store(database, connection, domain, blocks, final=last)


def _block(domain: int, height: int) -> rows.Block:
    numbers = range((height - 1) * PER_BLOCK, height * PER_BLOCK)
    transactions = [
        _transaction(domain, bytes.fromhex(hash_of(domain, height, at)[2:]), number)
        for at, number in enumerate(numbers)
    ]
    hash_ = Bytes32(bytes.fromhex(hash_of(domain, height)[2:]))
    return rows.Block(height, hash_, 1_700_000_000 + 2 * height, transactions)


def _transaction(domain: int, hash_: bytes, number: int) -> rows.Transaction:
    raw, _ = message(number)
    sent, mailbox = Message.decode(raw), Address(bytes.fromhex(MAILBOX[2:]))
    contents: dict[str, Any] = {"deliveries": [rows.Delivery(sent.id, mailbox, 1)]}
    if domain == SENDING:
        contents = {
            "dispatches": [rows.Dispatch(sent, mailbox, 0)],
            "insertions": [rows.Insertion(mailbox, number, sent.id)],
            "payments": [rows.Payment(sent.id, mailbox, RECEIVING, 10**15, 10**5, 3)],
        }
    return rows.Transaction(
        hash=Bytes32(hash_),
        nonce=1,
        sender=mailbox,
        recipient=mailbox,
        gas_limit=200_000,
        gas_price=2 * 10**9,
        max_fee_per_gas=2 * 10**9,
        max_priority_fee_per_gas=1,
        effective_gas_price=2 * 10**9,
        gas_used=120_000,
        cumulative_gas_used=120_000,
        input=raw,
        **contents,
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir()) // 2**20


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
