"""How long a transfer takes by the reorg period of its route: the fast path beside the default.

Two anvils with a block a second; five validators, 3 of 5, and a relayer, all real processes. `fast`
has `reorgPeriod` 1 and an `interval` of a second. `default` says nothing, and so waits for the
safest block that the node offers: on a chain this young, `safe`, 32 behind.
"""

import json
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.relaying import (
    MESSAGE_ID,
    RELAYER,
    VALIDATORS,
    Core,
    Watch,
    agent,
    chains,
    dispatch,
    key,
    ready,
)
from hyperlane.chain.abi import Mailbox

RESULTS = Path(__file__).parent / "results" / "fast_path.json"
PATHS: dict[str, tuple[dict[str, int], dict[str, int]]] = {
    "fast": ({"reorgPeriod": 1}, {"interval": 1}),
    "default": ({}, {}),
}
COUNT = 20


def settings(core: Core, blocks: dict[str, int]) -> dict[str, Any]:
    """A chain with the block time alone, and what the path says."""
    return core.settings() | {"blocks": {"estimateBlockTime": 1, **blocks}, "index": {}}


def measure(blocks: dict[str, int], validator: dict[str, int], folder: Path) -> dict[str, Any]:
    """Seconds from a message's block to the block that delivers it, as a client sees them."""
    with chains() as (origin, target), ExitStack() as stack:
        module = target.module(MESSAGE_ID)
        recipient = target.chain.deploy("TestRecipient")
        target.chain.send(recipient.functions.setInterchainSecurityModule(module))
        both = {core.name: settings(core, blocks) for core in (origin, target)}
        for core in (origin, target):
            core.tick()
        for index in VALIDATORS:
            config = {
                "chains": {origin.name: both[origin.name]},
                "originChainName": origin.name,
                "validator": {"key": bytes(key(index).key).hex()},
                "checkpointSyncer": {"type": "localStorage", "path": str(folder / f"v{index}")},
                **validator,
            }
            stack.enter_context(agent("validator", folder / f"validator-{index}", config))
        relaying = {
            "chains": both,
            "relayChains": ",".join(both),
            "defaultSigner": {"key": bytes(key(RELAYER).key).hex()},
            "allowLocalCheckpointSyncers": True,
        }
        ready(stack.enter_context(agent("relayer", folder / "relayer", relaying)))
        return waits(origin, target, recipient.address)


def waits(origin: Core, target: Core, recipient: str) -> dict[str, Any]:
    """One transfer every 1.7 seconds, so that they fall on all parts of a block."""
    sent, arrived = Watch(origin, Mailbox.DISPATCH_ID), Watch(target, Mailbox.PROCESS_ID)
    began, count = time.monotonic(), 0
    while count < COUNT or len(arrived.seen) < COUNT:
        if count < COUNT and time.monotonic() - began > 1.7 * count:
            dispatch(origin, recipient, 1)
            count += 1
        sent.look()
        arrived.look()
        if time.monotonic() - began > 600:
            raise RuntimeError(f"{len(arrived.seen)} of {COUNT} arrived in 600 s")
        time.sleep(0.02)
    found = sorted(arrived.seen[item] - sent.seen[item] for item in sent.seen)
    return {
        "messages": COUNT,
        "seconds, median": round(statistics.median(found), 1),
        "seconds, 9 of 10": round(found[9 * len(found) // 10], 1),
        "seconds, slowest": round(found[-1], 1),
    }


def main() -> None:
    """Measure both, and keep the figures."""
    results = {}
    for name, (blocks, validator) in PATHS.items():
        with tempfile.TemporaryDirectory() as folder:
            results[name] = measure(blocks, validator, Path(folder))
        print(name, results[name])
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
