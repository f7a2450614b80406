"""Two chains, validators whose storage tests fill by hand, and a builder of metadata between."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.devnet import Devnet, key
from tests.support.words import raw

from hyperlane.agents.relayer.metadata import Lookups, Metadata, MetadataBuilder, Multisigs
from hyperlane.agents.relayer.origin.follow import Origin
from hyperlane.agents.relayer.origin.signatures import Signatures
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.client import ChainClient
from hyperlane.chain.signer import address_of
from hyperlane.checkpoints.folder import FolderStorage
from hyperlane.metrics import Metrics
from hyperlane.protocol.announcement import Announcement
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import address_to_bytes32
from hyperlane.settings import ChainSettings
from hyperlane.store.database import Database
from hyperlane.store.sequences import InsertionStore, MessageStore

ANNOUNCED = range(1, 7)
"""Development accounts whose storage is announced; account 8 is a validator without any."""
RELAYER = key(9)
ZERO = "0x" + "00" * 20


def addresses(*indices: int) -> list[str]:
    return [key(index).address for index in indices]


@dataclass
class Line:
    """Messages from one chain to the other."""

    source: Devnet
    target: Devnet
    folders: Path
    origin: Origin
    builder: MetadataBuilder
    sent: list[Message] = field(default_factory=list)

    async def send(self, module: Any, body: bytes = b"hello") -> Message:
        """A message to a new recipient that wants `module`; indexed, signed by nobody."""
        return await self.send_to(self.target.recipient(module), body)

    async def send_to(self, recipient: Any, body: bytes = b"hello") -> Message:
        message = self.source.dispatch(self.target.chain_id, recipient.address, body)
        await self.origin.step()
        return message

    async def sign(self, *indices: int, leaf: int | None = None) -> int:
        """Have validators sign a leaf, without word the last one; returns it."""
        tree = self.origin.tree
        leaf = len(tree) - 1 if leaf is None else leaf
        for index in indices:
            await self.store(index, self.checkpoint(leaf))
            await self.storage(index).raise_latest_index(leaf)
        return leaf

    async def store(self, index: int, checkpoint: Checkpoint, signer: int | None = None) -> None:
        signature = checkpoint.sign(key(index if signer is None else signer))
        await self.storage(index).write_checkpoint(SignedCheckpoint(checkpoint, signature))

    def checkpoint(self, leaf: int) -> Checkpoint:
        tree = self.origin.tree
        hook = address_to_bytes32(raw(self.source.contracts["merkleTreeHook"]))
        return Checkpoint(self.source.chain_id, hook, tree.root(leaf), leaf, tree.leaf(leaf))

    def storage(self, index: int) -> FolderStorage:
        return FolderStorage(self.folders / f"v{index}")

    async def build(self, message: Message) -> Metadata:
        recipient = message.recipient[12:]
        mailbox = self.target.contracts["mailbox"]
        module = mailbox.functions.recipientIsm(recipient).call()
        return await self.builder.build(self.origin, message, raw(module))

    async def why_not(self, message: Message) -> tuple[Reason, str]:
        """What keeps metadata from being built."""
        try:
            metadata = await self.build(message)
        except NotReady as error:
            return error.reason, error.detail
        raise AssertionError(f"built {metadata.encode().hex()}")

    def deliver(self, message: Message, metadata: bytes) -> Any:
        """By the relayer's key; fails when anybody refuses."""
        process = self.target.contracts["mailbox"].functions.process(metadata, message.encode())
        return self.target.wait(process.transact({"from": RELAYER.address}))

    async def build_and_deliver(self, message: Message) -> bytes:
        metadata = (await self.build(message)).encode()
        self.deliver(message, metadata)
        assert self.target.delivered(message)
        return metadata


def announce(source: Devnet, folders: Path) -> None:
    for index in ANNOUNCED:
        announce_at(source, index, f"file://{folders}/v{index}")


def announce_at(source: Devnet, index: int, location: str) -> None:
    account, announcer = key(index), source.contracts["validatorAnnounce"]
    mailbox = address_to_bytes32(raw(source.contracts["mailbox"]))
    announcement = Announcement(source.chain_id, mailbox, raw(account), location)
    signature = announcement.sign(account)
    source.send(announcer.functions.announce(account.address, location, signature))


async def line(
    source: Devnet, target: Devnet, folders: Path, database: Database, **options: Any
) -> Line:
    """Indexed up to now, with empty storages."""
    for index in ANNOUNCED:
        shutil.rmtree(folders / f"v{index}", ignore_errors=True)
        (folders / f"v{index}").mkdir()
    chains = [chain_of(source), chain_of(target)]

    async def no_operations(_connection: Any, _messages: Sequence[Message]) -> None: ...

    messages = MessageStore(database, chains[0].domain, no_operations)
    origin = Origin(
        chain=chains[0],
        dispatches=chains[0].dispatches(messages),
        insertions=chains[0].insertions(database),
        leaves=InsertionStore(database, chains[0].domain),
        messages=messages,
        signatures=Signatures(chains[0], allow_local=True),
        metrics=Metrics(),
        news=lambda: None,
    )
    builder = MetadataBuilder(
        chains[1],
        address_of(RELAYER),
        Lookups(RELAYER, options.pop("allow_private", True)),
        Multisigs(options.pop("ignore_reorg_reports", False)),
    )
    assert not options
    await origin.step()
    return Line(source, target, folders, origin, builder)


async def close(line: Line) -> None:
    await asyncio.gather(line.origin.chain.client.close(), line.builder.destination.client.close())


def chain_of(devnet: Devnet) -> Chain:
    settings = ChainSettings.model_validate(devnet.settings())
    client = ChainClient(settings.name, settings.chain_id, settings.urls, 0)
    return Chain(settings, client)
