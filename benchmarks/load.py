"""What a long backlog costs: 100,000 unpaid messages wait, and now and then somebody pays for one.

Two anvils with a block each second, a relayer for unpaid and paid messages, modules that believe
everything. Told are the processor's time for each message that is delivered meanwhile, how many
transactions wait for a block, and how long the paid ones take: in blocks of the destination, from
the moment when the message's own block is there.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.relaying import (
    RELAYER,
    TARGET,
    Agent,
    Core,
    Watch,
    chains,
    dispatch_together,
    key,
    ready,
    recipient_of,
    relayer,
)
from hyperlane.chain.abi import Mailbox

RESULTS = Path(__file__).parent / "results" / "load.json"
_PAUSE = 5.0
"""Seconds between paid messages."""


def behind(unpaid: int, paid: int, folder: Path) -> dict[str, Any]:
    """Deliver a backlog, with paid messages in between."""
    with chains() as (origin, target):
        recipient = recipient_of(target, None)
        paymaster = origin.deploy_paymaster()
        dispatch_together(origin, recipient, unpaid)
        for core in (origin, target):
            core.tick()
        watch = Watch(target, Mailbox.PROCESS_ID)
        with relayer(folder, origin, target) as running:
            ready(running)
            until_waiting(running, unpaid, watch)
            began, cpu, done = time.monotonic(), running.cpu_seconds(), len(watch.seen)
            unmined, blocks = 0, []
            for _ in range(paid):
                wait = until_delivered(watch, origin, paymaster.address, recipient)
                blocks.append(wait["blocks"])
                unmined = max(unmined, wait["unmined"])
            delivered = len(watch.seen) - done
            spent, seconds = running.cpu_seconds() - cpu, time.monotonic() - began
            return {
                "unpaid messages": unpaid,
                "of which waited at the end": unpaid + paid - len(watch.seen),
                "messages/s meanwhile": round(delivered / seconds, 1),
                "CPU ms per message": round(1000 * spent / delivered, 2),
                "most transactions without a block": unmined,
                "blocks until a paid message is delivered": blocks,
                "peak memory MB": round(running.peak_memory() / 1e6, 1),
            }


def until_waiting(running: Agent, count: int, watch: Watch) -> None:
    """Wait until the relayer knows the whole backlog."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        watch.look()
        waiting = sum(
            float(line.rpartition(" ")[2])
            for line in running.metrics().splitlines()
            if line.startswith("hyperlane_submitter_queue_length{")
        )
        if waiting + len(watch.seen) >= count:
            return
        time.sleep(0.5)
    raise RuntimeError("the backlog is not known after 300 s")


def until_delivered(watch: Watch, origin: Core, paymaster: str, recipient: str) -> dict[str, int]:
    """Pay for a message and wait for its delivery: blocks until then, and unmined transactions."""
    sent = Watch(origin, Mailbox.DISPATCH_ID)
    pay(origin, paymaster, recipient)
    sent.until(1, 60)
    (message,) = sent.seen
    began, unmined = int(watch.core.rpc("eth_blockNumber"), 16), 0
    ends, deadline = time.monotonic() + _PAUSE, time.monotonic() + 300
    while message not in watch.seen or time.monotonic() < ends:
        if time.monotonic() > deadline:
            raise RuntimeError("a paid message was not delivered in 300 s")
        watch.look()
        unmined = max(unmined, in_flight(watch.core))
        time.sleep(watch.pause)
    return {"blocks": watch.block[message] - began, "unmined": unmined}


def pay(origin: Core, paymaster: str, recipient: str) -> None:
    """Send a message and pay for its delivery, in one transaction."""
    word = bytes(12) + bytes.fromhex(recipient[2:])
    arguments = (TARGET, word, os.urandom(68), b"", paymaster)
    types = "(uint32,bytes32,bytes,bytes,address)"
    functions = origin.mailbox.functions
    fee = functions[f"quoteDispatch{types}"](*arguments).call()
    functions[f"dispatch{types}"](*arguments).transact(
        {"from": origin.chain.sender, "value": fee, "gas": 300_000}
    )


def in_flight(target: Core) -> int:
    """Transactions of the relayer that are in no block."""
    address = key(RELAYER).address
    counts = [
        int(target.rpc("eth_getTransactionCount", address, tag), 16)
        for tag in ("latest", "pending")
    ]
    return counts[1] - counts[0]


def main() -> None:
    """Measure and print; `--write` keeps the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS}")
    parser.add_argument("--unpaid", type=int, default=100_000)
    parser.add_argument("--paid", type=int, default=6)
    parser.add_argument("--keep", type=Path, help="folder for the database and logs")
    options = parser.parse_args()
    result: dict[str, Any] = {"load of the machine before": round(os.getloadavg()[0], 2)}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        result |= behind(options.unpaid, options.paid, folder)
    print(json.dumps(result, indent=2))
    if options.write:
        RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
