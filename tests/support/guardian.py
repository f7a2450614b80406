"""An arena for attacks on a guardian: its chains, signers that sign anything, and ways to deliver.

Time passes only when the arena says so: both chains mine on command, at times of its own. So a test
counts blocks and not seconds, however busy the machine is.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select
from tests.support.devnet import Devnet, key
from tests.support.words import b32, raw

from hyperlane.agents.runtime.alerting import Alerter
from hyperlane.agents.runtime.chain import connect
from hyperlane.agents.runtime.loops import TRANSIENT
from hyperlane.agents.runtime.process import Runtime, start
from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.deliveries.convicting import Court
from hyperlane.agents.watchtower.deliveries.guardian import Guardian
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.chain.client import Consensus
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.ism_metadata import encode_aggregation
from hyperlane.protocol.message import VERSION, Message
from hyperlane.protocol.multisig_metadata import (
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata,
)
from hyperlane.protocol.typecasts import to_hex
from hyperlane.settings import WatchtowerSettings
from hyperlane.store import tables
from hyperlane.store.sequences import InsertionStore
from hyperlane.store.sightings import SightingStore

SIGNERS = (1, 2)
"""Development accounts of the validators, both of which the guarded modules want."""
GUARDIAN, SECOND_GUARDIAN, WATCHTOWER, THIEF = 6, 7, 9, 4
BLOCK_TIME = 12
"""Seconds between two blocks of the destination."""
PAUSE = 86_400
"""Seconds for which a guardian can pause."""
GAS = 25_000_000
ROUTES = ("the default module", "its own", "merkle roots", "routed", "nested")
"""How the recipient of a forged message is secured; each can be paused."""
WAYS = ("process", "oddly", "processBatch", "multicall", "in the dark", "reentering")
"""How a message is delivered; the last two are found in traces only."""


@dataclass(frozen=True, slots=True)
class Forged:
    """A message that nobody sent, and what makes a module believe it."""

    message: Message
    metadata: bytes
    checkpoint: Checkpoint
    """What the signers signed."""

    @property
    def id(self) -> bytes:
        return self.message.id


@dataclass
class Arena:
    """An origin, and a destination with a pause in each module that matters."""

    origin: Devnet
    target: Devnet
    dice: random.Random
    recipients: dict[str, Any] = field(default_factory=dict)
    now: int = 0

    def __post_init__(self) -> None:
        target = self.target
        guardians = [key(GUARDIAN).address, key(SECOND_GUARDIAN).address]
        self.pause = target.deploy("GuardedPausableIsm", key(0).address, guardians, PAUSE)
        self.mailbox = target.contracts["mailbox"]
        self.multicall = target.deploy("TestMulticall3")
        self.dispatcher = self.origin.deploy("TestMulticall3")
        self.open = target.recipient(target.deploy("NoopIsm"))
        """A recipient of genuine messages."""
        self.trampoline = target.deploy("CallingRecipient")
        signers = [key(index).address for index in SIGNERS]
        self.by_id = target.message_id_multisig(signers, len(SIGNERS))
        self.by_root = target.merkle_root_multisig(signers, len(SIGNERS))
        self._secure()
        self.now = max(self.head(chain)["timestamp"] for chain in self.chains) + 1
        for chain in self.chains:
            chain.rpc("evm_setAutomine", False)

    @property
    def chains(self) -> tuple[Devnet, Devnet]:
        return self.origin, self.target

    def _secure(self) -> None:
        target = self.target
        guarded = target.aggregation([self.pause.address, self.by_id.address], 2)
        roots = target.aggregation([self.pause.address, self.by_root.address], 2)
        either = target.aggregation([self.by_id.address, self.by_root.address], 1)
        nested = target.aggregation([self.pause.address, either.address], 2)
        routing = target.deploy("DomainRoutingIsm")
        target.send(
            routing.functions.initialize(key(0).address, [self.origin.chain_id], [guarded.address])
        )
        # The recipient of deliveries within deliveries takes genuine messages like any other.
        target.send(self.mailbox.functions.setDefaultIsm(guarded.address))
        self.recipients = {
            "the default module": target.recipient(),
            "its own": target.recipient(guarded),
            "merkle roots": target.recipient(roots),
            "routed": target.recipient(routing),
            "nested": target.recipient(nested),
        }

    # Time and blocks

    def head(self, chain: Devnet) -> Any:
        return chain.w3.eth.get_block("latest")

    def mine(self, chain: Devnet, seconds: int = 1) -> int:
        """Mines what waits in one block, so many seconds later; its number."""
        self.now += seconds
        chain.rpc("evm_setNextBlockTimestamp", self.now)
        chain.rpc("evm_mine")
        return int(self.head(chain)["number"])

    def submit(self, chain: Devnet, transaction: dict[str, Any], sender: int = THIEF) -> Any:
        """Sends a transaction of a development account, which waits for a block."""
        return chain.w3.eth.send_transaction(
            {"from": key(sender).address, "gas": GAS, **transaction}
        )

    def include(self, chain: Devnet, *calls: Any, sender: int = 0) -> int:
        """Has calls of a contract included in the next block; its number."""
        sent = [
            call.transact({"from": key(sender).address, "gas": GAS // len(calls)}) for call in calls
        ]
        number = self.mine(chain)
        for each in sent:
            receipt = chain.w3.eth.get_transaction_receipt(each)
            assert receipt["status"] == 1, receipt
        return number

    def reorganise(self, chain: Devnet, depth: int) -> None:
        """Replaces the last blocks by empty ones."""
        chain.rpc("anvil_reorg", depth, [])
        self.now = max(self.now, self.head(chain)["timestamp"])

    # Genuine messages

    def dispatch(self, count: int = 1, recipient: Any = None) -> list[Message]:
        """Sends messages in one block of the origin."""
        mailbox = self.origin.contracts["mailbox"]
        arguments = [
            (
                self.target.chain_id,
                b32(recipient or self.open),
                self.dice.randbytes(self.dice.randint(0, 40)),
            )
            for _ in range(count)
        ]
        calls = [
            (mailbox.address, False, mailbox.encode_abi("dispatch", list(each)))
            for each in arguments
        ]
        number = self.include(self.origin, self.dispatcher.functions.aggregate3(calls))
        return self.dispatched(number)

    def dispatched(self, first: int, last: int | None = None) -> list[Message]:
        """The messages that blocks of the origin sent."""
        event = self.origin.contracts["mailbox"].events.Dispatch()
        logs = event.get_logs(from_block=first, to_block=first if last is None else last)
        return [Message.decode(bytes(item["args"]["message"])) for item in logs]

    def deliver(self, messages: Sequence[Message]) -> int:
        """Delivers genuine messages in one block of the destination, whose number is returned."""
        encoded = [message.encode() for message in messages]
        call = self.mailbox.functions.processBatch([b""] * len(encoded), encoded)
        number = self.include(self.target, call)
        assert all(map(self.target.delivered, messages))
        return number

    def foreign(self, origin: int) -> Message:
        """A message that claims to be of another origin, for the recipient that takes anything."""
        return Message(
            VERSION,
            self.dice.randrange(2**32),
            origin,
            self.dice.randbytes(32),
            self.target.chain_id,
            b32(self.open),
            b"",
        )

    # Forged messages

    def forge(self, route: str, like: Message | None = None, hook: bytes | None = None) -> Forged:
        """A message that nobody sent: beyond the count, or in the place of another one."""
        count = self.origin.contracts["mailbox"].functions.nonce().call()
        nonce = count + self.dice.choice((0, 1, 7, 10_000)) if like is None else like.nonce
        return self.vouch(
            route,
            Message(
                VERSION,
                nonce,
                self.origin.chain_id,
                self.dice.randbytes(32),
                self.target.chain_id,
                b32(self.recipients[route]),
                self.dice.randbytes(self.dice.randint(0, 64)),
            ),
            hook,
        )

    def vouch(self, route: str, message: Message, hook: bytes | None = None) -> Forged:
        """Signatures for whatever the thief wants, as the module of a route believes them."""
        by_root = route == "merkle roots" or (route == "nested" and self.dice.random() < 0.5)
        hook = hook or b32(self.origin.contracts["merkleTreeHook"])
        wanted = (self._root_metadata if by_root else self._id_metadata)(message, hook)
        checkpoint = wanted.checkpoint(message)
        signed = replace(
            wanted, signatures=tuple(checkpoint.sign(key(index)) for index in SIGNERS)
        ).encode()
        if route == "nested":
            signed = encode_aggregation([None, signed] if by_root else [signed, None])
        return Forged(message, encode_aggregation([b"", signed]), checkpoint)

    def _id_metadata(self, message: Message, hook: bytes) -> MessageIdMultisigMetadata:
        return MessageIdMultisigMetadata(hook, self.dice.randbytes(32), message.nonce, ())

    def _root_metadata(self, message: Message, hook: bytes) -> MerkleRootMultisigMetadata:
        proof = tuple(self.dice.randbytes(32) for _ in range(32))
        signed = message.nonce + self.dice.randint(0, 3)
        return MerkleRootMultisigMetadata(
            hook, message.nonce, self.dice.randbytes(32), proof, signed, ()
        )

    def process(self, message: Message, metadata: bytes) -> str:
        """Calldata of a plain delivery."""
        return str(self.mailbox.encode_abi("process", [metadata, message.encode()]))

    def plant(self, way: str, forged: Forged, beside: Sequence[Message]) -> None:
        """Submits the delivery of a forged message, in a way of the thief; `beside`: genuine ones
        that are delivered in the same transaction where the way allows for it."""
        call = self.process(forged.message, forged.metadata)
        if way == "process":
            self.submit(self.target, {"to": self.mailbox.address, "data": call})
        elif way == "oddly":
            odd = oddly(bytes.fromhex(call[2:10]), forged)
            self.submit(self.target, {"to": self.mailbox.address, "data": to_hex(odd)})
        elif way == "processBatch":
            place = self.dice.randint(0, len(beside))
            pairs = [(b"", each.encode()) for each in beside]
            pairs.insert(place, (forged.metadata, forged.message.encode()))
            batch = self.mailbox.encode_abi(
                "processBatch", list(map(list, zip(*pairs, strict=True)))
            )
            self.submit(self.target, {"to": self.mailbox.address, "data": batch})
        elif way == "multicall":
            calls = [
                (self.mailbox.address, False, data)
                for data in [*(self.process(each, b"") for each in beside), call]
            ]
            data = self.multicall.encode_abi("aggregate3", [calls])
            self.submit(self.target, {"to": self.multicall.address, "data": data})
        elif way == "in the dark":
            self.submit(
                self.target, {"data": in_the_dark(raw(self.mailbox), bytes.fromhex(call[2:]))}
            )
        else:
            self._reenter(call)

    def _reenter(self, call: str) -> None:
        """Delivers from within the delivery of a genuine message."""
        prepare = self.trampoline.functions.prepare(self.mailbox.address, call)
        self.include(self.target, prepare)
        (honest,) = self.dispatch(recipient=self.trampoline)
        # The trampoline has the default module, which the signers serve as well.
        metadata = self.vouch("the default module", honest).metadata
        self.submit(
            self.target, {"to": self.mailbox.address, "data": self.process(honest, metadata)}
        )

    def is_paused(self) -> bool:
        return bool(self.pause.functions.paused().call())

    def unpause(self) -> None:
        """As the owner does."""
        self.include(self.target, self.pause.functions.unpause())

    def refusal(self, forged: Forged) -> str:
        """Why the destination refuses a delivery; empty if it does not."""
        call = {"from": key(THIEF).address, "to": self.mailbox.address}
        answer = self.target.w3.provider.make_request(
            "eth_call", [{**call, "data": self.process(forged.message, forged.metadata)}, "latest"]
        )
        return str(answer.get("error", {}).get("data", "")) if "error" in answer else ""


ENFORCED_PAUSE = "0xd93c0665"
"""Selector of `EnforcedPause()`."""


def oddly(selector: bytes, forged: Forged) -> bytes:
    """A call as no encoder makes it: the message first, a gap, and no padding."""
    message, gap = forged.message.encode(), b"\x13" * 5
    first = 64 + len(gap)
    second = first + 32 + len(message)
    words = (value.to_bytes(32) for value in (second, first))
    parts = (message, forged.metadata)
    blobs = (len(part).to_bytes(32) + part for part in parts)
    return selector + b"".join(words) + gap + b"".join(blobs)


def in_the_dark(to: bytes, calldata: bytes) -> str:
    """Code of a creation that makes a call. The calldata is nowhere in it: each bit is inverted."""
    size = len(calldata).to_bytes(2)
    hidden = bytes(byte ^ 0xFF for byte in calldata)
    loop, end = 8, 62
    code = b"".join(
        (
            b"\x61" + size + b"\x60" + bytes([end + 2]) + b"\x5f\x39\x5f",  # copy; i = 0
            b"\x5b\x80\x51\x19\x81\x52\x60\x20\x01",  # invert the word at i; i += 32
            b"\x80\x61" + size + b"\x11\x60" + bytes([loop]) + b"\x57",  # again while i < size
            b"\x50\x5f\x5f\x61" + size + b"\x5f\x5f\x73" + to + b"\x5a\xf1",
            b"\x60" + bytes([end]) + b"\x57\x5f\x5f\xfd",  # revert if the call does
            b"\x5b\x00",
        )
    )
    assert len(code) == end + 2
    return to_hex(code + hidden)


@dataclass
class Clock:
    """The arena's time, and what was slept besides: nobody waits for rests of nodes."""

    world: Arena
    slept: float = 0.0

    def __call__(self) -> float:
        return self.world.now + self.slept

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Told(Alerter):
    """Takes alerts."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def tell(self, event: str, **facts: Any) -> None:
        self.events.append((event, facts))

    def tell_soon(self, event: str, **facts: Any) -> None:
        self.events.append((event, facts))

    def of(self, event: str) -> list[dict[str, Any]]:
        return [facts for name, facts in self.events if name == event]


@dataclass
class Steps:
    """A guardian that looks when it is told to."""

    guardian: Guardian
    runtime: Runtime
    told: Told

    async def look(self) -> None:
        """One look of each part, in the order in which one gives work to the next."""
        guardian = self.guardian
        for origin in guardian.origins.values():
            assert origin is not None
            await origin.look()
        for watch in guardian.watches.values():
            await watch.step()
        await guardian.stopper.step()

    async def try_to_look(self) -> bool:
        """A look that may fail as agents outlive it; whether it did not."""
        try:
            await self.look()
        except TRANSIENT:
            return False
        return True

    async def convict(self) -> None:
        """Reads the signatures of forged deliveries, whose origins are final by now."""
        for court in self.guardian.courts.values():
            await court.tree.sync()
        for convictor in self.guardian.convictors.values():
            await convictor.step()

    async def verdicts(self, chain: Devnet) -> dict[bytes, str]:
        """The verdict on each delivery of a destination, by message id."""
        row = tables.watched_deliveries.c
        async with self.runtime.database.read() as connection:
            rows = await connection.execute(
                select(row.message_id, row.verdict).where(row.domain == chain.chain_id)
            )
            return {bytes(message_id): verdict for message_id, verdict in rows}

    async def faults(self, chain: Devnet) -> set[tuple[bytes, bytes]]:
        """Validators and the message ids that they signed falsely, of an origin."""
        row = tables.sightings.c
        async with self.runtime.database.read() as connection:
            rows = await connection.execute(
                select(row.validator, row.message_id).where(
                    row.domain == chain.chain_id, row.fault.is_not(None)
                )
            )
            return {(bytes(validator), bytes(message_id)) for validator, message_id in rows}


@asynccontextmanager
async def guarding(world: Arena, config: dict[str, Any]) -> AsyncIterator[Steps]:
    """A guardian in this process, with all of its chains connected, which has the arena's time."""
    settings = WatchtowerSettings.model_validate(config)
    async with start(settings) as runtime, AsyncExitStack() as stack:
        told = Told(None)
        courts: dict[int, Court] = {}
        guardian = Guardian(settings, runtime, Alerts(runtime.metrics, told), courts)
        for name in settings.chains:
            chain = await stack.enter_async_context(
                connect(settings.chains[name], runtime.database, Consensus.QUORUM)
            )
            clock = Clock(world)
            chain.client.rpc.clock, chain.client.rpc.sleep = clock, clock.sleep
            guardian.add(chain)
            if name in settings.watch_chains:
                database, domain = runtime.database, chain.domain
                tree = TrueTree(
                    chain,
                    chain.insertions(database),
                    InsertionStore(database, domain),
                    runtime.metrics,
                )
                hook = chain.settings.merkle_tree_hook
                courts[domain] = Court(tree, SightingStore(database, domain, hook))
        for sender in guardian._senders.values():
            sender.clock = sender.offers.clock = Clock(world)
        yield Steps(guardian, runtime, told)


FINALITY = 4
"""Blocks of both chains after which one is final."""


def guardian_config(arena: Arena, folder: Path, **changes: Any) -> dict[str, Any]:
    """Configuration of a guardian of the arena's destination."""
    blocks = {
        arena.origin.name: {"reorgPeriod": FINALITY, "estimateBlockTime": 1},
        arena.target.name: {"reorgPeriod": FINALITY, "estimateBlockTime": BLOCK_TIME},
    }
    return {
        "chains": {chain.name: chain.settings(blocks=blocks[chain.name]) for chain in arena.chains},
        "watchChains": arena.origin.name,
        "watchDeliveries": arena.target.name,
        "stops": [stop(arena, GUARDIAN)],
        "db": str(folder / "db-guardian"),
        "metricsPort": 0,
        **changes,
    }


def stop(arena: Arena, index: int) -> dict[str, Any]:
    """The pause of the arena, by a development account."""
    return {
        "chain": arena.target.name,
        "contract": arena.pause.address,
        "signer": {"key": key(index).key.hex()},
    }
