"""How much longer messages take when a tenth of all requests to the nodes fails, in seven ways.

Real processes: two anvils, a validator, a relayer, and before each node proxies that fail at
random, all with the same share of failures. The same stream of messages is measured four times,
through one URL a chain and through two, without failures and with.
"""

import argparse
import asyncio
import json
import os
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
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
    stream,
    until_signed,
)
from hyperlane.chain.abi import Mailbox

RESULTS = Path(__file__).parent / "results" / "faults.json"
SHARE = 0.1
WAYS = (
    "HTTP 500",
    "HTTP 429",
    "closes the connection",
    "hangs",
    "answers with no JSON",
    "answers with an internal error",
    "carries it out, answers HTTP 502",
)
MOST = {"p50": 3, "p90": 6}
"""Times of the latency without failures."""
_HANGS = 60.0


@dataclass
class Flaky:
    """Proxies before nodes, which fail at random."""

    upstreams: Mapping[int, str]
    """URLs of the nodes, by port."""
    share: float = 0.0
    dice: random.Random = field(default_factory=random.Random)
    requests: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    async def answer(
        self, request: web.Request, session: aiohttp.ClientSession, port: int
    ) -> web.StreamResponse:
        """Answer as the node before which it stands, or fail."""
        body = await request.read()
        self.requests += 1
        way = self.dice.choice(WAYS) if self.dice.random() < self.share else ""
        if way:
            self.failed[way] += 1
        if way == "hangs":
            await asyncio.sleep(_HANGS)
        if way in ("hangs", "closes the connection"):
            if request.transport is not None:  # who asked may be gone by now
                request.transport.close()
            return web.Response()
        if way.startswith("HTTP"):
            return web.Response(status=int(way.split()[1]))
        if way == "answers with no JSON":
            return web.Response(text="<html>busy</html>")
        if way == "answers with an internal error":
            return web.json_response(_refused(json.loads(body)))
        async with session.post(
            self.upstreams[port], data=body, headers={"Content-Type": "application/json"}
        ) as answer:
            content = await answer.read()
        return web.Response(status=502 if way else 200, body=content if not way else b"")


def _refused(asked: Any) -> Any:
    if isinstance(asked, list):
        return list(map(_refused, asked))
    error = {"code": -32603, "message": "Internal error"}
    return {"jsonrpc": "2.0", "id": asked["id"], "error": error}


@contextmanager
def flaky(*cores: Core, urls: int) -> Iterator[tuple[Flaky, dict[str, list[str]]]]:
    """So many proxies before each chain; their URLs by chain."""
    ports = {core.name: [free_port() for _ in range(urls)] for core in cores}
    upstreams = {port: core.url for core in cores for port in ports[core.name]}
    front = Flaky(upstreams)
    with serving(upstreams, front.answer):
        yield (
            front,
            {name: [f"http://127.0.0.1:{port}" for port in own] for name, own in ports.items()},
        )


@contextmanager
def agents(folder: Path, urls: dict[str, list[str]], origin: Core, target: Core) -> Iterator[None]:
    """A validator and a relayer that reach the chains through these URLs only."""
    configs = {
        core.name: {**core.settings(), "rpcUrls": [{"http": url} for url in urls[core.name]]}
        for core in (origin, target)
    }
    validator = {
        "chains": {origin.name: configs[origin.name]},
        "originChainName": origin.name,
        "validator": {"key": bytes(key(1).key).hex()},
        "checkpointSyncer": {"type": "localStorage", "path": str(folder / "checkpoints")},
        "interval": 0.2,
        "log": {"level": "info", "format": "json"},
    }
    relayer = {
        "chains": configs,
        "relayChains": ",".join(configs),
        "defaultSigner": {"key": bytes(key(RELAYER).key).hex()},
        "allowLocalCheckpointSyncers": True,
        "log": {"level": "info", "format": "json"},
    }
    with (
        agent("validator", folder / "validator", validator),
        agent("relayer", folder / "relayer", relayer),
    ):
        yield


def doubled(target: Core) -> int:
    """Deliveries of messages that were delivered before."""
    logs = target.mailbox.events.ProcessId().get_logs(from_block=0)
    return len(logs) - len({bytes(item["args"]["messageId"]) for item in logs})


def measure(urls: int, seconds: float, folder: Path, seed: int) -> dict[str, Any]:
    """Without failures, then with them, by the same agents."""
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        origin, target = stack.enter_context(chains())
        recipient = target.chain.deploy("TestRecipient")
        factory = target.chain.deploy(f"{MESSAGE_ID}Factory")
        members = [key(1).address]
        target.chain.send(factory.functions.deploy(members, 1))
        module = factory.functions.getAddress(members, 1).call()
        target.chain.send(recipient.functions.setInterchainSecurityModule(module))
        for core in (origin, target):
            core.tick()
        front, ways = stack.enter_context(flaky(origin, target, urls=urls))
        stack.enter_context(agents(folder, ways, origin, target))
        dispatch(origin, recipient.address, 1)
        until_signed([folder / "checkpoints"], 0)
        warm = Watch(target, Mailbox.PROCESS_ID)
        warm._next = 0
        warm.until(1, 120)
        good = stream(origin, target, recipient.address, seconds)
        front.dice.seed(seed)
        front.share, front.requests = SHARE, 0
        bad = stream(origin, target, recipient.address, seconds)
        result = {
            "without failures": good,
            "with failures": bad,
            **{f"{name}, times": round(bad[name] / good[name], 2) for name in MOST},
            "doubled": doubled(target),
            "requests meanwhile": front.requests,
            "failed": sum(front.failed.values()),
            "ways": dict(front.failed),
        }
    for name, most in MOST.items():
        if bad[name] > most * good[name]:
            result["missed"] = f"{name} is more than {most} times of that without failures"
    return result


def main() -> None:
    """Measure and print; `--write` keeps the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS}")
    parser.add_argument("--seconds", type=float, default=120, help="of each stream")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--urls", type=int, choices=(1, 2), help="only so many a chain")
    parser.add_argument("--keep", type=Path, help="folder for databases and logs")
    options = parser.parse_args()
    result: dict[str, Any] = {"load of the machine before": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        for urls in [options.urls] if options.urls else [1, 2]:
            result[f"URLs: {urls}"] = measure(
                urls, options.seconds, folder / f"urls-{urls}", options.seed
            )
    result["load of the machine after"] = os.getloadavg()[0]
    print(json.dumps(result, indent=2))
    if options.write:
        RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
