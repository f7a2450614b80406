"""Two chains with a core each, agents between them, and what both do: for measurements.

The ceiling of a measurement is the same node, set back to where it was, fed with the same
transactions ready-made.
"""

import contextlib
import json
import os
import statistics
import subprocess
import sys
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
from hyperlane.chain.abi import Event, Mailbox
from hyperlane.protocol.typecasts import to_hex

AGENT = Path(sys.executable).parent / "hyperlane-agent"
MNEMONIC = "test test test test test test test test test test test junk"
RELAYER, VALIDATORS = 9, range(1, 6)
THRESHOLD = 3
ORIGIN, TARGET = 1337, 7331
BLOCK_TIME = 1
MESSAGE_ID, MERKLE_ROOT = "StaticMessageIdMultisigIsm", "StaticMerkleRootMultisigIsm"
_TOGETHER = 100
"""Transactions in one request."""
_LARGEST = 1_000_000
"""Bytes of transactions in one request."""

Account.enable_unaudited_hdwallet_features()


def key(index: int) -> LocalAccount:
    """A development account."""
    account: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    return account


@contextmanager
def chains(*options: str) -> Iterator[tuple["Core", "Core"]]:
    """Two of them, with a core each and the same options of anvil."""
    with (
        anvil("--chain-id", str(ORIGIN), *options) as origin,
        anvil("--chain-id", str(TARGET), *options) as target,
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
        self.sequence = chain.deploy("Sequence")
        self.paymaster = ""

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
            **({"interchainGasPaymaster": self.paymaster} if self.paymaster else {}),
        }

    def tick(self) -> None:
        """From now on a block comes every second."""
        self.rpc("evm_setAutomine", False)
        self.rpc("evm_setIntervalMining", BLOCK_TIME)

    def deploy_paymaster(self) -> Any:
        """A paymaster that charges next to nothing for the other chain."""
        paymaster = self.chain.deploy("InterchainGasPaymaster")
        self.chain.send(paymaster.functions.initialize(self.chain.sender, self.chain.sender))
        self.chain.send(paymaster.functions.setRemoteGasData((TARGET, 10**10, 1)))
        configs = [(TARGET, (paymaster.address, 0))]
        self.chain.send(paymaster.functions.setDestinationGasConfigs(configs))
        self.paymaster = paymaster.address
        return paymaster

    def module(self, name: str) -> str:
        """A 3-of-5 multisig."""
        factory = self.chain.deploy(f"{name}Factory")
        members = [key(index).address for index in VALIDATORS]
        self.chain.send(factory.functions.deploy(members, THRESHOLD))
        return str(factory.functions.getAddress(members, THRESHOLD).call())


def recipient_of(target: Core, module: str | None) -> str:
    """A recipient with such a module."""
    recipient = target.chain.deploy("TestRecipient")
    address = target.module(module) if module else target.chain.deploy("NoopIsm").address
    target.chain.send(recipient.functions.setInterchainSecurityModule(address))
    return str(recipient.address)


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


def dispatch_together(origin: Core, recipient: str, count: int) -> None:
    """Send messages, a hundred in one transaction."""
    word = bytes(12) + bytes.fromhex(recipient[2:])
    for start in range(0, count, _TOGETHER):
        size = min(_TOGETHER, count - start)
        calls = [
            origin.mailbox.encode_abi("dispatch", [TARGET, word, os.urandom(68)])
            for _ in range(size)
        ]
        call = origin.sequence.functions.run([origin.mailbox.address] * size, calls)
        call.transact({"from": origin.chain.sender, "gas": 15_000_000})


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


def ready(running: "Agent") -> float:
    """Wait until an agent says that it is ready; the CPU seconds that took it there."""
    while True:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{running.port}/ready", timeout=5).close()
            return running.cpu_seconds()
        time.sleep(0.05)


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


def relayer(folder: Path, *cores: Core, **more: Any) -> Any:
    """A relayer between chains; `more` goes into the settings of each chain."""
    config = {
        "chains": {core.name: core.settings() | more for core in cores},
        "relayChains": ",".join(core.name for core in cores),
        "defaultSigner": {"key": bytes(key(RELAYER).key).hex()},
        "allowLocalCheckpointSyncers": True,
        "log": {"level": "info", "format": "json"},
    }
    return agent("relayer", folder / "relayer", config)


class Watch:
    """Sees blocks of a chain as they come, and which messages they hold."""

    def __init__(self, core: Core, event: Event, pause: float = 0.05) -> None:
        self.core, self.event, self.pause = core, event, pause
        self.seen: dict[str, float] = {}
        """Times by the ids of messages."""
        self.block: dict[str, int] = {}
        self._next = int(core.rpc("eth_blockNumber"), 16) + 1

    def look(self) -> None:
        """Note what is new."""
        latest = int(self.core.rpc("eth_blockNumber"), 16)
        if latest < self._next:
            return
        now = time.monotonic()
        query = {
            "address": self.core.mailbox.address,
            "topics": [to_hex(self.event.topic)],
            "fromBlock": hex(self._next),
            "toBlock": hex(latest),
        }
        for item in self.core.rpc("eth_getLogs", query):
            self.seen.setdefault(item["topics"][1], now)
            self.block.setdefault(item["topics"][1], int(item["blockNumber"], 16))
        self._next = latest + 1

    def until(self, count: int, seconds: float) -> None:
        """Wait until so many messages were seen."""
        deadline = time.monotonic() + seconds
        while len(self.seen) < count:
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"{len(self.seen)} of {count} {self.event.signature} in {seconds} s"
                )
            self.look()
            time.sleep(self.pause)


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


def stream(origin: Core, target: Core, recipient: str, seconds: float) -> dict[str, Any]:
    """Two messages a second; the seconds that each takes from block to block."""
    sent, arrived = Watch(origin, Mailbox.DISPATCH_ID), Watch(target, Mailbox.PROCESS_ID)
    began, count = time.monotonic(), 0
    while (passed := time.monotonic() - began) < seconds:
        if count < 2 * passed:
            dispatch(origin, recipient, 1)
            count += 1
        sent.look()
        arrived.look()
        time.sleep(0.02)
    sent.until(count, 30)
    arrived.until(count, 300)
    waits = sorted(arrived.seen[item] - sent.seen[item] for item in sent.seen)
    return {
        "messages": count,
        "p50": round(statistics.median(waits), 2),
        "p90": round(waits[int(0.9 * len(waits))], 2),
        "worst": round(waits[-1], 2),
    }


def rpc_calls(running: Agent) -> float:
    """Calls so far, of any kind; the relayer shows them every five seconds."""
    time.sleep(6)
    lines = running.metrics().splitlines()
    return sum(
        float(line.rpartition(" ")[2])
        for line in lines
        if line.startswith("hyperlane_request_count{")
    )


def transactions(target: Core, first: int) -> list[dict[str, Any]]:
    """The relayer's transactions from a block on, with their receipts, in the order of blocks."""
    latest, ours = int(target.rpc("eth_blockNumber"), 16), key(RELAYER).address.lower()
    found: list[dict[str, Any]] = []
    for start in range(first, latest + 1, _TOGETHER):
        numbers = range(start, min(start + _TOGETHER, latest + 1))
        blocks = target.many([("eth_getBlockByNumber", (hex(each), True)) for each in numbers])
        receipts = target.many([("eth_getBlockReceipts", (hex(each),)) for each in numbers])
        for block, items in zip(blocks, receipts, strict=True):
            pairs = zip(block["transactions"], items, strict=True)
            found += [one | other for one, other in pairs if one["from"] == ours]
    return found


def replay(target: Core, snapshot: str, sent: Sequence[dict[str, Any]], count: int) -> float:
    """Messages a second that the node delivers when it is fed with these transactions again."""
    raw = [target.rpc("eth_getRawTransactionByHash", item["transactionHash"]) for item in sent]
    target.rpc("evm_revert", snapshot)
    watch = Watch(target, Mailbox.PROCESS_ID)
    began = time.monotonic()
    while len(watch.seen) < count:
        # Again and again: anvil forgets those that follow one for which a block has no room left.
        for part in _parts(raw):
            with contextlib.suppress(RuntimeError):
                target.many([("eth_sendRawTransaction", (item,)) for item in part])
        with contextlib.suppress(RuntimeError):
            watch.until(count, BLOCK_TIME)
    return count / (max(watch.seen.values()) - began)


def _parts(raw: Sequence[str]) -> Iterator[list[str]]:
    """Groups of transactions, none too large for a request."""
    part: list[str] = []
    for item in raw:
        if part and (len(part) == _TOGETHER or sum(map(len, part)) + len(item) > _LARGEST):
            yield part
            part = []
        part.append(item)
    yield part
