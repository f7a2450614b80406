"""How fast the explorer answers with a long history in its database.

`python -m benchmarks.explorer [messages]` fills a database with so many messages (1,000,000 by
default), serves it in a process of its own, and asks for each page and endpoint, one after the
other, for messages, addresses and times that differ from request to request. `--database FOLDER`
takes a database that `benchmarks.explorer_rows` has filled before. `--write` keeps the figures in
`results/explorer.json`.
"""

import asyncio
import json
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import aiohttp
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from benchmarks.explorer_rows import APPS, DOMAINS, address, fill
from hyperlane.explorer.api.changes import render
from hyperlane.explorer.app import create_app
from hyperlane.explorer.live import Feed
from hyperlane.explorer.server import serving
from hyperlane.protocol.typecasts import to_hex
from hyperlane.store.database import Database
from hyperlane.store.migrations.schemas import SCRAPER
from hyperlane.store.scraper import tables

RESULTS = Path(__file__).parent / "results" / "explorer.json"
ROUNDS = 40
"""Requests for each path."""
_COUNTED = ("message", "delivered_message", "gas_payment", "merkle_tree_insertion", "transaction")


def main() -> None:
    words = sys.argv[1:]
    if words[:1] == ["serve"]:
        asyncio.run(serve(words[1], int(words[2])))
        return
    numbers = [word for word in words if word.isdecimal()]
    messages = int(numbers[0]) if numbers else 1_000_000
    with tempfile.TemporaryDirectory() as made:
        folder = words[words.index("--database") + 1] if "--database" in words else made
        figures = asyncio.run(measure(folder, None if folder != made else messages))
    console = Console()
    for name, part in figures.items():
        table = Table(name, *(("median, ms", "90 of 100, ms") if name == "first byte" else ("",)))
        for what, figure in part.items():
            values = figure if isinstance(figure, list) else [figure]
            table.add_row(what, *(f"{value:,}" for value in values))
        console.print(table)
    if "--write" in words:
        RESULTS.write_text(json.dumps(figures, indent=2) + "\n")


async def measure(folder: str, messages: int | None) -> dict[str, Any]:
    """All figures; `messages` are filled in first, if given."""
    database = await Database.open(folder, SCRAPER)
    began = time.monotonic()
    if messages is not None:
        await fill(database, messages, int(time.time()))
    filled = time.monotonic() - began
    async with database.read() as connection:
        rows = {
            f"{name} rows": (
                await connection.execute(
                    select(func.count()).select_from(tables.metadata.tables[name])
                )
            ).scalar_one()
            for name in _COUNTED
        }
        newest = (await connection.execute(select(func.max(tables.message.c.sent_at)))).scalar_one()
        last = (await connection.execute(select(func.max(tables.message.c.id)))).scalar_one()
        chance = random.Random(15)
        some = [chance.randrange(1, last) for _ in range(ROUNDS)]
        row = tables.message.c
        found = await connection.execute(
            select(row.msg_id, row.sender, row.recipient, tables.transaction.c.hash)
            .join(tables.transaction, row.origin_tx_id == tables.transaction.c.id)
            .where(row.id.in_(some))
        )
        examples = [[to_hex(value) for value in each] for each in found]
    await database.close()
    size = _size(Path(folder))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.explorer", "serve", folder, str(port),
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert server.stdout is not None
    await server.stdout.readline()
    first = await ask(f"http://127.0.0.1:{port}", examples, newest, last)
    server.terminate()
    memory = int(await server.stdout.read())
    await server.wait()
    stored = {**rows, "size, MiB": size}
    if messages is not None:
        stored["filled in, s"] = round(filled)
    return {"database": stored, "server": {"peak memory, MiB": memory}, "first byte": first}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir()) // 2**20


async def ask(
    url: str, examples: list[list[str]], newest: int, last: int
) -> dict[str, list[float]]:
    """Milliseconds until the first byte of each path: the median, and what 90 of 100 keep."""
    chance = random.Random(1)
    figures = {}
    async with aiohttp.ClientSession(url) as session:
        for name, path in paths(chance, newest, last).items():
            seconds = []
            for number in range(ROUNDS):
                asked = path(examples[number % len(examples)])
                began = time.perf_counter()
                async with session.get(asked) as answer:
                    seconds.append(time.perf_counter() - began)
                    assert answer.status == 200, (asked, await answer.text())
                    await answer.read()
            figures[name] = [
                round(value * 1000, 1) for value in (median(seconds), quantiles(seconds, n=10)[-1])
            ]
    return figures


Path_ = Callable[[list[str]], str]


def paths(chance: random.Random, newest: int, last: int) -> dict[str, Path_]:
    """What is asked for, by name: of a message, its sender, recipient and transaction."""
    domain = lambda: chance.choice(DOMAINS)  # noqa: E731
    rare = to_hex(APPS[-1])
    day = newest - 86_400
    api: dict[str, Path_] = {
        "messages": lambda _: "messages",
        "messages?limit=200": lambda _: "messages?limit=200",
        "messages?sender": lambda each: f"messages?sender={each[1]}",
        "messages?recipient": lambda each: f"messages?recipient={each[2]}",
        "messages?origin": lambda _: f"messages?origin={domain()}",
        "messages?origin&destination": lambda _: (
            f"messages?origin={domain()}&destination={domain()}"
        ),
        "messages?status=undelivered": lambda _: "messages?status=undelivered",
        "messages?until": lambda _: f"messages?until={newest - chance.randrange(2_500_000)}",
        "messages?sender&recipient&status, rare": lambda each: (
            f"messages?sender={each[1]}&recipient={rare}&status=delivered"
        ),
        "messages?sender&status=undelivered": lambda each: (
            f"messages?sender={each[1]}&status=undelivered"
        ),
        "messages/{id}": lambda each: f"messages/{each[0]}",
        "transactions/{hash}": lambda each: f"transactions/{each[3]}",
        "search?q, an id": lambda each: f"search?q={each[0]}",
        "search?q, an address": lambda each: f"search?q={each[1][26:]}",
        "search?q, a name": lambda _: "search?q=arbitrum",
        "chains": lambda _: "chains",
        "chains/{domain}/validators": lambda _: f"chains/{domain()}/validators",
        "validators/{address}": lambda _: (
            f"validators/{to_hex(address(f'validator {DOMAINS[0]}', chance.randrange(5)))}"
        ),
        "routes": lambda _: "routes",
        "redundancy": lambda _: "redundancy",
        "statistics, a day": lambda _: f"statistics?since={day}",
        "statistics, 31 days": lambda _: "statistics?since=0",
        "changes": lambda _: f"changes?after={chance.randrange(last)}",
    }
    pages: dict[str, Path_] = {
        "/": lambda _: "/",
        "/messages": lambda _: "/messages",
        "/messages/{id}": lambda each: f"/messages/{each[0]}",
        "/tx/{hash}": lambda each: f"/tx/{each[3]}",
        "/address/{address}": lambda each: f"/address/{each[1]}",
        "/validators": lambda _: "/validators",
        "/routes": lambda _: "/routes",
        "/redundancy": lambda _: "/redundancy",
        "/statistics": lambda _: "/statistics",
        "/statistics?days=30": lambda _: "/statistics?days=30",
        "/chains": lambda _: "/chains",
    }
    return {
        **{f"/api/v1/{name}": _under("/api/v1/", path) for name, path in api.items()},
        **{f"page {name}": path for name, path in pages.items()},
    }


def _under(prefix: str, path: Path_) -> Path_:
    return lambda each: prefix + path(each)


async def serve(folder: str, port: int) -> None:
    """Serve until terminated; prints the peak memory then."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(15, stop.set)
    database = await Database.open(folder, SCRAPER)
    async with serving(create_app(database, Feed(database, render)), "127.0.0.1", port):
        print("ready", flush=True)
        await stop.wait()
    await database.close()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, flush=True)


if __name__ == "__main__":
    main()
