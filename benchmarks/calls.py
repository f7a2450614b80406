"""What agents ask nodes for: calls per minute while nothing happens, and calls, round trips and
seconds for a single message through RPCs that take 150 ms.

Real processes; before each node proxies that count, and delay. A call of a batch counts as one, as
providers bill it. For the single message both chains make a block for each transaction, so that
the time is the relayer's and the wire's alone.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks.anvil import free_port
from benchmarks.proxies import serving
from benchmarks.relaying import (
    MESSAGE_ID,
    RELAYER,
    Core,
    Watch,
    agent,
    chains,
    dispatch,
    key,
    ready,
    validators,
)
from hyperlane.chain.abi import Mailbox

RESULTS = Path(__file__).parent / "results" / "calls.json"
BLOCK_TIMES = (0.25, 1, 2, 12)
FALLS_ASLEEP = 75.0
"""Seconds after the start in which agents look often."""
LATENCY = 0.15
MESSAGES = 7
"""The first one finds nothing cached, and is shown apart."""


@dataclass
class Asked:
    """One HTTP request to a node."""

    began: float
    methods: list[str]
    ended: float = 0.0


@dataclass
class Counting:
    """Proxies before nodes: one for each name."""

    upstreams: Mapping[str, str]
    delay: float = 0.0
    ports: dict[str, int] = field(init=False)
    asked: dict[str, list[Asked]] = field(init=False)

    def __post_init__(self) -> None:
        self.ports = {name: free_port() for name in self.upstreams}
        self.asked = {name: [] for name in self.upstreams}

    def url(self, name: str) -> str:
        """Where a proxy listens."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def calls(self, name: str, since: float) -> Counter[str]:
        """Calls by method since a time."""
        recent = (item for item in self.asked[name] if item.began >= since)
        return Counter(method for item in recent for method in item.methods)

    @contextmanager
    def running(self) -> Iterator["Counting"]:
        """Serve in a thread until the block ends."""
        with serving(self.ports.values(), self._pass_on):
            yield self

    async def _pass_on(
        self, request: web.Request, session: aiohttp.ClientSession, port: int
    ) -> web.Response:
        name = next(name for name, own in self.ports.items() if own == port)
        body = await request.read()
        calls = json.loads(body)
        calls = calls if isinstance(calls, list) else [calls]
        asked = Asked(time.monotonic(), [call["method"] for call in calls])
        self.asked[name].append(asked)
        await asyncio.sleep(self.delay / 2)
        headers = {"Content-Type": "application/json"}
        async with session.post(self.upstreams[name], data=body, headers=headers) as answer:
            content = await answer.read()
        await asyncio.sleep(self.delay / 2)
        asked.ended = time.monotonic()
        return web.Response(body=content)


def settings(core: Core, url: str, block_time: float) -> dict[str, Any]:
    """A chain behind a proxy."""
    return core.settings() | {
        "rpcUrls": [{"http": url}],
        "blocks": {"reorgPeriod": 1, "estimateBlockTime": block_time},
        "index": {},
    }


def idle(block_time: float, seconds: float, folder: Path) -> dict[str, Any]:
    """Calls per minute and chain of a relayer and a validator to which nothing happens."""
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        origin, target = stack.enter_context(chains())
        dispatch(origin, target.chain.deploy("TestRecipient").address, 1)
        for core in (origin, target):
            core.rpc("evm_setAutomine", False)
            if block_time >= 1:
                core.rpc("evm_setIntervalMining", int(block_time))
        upstreams = {"relayer": origin.url, "target": target.url, "validator": origin.url}
        front = stack.enter_context(Counting(upstreams).running())
        stack.enter_context(ticking(block_time, origin, target))
        own = {origin.name: settings(origin, front.url("relayer"), block_time)}
        own[target.name] = settings(target, front.url("target"), block_time)
        relaying = {
            "chains": own,
            "relayChains": ",".join(own),
            "defaultSigner": {"key": bytes(key(RELAYER).key).hex()},
            "allowLocalCheckpointSyncers": True,
        }
        validating = {
            "chains": {origin.name: settings(origin, front.url("validator"), block_time)},
            "originChainName": origin.name,
            "validator": {"key": bytes(key(1).key).hex()},
            "checkpointSyncer": {"type": "localStorage", "path": str(folder / "v1")},
        }
        for kind, config in (("relayer", relaying), ("validator", validating)):
            ready(stack.enter_context(agent(kind, folder / kind, config)))
        time.sleep(FALLS_ASLEEP)
        began = time.monotonic()
        time.sleep(seconds)
        return {
            who: {
                "calls per minute": round(60 * calls.total() / seconds, 1),
                "by method": {name: round(60 * n / seconds, 1) for name, n in calls.most_common()},
            }
            for who in ("relayer", "validator")
            for calls in (front.calls(who, began),)
        }


def idle_by_block_time(seconds: float, folder: Path) -> dict[str, Any]:
    """The same for each block time; all at once, as they do next to nothing."""
    with ThreadPoolExecutor(len(BLOCK_TIMES)) as pool:
        measured = pool.map(
            lambda block_time: idle(block_time, seconds, folder / f"idle-{block_time:g}"),
            BLOCK_TIMES,
        )
        return {
            f"{block_time:g} s": figures
            for block_time, figures in zip(BLOCK_TIMES, measured, strict=True)
        }


@contextmanager
def ticking(block_time: float, *cores: Core) -> Iterator[None]:
    """Make blocks faster than the node does by itself, which takes whole seconds."""
    ended = threading.Event()

    def tick() -> None:
        while not ended.wait(block_time):
            for core in cores:
                core.rpc("evm_mine")

    thread = threading.Thread(target=tick, daemon=True)
    if block_time < 1:
        thread.start()
    try:
        yield
    finally:
        ended.set()


def single(module: str | None, folder: Path) -> dict[str, Any]:
    """A message at a time: seconds from its block to the delivery's, calls and round trips."""
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        origin, target = stack.enter_context(chains())
        recipient = target.chain.deploy("TestRecipient")
        if module is not None:
            address = target.module(module)
            target.chain.send(recipient.functions.setInterchainSecurityModule(address))
            stack.enter_context(validators(origin, folder))
        front = stack.enter_context(
            Counting({core.name: core.url for core in (origin, target)}, LATENCY).running()
        )
        own = {
            core.name: core.settings() | {"rpcUrls": [{"http": front.url(core.name)}]}
            for core in (origin, target)
        }
        relaying = {
            "chains": own,
            "relayChains": ",".join(own),
            "defaultSigner": {"key": bytes(key(RELAYER).key).hex()},
            "allowLocalCheckpointSyncers": True,
        }
        ready(stack.enter_context(agent("relayer", folder / "relayer", relaying)))
        figures = [deliver_one(origin, target, recipient.address, front) for _ in range(MESSAGES)]
        return {
            "first": figures[0],
            **{
                f"{name}, median": round(statistics.median(item[name] for item in figures[1:]), 2)
                for name in figures[0]
            },
        }


def deliver_one(origin: Core, target: Core, recipient: str, front: Counting) -> dict[str, float]:
    """Dispatch a message, and wait until it is delivered."""
    time.sleep(3)
    arrived = Watch(target, Mailbox.PROCESS_ID)
    dispatch(origin, recipient, 1)
    began = time.monotonic()
    arrived.until(1, 60)
    (seen,) = arrived.seen.values()
    asked = [item for items in list(front.asked.values()) for item in items if item.began >= began]
    sent = min(item.began for item in asked if "eth_sendRawTransaction" in item.methods)
    before = [item for item in asked if item.began <= sent]
    return {
        "seconds": round(seen - began, 2),
        "round trips": trips(before, sent),
        "calls": sum(len(item.methods) for item in before),
    }


def trips(asked: list[Asked], sent: float) -> int:
    """Most requests one after the other, the last of which is the broadcast."""
    number, at = 1, sent
    for item in sorted(asked, key=lambda item: -item.ended):
        if 0 < item.ended <= at:
            number, at = number + 1, item.began
    return number


def main() -> None:
    """Measure and print; `--write` keeps the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS}")
    parser.add_argument("--seconds", type=float, default=120, help="of idling that are counted")
    parser.add_argument("--only", choices=("idle", "single"))
    parser.add_argument("--keep", type=Path, help="folder for databases and logs")
    options = parser.parse_args()
    result: dict[str, Any] = {"load of the machine before": os.getloadavg()[0]}
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if options.only != "single":
            result["idle, by block time"] = idle_by_block_time(options.seconds, folder)
        if options.only != "idle":
            result[f"single message at {1000 * LATENCY:g} ms"] = {
                "trusted": single(None, folder / "trusted"),
                "multisig 3 of 5": single(MESSAGE_ID, folder / "multisig"),
            }
    print(json.dumps(result, indent=2))
    if options.write:
        RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
