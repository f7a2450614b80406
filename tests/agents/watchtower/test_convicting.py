"""Conviction of signers over nodes in memory that hide, lie, hang and know no traces."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.agents.watchtower.test_guardian_parts import (
    CONTRACT,
    MAILBOX,
    ORIGIN,
    RECIPIENT,
    TARGET,
    Told,
    delivery,
    word,
)  # fmt: skip
from tests.support.devnet import key

from hyperlane.agents.watchtower.alerting import Alerts
from hyperlane.agents.watchtower.deliveries.convicting import Convictor, Court
from hyperlane.chain.abi import Mailbox, MerkleTreeHook, SecurityModule
from hyperlane.chain.endpoint import Call, RpcError
from hyperlane.chain.ledger import Transaction
from hyperlane.errors import ChainError
from hyperlane.metrics import Metrics
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.ism_metadata import ModuleType
from hyperlane.protocol.merkle import MerkleTree
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import (
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata,
    ShortMerkleRootMetadata,
)  # fmt: skip
from hyperlane.protocol.typecasts import Address, Bytes32, to_checksum
from hyperlane.store.database import Database
from hyperlane.store.deliveries import Delivery, DeliveryStore, Verdict
from hyperlane.store.sightings import SightingStore

pytestmark = pytest.mark.quick

HOOK = Address(b"h" * 20)
HOOK_WORD = Bytes32(bytes(12) + HOOK)
SIGNERS = (key(7), key(8))
TO = Bytes32(bytes(12) + RECIPIENT)


def message(nonce: int, recipient: Bytes32 = TO) -> Message:
    return Message(3, nonce, ORIGIN, word(5), TARGET, recipient, b"")


def signed(sent: Message, *keys: Any) -> bytes:
    checkpoint = Checkpoint(ORIGIN, HOOK_WORD, word(0x66), sent.nonce, sent.id)
    return MessageIdMultisigMetadata(
        HOOK_WORD, checkpoint.root, sent.nonce, tuple(checkpoint.sign(item) for item in keys)
    ).encode()


@dataclass
class Rpc:
    """Several nodes; each has answers by method, or an error."""

    nodes: list[dict[str, Any]]
    asked: int = 0

    async def opinions(self, calls: list[Call]) -> list[list[Any]]:
        self.asked += 1
        given = [node.get(calls[0].method) for node in self.nodes]
        if any(isinstance(item, ChainError) and not isinstance(item, RpcError) for item in given):
            raise next(item for item in given if isinstance(item, ChainError))
        return [[item] for item in given]


@dataclass
class Client:
    rpc: Rpc
    kind: ModuleType = ModuleType.MESSAGE_ID_MULTISIG
    modules_at: dict[bytes, Any] = field(default_factory=dict)
    count: int = 3

    async def request(self, method: Any, *params: Any) -> Any:
        answers = [item for (item,) in await self.rpc.opinions([Call(method, params)])]
        found = next((item for item in answers if not isinstance(item, RpcError)), answers[0])
        if isinstance(found, RpcError):
            raise found
        return found

    async def call(self, to: Address, function: Any, *arguments: Any, **_: Any) -> Any:
        if function is MerkleTreeHook.count:
            return self.count
        if function is Mailbox.recipient_ism:
            broken = self.modules_at.get(arguments[0])
            if broken is not None:
                raise broken
            return CONTRACT
        assert function is SecurityModule.module_type
        return self.kind


@dataclass
class Settings:
    mailbox: Address = MAILBOX
    merkle_tree_hook: Address = HOOK


@dataclass
class Node:
    client: Client
    name: str = "target"
    settings: Settings = field(default_factory=Settings)


@dataclass
class Tree:
    """The true tree, with three leaves of other messages."""

    chain: Node
    tree: MerkleTree
    hook: Bytes32 = HOOK_WORD


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(str(tmp_path / "db"))
    yield opened
    await opened.close()


@dataclass
class Case:
    database: Database
    told: Told
    convictor: Convictor
    store: DeliveryStore
    now: list[float]

    async def forge(self, sent: Message) -> Delivery:
        made = delivery(1)
        made = Delivery(**{
            **{name: getattr(made, name) for name in Delivery.__dataclass_fields__},
            "message_id": sent.id,
        })  # fmt: skip
        await self.store.add([made], 51, 0)
        await self.store.judge(made, Verdict.FORGED, {}, 0)
        return made

    async def faults(self) -> set[str]:
        store = SightingStore(self.database, ORIGIN, HOOK)
        return {to_checksum(item.validator) for item in await store.open_faults()}


def case(database: Database, *nodes: dict[str, Any], known: Any = SIGNERS, **client: Any) -> Case:
    node = Node(Client(Rpc(list(nodes)), **client))
    tree = MerkleTree()
    for number in range(3):
        tree.append(word(number))

    async def signers() -> set[Address]:
        return {Address(bytes.fromhex(item.address[2:])) for item in known}

    sightings = SightingStore(database, ORIGIN, HOOK)
    courts = {ORIGIN: Court(Tree(node, tree), sightings, signers)}
    told, store, now = Told(None), DeliveryStore(database, TARGET), [0.0]
    made = Convictor(node, store, courts, Alerts(Metrics(), told), lambda: now[0])
    return Case(database, told, made, store, now)


SENT, TRACE = "eth_getTransactionByHash", "debug_traceTransaction"
UNKNOWN = RpcError("target", TRACE, "the method does not exist", -32601)
FORGED = message(3)


def transaction(data: bytes) -> Transaction:
    return Transaction(word(1), word(1), 0, CONTRACT, CONTRACT, 0, 0, None, None, data)


def names(*keys: Any) -> set[str]:
    return {item.address for item in keys}


async def test_one_node_that_hides_the_calldata_does_not_save_the_signers(database):
    call = Mailbox.process.encode(signed(FORGED, *SIGNERS), FORGED.encode())
    liar, well = {SENT: transaction(b""), TRACE: UNKNOWN}, {SENT: transaction(call)}
    for nodes in ((liar, well), (well, liar)):
        one = case(database, *nodes)
        await one.forge(FORGED)
        await one.convictor.step()
        assert await one.faults() == names(*SIGNERS)


async def test_the_node_that_has_traces_is_asked_for_them(database):
    call = Mailbox.process.encode(signed(FORGED, *SIGNERS), FORGED.encode())
    dark = transaction(b"in the dark")
    one = case(database, {SENT: dark, TRACE: UNKNOWN}, {SENT: dark, TRACE: (b"", call)})
    await one.forge(FORGED)
    await one.convictor.step()
    assert await one.faults() == names(*SIGNERS)


async def test_people_are_told_when_no_node_can_trace(database):
    dark = transaction(b"in the dark")
    one = case(database, {SENT: dark, TRACE: ChainError("the answer is too large")})
    await one.forge(FORGED)
    await one.convictor.step()
    (told,) = one.told.of("delivery.unattributed")
    assert "too large" in told["reason"]
    assert await one.store.to_convict()


async def test_keys_of_nobody_are_no_faults(database):
    """Anybody can deliver to a contract of its own, with thousands of signatures."""
    call = Mailbox.process.encode(signed(FORGED, *SIGNERS), FORGED.encode())
    one = case(database, {SENT: transaction(call)}, known=SIGNERS[:1])
    await one.forge(FORGED)
    await one.convictor.step()
    assert await one.faults() == names(SIGNERS[0])


async def test_a_delivery_without_a_false_signature_convicts_nobody_and_says_so(database):
    call = Mailbox.process.encode(signed(FORGED), FORGED.encode())
    one = case(database, {SENT: transaction(call)})
    await one.forge(FORGED)
    await one.convictor.step()
    assert not one.told.of("delivery.convicted")
    assert len(one.told.of("delivery.unattributed")) == 1
    assert not await one.store.to_convict()


async def test_what_a_module_remembers_of_another_delivery_convicts(database):
    """The forged message has the short form alone; the signatures came with a genuine one, whose
    tree is the false one."""
    genuine = message(2)
    path = tuple(word(number) for number in range(32))
    full = MerkleRootMultisigMetadata(HOOK_WORD, 2, FORGED.id, path, 3, ())
    checkpoint = full.checkpoint(genuine)
    full = MerkleRootMultisigMetadata(
        HOOK_WORD, 2, FORGED.id, path, 3, tuple(checkpoint.sign(item) for item in SIGNERS)
    )
    calls = (
        Mailbox.process.encode(full.encode(), genuine.encode()),
        Mailbox.process.encode(ShortMerkleRootMetadata.of(full).encode(), FORGED.encode()),
    )
    one = case(database, {SENT: transaction(b"".join(calls))}, kind=ModuleType.MERKLE_ROOT_MULTISIG)
    await one.forge(FORGED)
    await one.convictor.step()
    assert await one.faults() == names(*SIGNERS)


async def test_a_stranger_beside_a_forgery_does_not_save_its_signers(database):
    """Its module hangs until nodes give up."""
    stranger = message(2, word(0xBAD))
    calls = [
        Mailbox.process.encode(b"", stranger.encode()),
        Mailbox.process.encode(signed(FORGED, *SIGNERS), FORGED.encode()),
    ]
    broken = {Address(word(0xBAD)[12:]): ChainError("no answer in time")}
    one = case(database, {SENT: transaction(b"".join(calls))}, modules_at=broken)
    await one.forge(FORGED)
    await one.convictor.step()
    assert await one.faults() == names(*SIGNERS)


async def test_a_delivery_that_cannot_be_read_is_tried_less_and_less_often(database):
    dark = transaction(b"in the dark")
    one = case(database, {SENT: dark, TRACE: UNKNOWN})
    await one.forge(FORGED)
    for second in range(3600):
        one.now[0] = float(second)
        await one.convictor.step()
    rpc: Any = one.convictor.chain.client.rpc
    assert 20 < rpc.asked < 100
