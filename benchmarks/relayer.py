"""How fast the relayer is, with real processes: two anvils, five validators, a 3-of-5 multisig.

A backlog that was signed before the relayer starts is drained; then a steady stream measures how
long a single message takes. The ceiling is the same anvil, set back to where it was, fed with the
same deliveries as ready-made transactions. At last, a relayer with a long history in its store.
"""

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from benchmarks.anvil import Chain, anvil, free_port
from hyperlane.protocol.merkle import IncrementalMerkle
from hyperlane.protocol.message import Message
from hyperlane.store import tables
from hyperlane.store.database import Database
from hyperlane.store.operations import OperationStore, State

RESULTS = Path(__file__).parent / "results" / "relayer.json"
AGENT = Path(sys.executable).parent / "hyperlane-agent"
MNEMONIC = "test test test test test test test test test test test junk"
RELAYER, VALIDATORS = 9, range(1, 6)
THRESHOLD = 3
ORIGIN, TARGET = 1337, 7331
BLOCK_TIME = 1
MODULES = {
    "merkle root": "StaticMerkleRootMultisigIsm",
    "message id": "StaticMessageIdMultisigIsm",
}

Account.enable_unaudited_hdwallet_features()


def key(index: int) -> LocalAccount:
    """A development account."""
    account: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return account


def ready(running: "Agent") -> float:
    """Wait until an agent says that it is ready; the CPU seconds that took it there."""
    while True:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{running.port}/ready", timeout=5).close()
            return running.cpu_seconds()
        time.sleep(0.05)


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


def with_history(history: int, count: int, folder: Path) -> dict[str, Any]:
    """CPU and memory of a relayer with so many finished messages, delivering `count` more."""
    folder.mkdir(parents=True)
    with chains() as (origin, target):
        recipient = target.chain.deploy("TestRecipient").address
        asyncio.run(fill(origin, recipient, folder, history))
        for core in (origin, target):
            core.tick()
        watch = Watch(target, "ProcessId")
        with relayer(folder, origin, target) as running:
            before = ready(running)
            dispatch(origin, recipient, count)
            watch.until(count, 300)
            cpu = running.cpu_seconds() - before
            return {
                "finished messages in the store": history,
                "relayer CPU ms per message": round(1000 * cpu / count, 2),
                "peak memory MB": round(running.peak_memory() / 1e6, 1),
            }


@contextmanager
def chains() -> Iterator[tuple["Core", "Core"]]:
    """Two of them, with a core each."""
    with (
        anvil("--chain-id", str(ORIGIN)) as origin,
        anvil("--chain-id", str(TARGET)) as target,
    ):
        yield Core("alpha", ORIGIN, Chain(origin)), Core("beta", TARGET, Chain(target))


class Core:
    """A chain with a core on it."""

    def __init__(self, name: str, domain: int, chain: Chain) -> None:
        self.name, self.domain, self.chain = name, domain, chain
        self.mailbox = chain.deploy("Mailbox", domain)
        self.hook = chain.deploy("MerkleTreeHook", self.mailbox.address)
        ism, free = chain.deploy("NoopIsm"), chain.deploy("BareHook")
        chain.send(
            self.mailbox.functions.initialize(
                chain.sender, ism.address, free.address, self.hook.address
            )
        )
        self.announce = chain.deploy("ValidatorAnnounce", self.mailbox.address)

    @property
    def url(self) -> str:
        """Where its node listens."""
        return str(self.chain.web3.provider.endpoint_uri)  # type: ignore[attr-defined]

    def rpc(self, method: str, *parameters: object) -> Any:
        """A call's result."""
        return self.many([(method, parameters)])[0]

    def many(self, calls: Sequence[tuple[str, Sequence[object]]]) -> list[Any]:
        """Results of many calls in one request."""
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": list(parameters)}
            for number, (method, parameters) in enumerate(calls)
        ]
        request = urllib.request.Request(
            self.url, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=120) as response:
            answers = sorted(json.load(response), key=lambda item: int(item["id"]))
        if errors := [item["error"] for item in answers if "error" in item]:
            raise RuntimeError(str(errors[0]))
        return [item["result"] for item in answers]

    def settings(self) -> dict[str, Any]:
        """In an agent's configuration."""
        return {
            "name": self.name,
            "chainId": self.domain,
            "domainId": self.domain,
            "protocol": "ethereum",
            "rpcUrls": [{"http": self.url}],
            "blocks": {"reorgPeriod": 0, "estimateBlockTime": BLOCK_TIME},
            "index": {"interval": 0.2},
            "mailbox": self.mailbox.address,
            "merkleTreeHook": self.hook.address,
            "validatorAnnounce": self.announce.address,
        }

    def tick(self) -> None:
        """From now on a block comes every second."""
        self.rpc("evm_setAutomine", False)
        self.rpc("evm_setIntervalMining", BLOCK_TIME)

    def module(self, name: str) -> str:
        """A 3-of-5 multisig."""
        factory = self.chain.deploy(f"{name}Factory")
        members = [key(index).address for index in VALIDATORS]
        self.chain.send(factory.functions.deploy(members, THRESHOLD))
        return str(factory.functions.getAddress(members, THRESHOLD).call())


def dispatch(origin: Core, recipient: str, count: int) -> None:
    """Send messages, each in a transaction of its own."""
    word = bytes(12) + bytes.fromhex(recipient[2:])
    nonce = int(origin.rpc("eth_getTransactionCount", origin.chain.sender, "pending"), 16)
    calls = [
        {
            "from": origin.chain.sender,
            "nonce": hex(nonce + number),
            "to": origin.mailbox.address,
            "gas": hex(120_000),
            "maxFeePerGas": hex(10**12),
            "maxPriorityFeePerGas": hex(10**9),
            "data": origin.mailbox.encode_abi("dispatch", [TARGET, word, os.urandom(68)]),
        }
        for number in range(count)
    ]
    for start in range(0, count, 100):
        origin.many([("eth_sendTransaction", (item,)) for item in calls[start : start + 100]])


@dataclass
class Agent:
    """A running agent."""

    process: subprocess.Popen[bytes]
    port: int

    def metrics(self) -> str:
        """Its metrics page; empty while there is none."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/metrics", timeout=5
            ) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    def peak_memory(self) -> int:
        """Most bytes that were resident."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])

    def cpu_seconds(self) -> float:
        """Spent so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def agent(kind: str, folder: Path, config: dict[str, Any]) -> Iterator[Agent]:
    """Start an agent; end it with the block."""
    port = free_port()
    path = folder.with_suffix(".json")
    path.write_text(json.dumps({"db": str(folder), "metricsPort": port, **config}))
    with folder.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen([AGENT, kind, "--config", str(path)], stdout=log, stderr=log)
        try:
            yield Agent(process, port)
        finally:
            process.terminate()
            process.wait()


@contextmanager
def validators(origin: Core, folder: Path) -> Iterator[list[Path]]:
    """Five validators; their storage folders."""
    with ExitStack() as stack:
        stores = []
        for index in VALIDATORS:
            stores.append(folder / f"checkpoints-{index}")
            config = {
                "chains": {origin.name: origin.settings()},
                "originChainName": origin.name,
                "validator": {"key": bytes(key(index).key).hex()},
                "checkpointSyncer": {"type": "localStorage", "path": str(stores[-1])},
                "interval": 0.2,
                "log": {"level": "warn"},
            }
            stack.enter_context(agent("validator", folder / f"validator-{index}", config))
        yield stores


def relayer(folder: Path, *cores: Core) -> Any:
    """A relayer between chains."""
    config = {
        "chains": {core.name: core.settings() for core in cores},
        "relayChains": ",".join(core.name for core in cores),
        "defaultSigner": {"key": bytes(key(RELAYER).key).hex()},
        "allowLocalCheckpointSyncers": True,
        "log": {"level": "info", "format": "json"},
    }
    return agent("relayer", folder / "relayer", config)


class Watch:
    """Sees blocks of a chain as they come, and which messages they hold."""

    def __init__(self, core: Core, event: str) -> None:
        self.core, self.event = core, event
        self.seen: dict[bytes, float] = {}
        self._next = core.rpc("eth_blockNumber")
        self._next = int(self._next, 16) + 1

    def look(self) -> None:
        """Note what is new."""
        latest = int(self.core.rpc("eth_blockNumber"), 16)
        if latest < self._next:
            return
        now = time.monotonic()
        events = self.core.mailbox.events[self.event]()
        for item in events.get_logs(from_block=self._next, to_block=latest):
            self.seen.setdefault(bytes(item["args"]["messageId"]), now)
        self._next = latest + 1

    def until(self, count: int, seconds: float) -> None:
        """Wait until so many messages were seen."""
        deadline = time.monotonic() + seconds
        while len(self.seen) < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(self.seen)} of {count} {self.event} in {seconds} s")
            self.look()
            time.sleep(0.02)


def until_signed(stores: Sequence[Path], index: int) -> None:
    """Wait until all validators have signed a leaf."""
    deadline = time.monotonic() + 120
    while True:
        latest = [path / "index.json" for path in stores]
        if all(path.exists() and int(path.read_text()) >= index for path in latest):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"leaf {index} was not signed in time")
        time.sleep(0.1)


def drain(origin: Core, target: Core, recipient: str, count: int, folder: Path) -> dict[str, Any]:
    """The backlog, then the stream, then the ceiling."""
    dispatch(origin, recipient, count)
    with validators(origin, folder) as stores:
        until_signed(stores, count - 1)
        snapshot = target.rpc("evm_snapshot")
        first = int(target.rpc("eth_blockNumber"), 16) + 1
        watch = Watch(target, "ProcessId")
        began = time.monotonic()
        with relayer(folder, origin, target) as running:
            started = ready(running)
            ready_at = time.monotonic()
            watch.until(count, 600)
            ended = max(watch.seen.values())
            first_delivery = min(watch.seen.values())
            cpu = running.cpu_seconds() - started
            result: dict[str, Any] = {
                "messages": count,
                "messages/s from the relayer's start": round(count / (ended - began), 1),
                "messages/s once it is ready": round(count / (ended - ready_at), 1),
                "seconds to the first delivery": round(first_delivery - began, 2),
                "CPU seconds to start": round(started, 2),
                "relayer CPU ms per message": round(1000 * cpu / count, 2),
                "transactions": relayer_transactions(target),
            }
            gas = [
                int(item["gasUsed"], 16)
                for item in target.many(
                    [("eth_getTransactionReceipt", (item,)) for item in transactions(target, first)]
                )
            ]
            result["gas per message"] = sum(gas) // count
            result["stream"] = stream(origin, target, recipient)
            calls = rpc_calls(running) / (count + result["stream"]["messages"])
            result["RPC calls per message"] = round(calls, 2)
            result["peak memory MB"] = round(running.peak_memory() / 1e6, 1)
    result["ceiling"] = ceiling(target, snapshot, first, count)
    best = result["ceiling"]["messages/s, same batches"]
    rate = result["messages/s once it is ready"]
    result["share of the ceiling"] = round(rate / best, 2)
    return result


def rpc_calls(running: Agent) -> float:
    """Calls so far, of any kind; the relayer shows them every five seconds."""
    time.sleep(6)
    lines = running.metrics().splitlines()
    return sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith("hyperlane_request_count{")
    )


def stream(origin: Core, target: Core, recipient: str) -> dict[str, Any]:
    """Ten messages a second, for half a minute."""
    sent, arrived = Watch(origin, "DispatchId"), Watch(target, "ProcessId")
    began = time.monotonic()
    count = 0
    while (passed := time.monotonic() - began) < 30:
        if count < 10 * passed:
            dispatch(origin, recipient, 1)
            count += 1
        sent.look()
        arrived.look()
        time.sleep(0.02)
    sent.until(count, 30)
    arrived.until(count, 60)
    waits = sorted(arrived.seen[item] - sent.seen[item] for item in sent.seen)
    return {
        "messages": count,
        "seconds from block to block, p50": round(statistics.median(waits), 2),
        "seconds from block to block, p95": round(waits[int(0.95 * len(waits))], 2),
        "seconds from block to block, worst": round(waits[-1], 2),
    }


def relayer_transactions(target: Core) -> int:
    """Sent so far."""
    return int(target.rpc("eth_getTransactionCount", key(RELAYER).address, "latest"), 16)


def transactions(target: Core, first: int) -> list[str]:
    """Hashes of the relayer's transactions from a block on."""
    latest = int(target.rpc("eth_blockNumber"), 16)
    blocks = target.many(
        [("eth_getBlockByNumber", (hex(number), False)) for number in range(first, latest + 1)]
    )
    return [item for block in blocks for item in block["transactions"]]


def ceiling(target: Core, snapshot: str, first: int, count: int) -> dict[str, Any]:
    """What the node takes when nobody has to think."""
    hashes = transactions(target, first)
    raw = target.many([("eth_getRawTransactionByHash", (item,)) for item in hashes])
    target.rpc("evm_revert", snapshot)
    watch = Watch(target, "ProcessId")
    began = time.monotonic()
    while len(watch.seen) < count:
        # Again and again: anvil forgets those that follow one for which a block has no room left.
        for item in raw:
            with contextlib.suppress(RuntimeError):
                target.rpc("eth_sendRawTransaction", item)
        with contextlib.suppress(RuntimeError):
            watch.until(count, BLOCK_TIME / 2)
    seconds = max(watch.seen.values()) - began
    return {"messages/s, same batches": round(count / seconds, 1), "seconds": round(seconds, 2)}


def main() -> None:
    """Measure and print; `--write` keeps the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS}")
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--history", type=int, default=100_000)
    parser.add_argument("--module", choices=MODULES, default="merkle root")
    parser.add_argument("--keep", type=Path, help="folder for databases and logs")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        result: dict[str, Any] = {"load of the machine before": os.getloadavg()[0]}
        origin, target = stack.enter_context(chains())
        recipient = target.chain.deploy("TestRecipient")
        module = target.module(MODULES[options.module])
        target.chain.send(recipient.functions.setInterchainSecurityModule(module))
        for core in (origin, target):
            core.tick()
        result |= drain(origin, target, recipient.address, options.messages, folder)
        result["history"] = [
            with_history(history, options.messages, folder / f"history-{history}")
            for history in (0, options.history)
        ]
    print(json.dumps(result, indent=2))
    if options.write:
        RESULTS.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
