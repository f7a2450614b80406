"""Signatures of validators in the metadata of a delivery.

The recipient's security module is walked as it was in the delivery's block, so that each part of
the metadata is read as the module reads it. Strangers may have deployed modules: their number is
bounded, and one that cannot be read keeps no other from being read.
"""

from dataclasses import dataclass
from typing import Any

import structlog

from hyperlane.agents.watchtower.deliveries.calldata import Handed
from hyperlane.chain.abi import Function, Mailbox, SecurityModule
from hyperlane.chain.client import ChainClient, Unreachable
from hyperlane.errors import ChainError, DecodeError
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.ism_metadata import ModuleType, decode_aggregation
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import (
    LegacyMultisigMetadata,
    MerkleRootMultisigMetadata,
    MessageIdMultisigMetadata,
)
from hyperlane.protocol.typecasts import Address, Bytes32, to_checksum

log = structlog.get_logger()

_MOST_MODULES = 64
_MOST_ANSWER = 32 * 1024
_MOST_SIGNATURES = 256
"""Most signatures that are read of one part of the metadata: the first ones, as modules do. Other
parts are read all the same."""
_MOST_BESIDE = 30
"""Most other deliveries of the transaction whose modules are walked."""
_LAYOUTS = {
    ModuleType.LEGACY_MULTISIG: LegacyMultisigMetadata,
    ModuleType.MERKLE_ROOT_MULTISIG: MerkleRootMultisigMetadata,
    ModuleType.WEIGHTED_MERKLE_ROOT_MULTISIG: MerkleRootMultisigMetadata,
    ModuleType.MESSAGE_ID_MULTISIG: MessageIdMultisigMetadata,
    ModuleType.WEIGHTED_MESSAGE_ID_MULTISIG: MessageIdMultisigMetadata,
}


@dataclass(slots=True)
class SignatureReader:
    """Reader of the signatures that modules of one chain accepted in one block."""

    client: ChainClient
    mailbox: Address
    block: int
    _modules: int = 0

    async def read(self, handed: Handed) -> list[SignedCheckpoint]:
        """All signatures that vouch for a message, in its metadata and in its batch's proofs.

        Unreachable when the node does not answer: then they may be read later.
        """
        recipient = Address(handed.message.recipient[12:])
        module = await self._ask(self.mailbox, Mailbox.recipient_ism, recipient)
        found = await self._walk(module, handed.metadata, handed.message)
        for proof in handed.proofs:
            found += self._parsed(
                MerkleRootMultisigMetadata, proof.metadata, proof.origin, proof.message_id
            )
        for message, metadata in handed.beside[:_MOST_BESIDE]:
            found += await self._read_beside(message, metadata)
        return list(dict.fromkeys(found))

    async def _read_beside(self, message: Message, metadata: bytes) -> list[SignedCheckpoint]:
        """Signatures in another delivery of the transaction; none if a stranger's module fails."""
        self._modules = 0
        try:
            recipient = Address(message.recipient[12:])
            module = await self._ask(self.mailbox, Mailbox.recipient_ism, recipient)
            return await self._walk(module, metadata, message)
        except ChainError:
            return []

    async def _walk(
        self, module: Address, metadata: bytes, message: Message
    ) -> list[SignedCheckpoint]:
        self._modules += 1
        if self._modules > _MOST_MODULES:
            return []
        try:
            return await self._signatures(module, metadata, message)
        except Unreachable:
            raise
        except (ChainError, DecodeError) as error:
            log.info("delivery.unread_module", module=to_checksum(module), error=str(error))
            return []

    async def _signatures(
        self, module: Address, metadata: bytes, message: Message
    ) -> list[SignedCheckpoint]:
        kind = await self._ask(module, SecurityModule.module_type)
        if kind == ModuleType.ROUTING:
            route = await self._ask(module, SecurityModule.route, message.encode())
            return await self._walk(route, metadata, message)
        if kind == ModuleType.AGGREGATION:
            modules, _ = await self._ask(
                module, SecurityModule.modules_and_threshold, message.encode()
            )
            parts = decode_aggregation(metadata, len(modules))
            found = []
            for below, part in zip(modules, parts, strict=True):
                if part is not None:
                    found += await self._walk(below, part, message)
            return found
        layout = _LAYOUTS.get(kind)
        if layout is None:
            return []
        return self._parsed(layout, metadata, message.origin, message.id)

    def _parsed(
        self,
        layout: type[
            LegacyMultisigMetadata | MerkleRootMultisigMetadata | MessageIdMultisigMetadata
        ],
        metadata: bytes,
        origin: int,
        message_id: Bytes32,
    ) -> list[SignedCheckpoint]:
        try:
            read = layout.decode(metadata)
            checkpoint: Checkpoint = read.checkpoint_of(origin, message_id)
        except DecodeError:
            return []  # the short form of a batch, whose proofs have the signatures
        return [SignedCheckpoint(checkpoint, item) for item in read.signatures[:_MOST_SIGNATURES]]

    async def _ask(self, to: Address, function: Function, *arguments: object) -> Any:
        return await self.client.call(to, function, *arguments, block=self.block, most=_MOST_ANSWER)
