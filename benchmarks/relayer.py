"""How fast the relayer is, with real processes on two anvils, beside what the node takes alone.

Throughput: a backlog is there before the relayer starts; counted from when it is ready. The ceiling
is the same anvil, set back to where it was, fed with the same transactions ready-made. Blocks come
four times a second and hold as much as there is, so that neither side waits long. Then, with a
block each second and five validators at work: how long single messages take, and a burst.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.relaying import (
    MERKLE_ROOT,
    Agent,
    Core,
    Watch,
    chains,
    dispatch,
    dispatch_together,
    ready,
    recipient_of,
    relayer,
    replay,
    rpc_calls,
    stream,
    transactions,
    until_signed,
    validators,
)
from hyperlane.chain.abi import Mailbox

RESULTS = Path(__file__).parent / "results" / "relayer.json"
BLOCK_TIME = 0.25
WIDE_BLOCKS = ("--gas-limit", str(10**10), "--block-time", str(BLOCK_TIME))
SETTINGS = {"blocks": {"reorgPeriod": 0, "estimateBlockTime": BLOCK_TIME}, "maxInFlight": 256}


@dataclass(frozen=True)
class Kind:
    """A way to deliver."""

    messages: int
    module: str | None
    """Of the recipient: 3 of 5; None for one that believes everything."""
    batch_size: int


KINDS = {
    "singles": Kind(1_000, None, 1),
    "batches": Kind(5_000, None, 100),
    "multisig batches": Kind(2_000, MERKLE_ROOT, 100),
}


def throughput(kind: Kind, folder: Path) -> dict[str, Any]:
    """Deliver a backlog, and have the node do it alone."""
    folder.mkdir(parents=True)
    with chains(*WIDE_BLOCKS) as (origin, target):
        recipient = recipient_of(target, kind.module)
        dispatch_together(origin, recipient, kind.messages)
        if kind.module:
            with validators(origin, folder) as stores:
                until_signed(stores, kind.messages - 1)
        snapshot = target.rpc("evm_snapshot")
        first = int(target.rpc("eth_blockNumber"), 16) + 1
        watch = Watch(target, Mailbox.PROCESS_ID)
        with relayer(folder, origin, target, maxBatchSize=kind.batch_size, **SETTINGS) as running:
            before = ready(running)
            began = time.monotonic()
            watch.until(kind.messages, 600)
            rate = kind.messages / (max(watch.seen.values()) - began)
            cpu = running.cpu_seconds() - before
            calls, memory = rpc_calls(running), running.peak_memory()
        sent = transactions(target, first)
        alone = replay(target, snapshot, sent, kind.messages)
    used, asked = (sum(int(item[name], 16) for item in sent) for name in ("gasUsed", "gas"))
    return {
        "messages": kind.messages,
        "messages/s": round(rate, 1),
        "messages/s, node alone": round(alone, 1),
        "share of the node's": round(rate / alone, 3),
        "CPU ms per message": round(1000 * cpu / kind.messages, 2),
        "transactions": len(sent),
        "gas per message": used // kind.messages,
        "gas asked for, times of what is used": round(asked / used, 2),
        "RPC calls per message": round(calls / kind.messages, 2),
        "peak memory MB": round(memory / 1e6, 1),
    }


def latency(folder: Path, seconds: float, burst: int) -> dict[str, Any]:
    """Single messages, and many at once, with blocks each second and our validators at work."""
    folder.mkdir(parents=True)
    with at_work(folder) as (origin, target, recipient, _):
        return {
            "stream": stream(origin, target, recipient, seconds),
            "burst": in_a_burst(origin, target, recipient, burst),
        }


@contextmanager
def at_work(folder: Path) -> Iterator[tuple[Core, Core, str, Agent]]:
    """Chains with a block each second, five validators and a relayer; their first delivery done."""
    with ExitStack() as stack:
        origin, target = stack.enter_context(chains())
        recipient = recipient_of(target, MERKLE_ROOT)
        for core in (origin, target):
            core.tick()
        stack.enter_context(validators(origin, folder))
        running = stack.enter_context(relayer(folder, origin, target))
        ready(running)
        warm = Watch(target, Mailbox.PROCESS_ID)
        dispatch(origin, recipient, 1)
        warm.until(1, 120)
        yield origin, target, recipient, running


def in_a_burst(origin: Core, target: Core, recipient: str, count: int) -> dict[str, Any]:
    """Many at once; counted from the first block that has any."""
    sent, arrived = Watch(origin, Mailbox.DISPATCH_ID), Watch(target, Mailbox.PROCESS_ID)
    dispatch_together(origin, recipient, count)
    while len(arrived.seen) < count:
        sent.look()
        arrived.look()
        time.sleep(0.02)
    seconds = max(arrived.seen.values()) - min(sent.seen.values())
    return {
        "messages": count,
        "messages/s": round(count / seconds, 1),
        "blocks of dispatches": len(set(sent.block.values())),
        "blocks of deliveries": len(set(arrived.block.values())),
    }


def main() -> None:
    """Measure and print; `--write` keeps the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS}")
    parser.add_argument("--only", choices=[*KINDS, "latency"])
    parser.add_argument("--seconds", type=float, default=30, help="of the stream")
    parser.add_argument("--burst", type=int, default=1_000)
    parser.add_argument("--keep", type=Path, help="folder for databases and logs")
    options = parser.parse_args()
    result: dict[str, Any] = {"load of the machine before": round(os.getloadavg()[0], 2)}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        for name, kind in KINDS.items():
            if options.only in (None, name):
                result[name] = throughput(kind, folder / name.replace(" ", "-"))
                print(json.dumps({name: result[name]}, indent=2))
        if options.only in (None, "latency"):
            result |= latency(folder / "latency", options.seconds, options.burst)
            print(json.dumps(result, indent=2))
    if options.write:
        RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
