"""Asking modules what they would say, before a delivery depends on it."""

from dataclasses import dataclass, field

from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.relayer.ttl_cache import TtlCache
from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import Mailbox, SecurityModule
from hyperlane.chain.answers import CALL
from hyperlane.chain.client import Reverted, RpcError, Unreachable
from hyperlane.errors import ChainError
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import MerkleRootMultisigMetadata, ShortMerkleRootMetadata
from hyperlane.protocol.typecasts import Address, bytes32_to_address, to_checksum, to_hex

_NATURE_TTL = 3600.0


@dataclass(slots=True)
class DryRun:
    """Tries out metadata on one chain."""

    chain: Chain
    relayer: Address
    _remember: TtlCache[Address, bool] = field(default_factory=lambda: TtlCache(_NATURE_TTL))

    async def check(self, module: Address, metadata: bytes, message: Message) -> None:
        """NotReady when a module refuses its metadata; nothing when that cannot be found out."""
        why = await self._refusal(module, metadata, message)
        if why is not None and not await self._accepts_in_delivery(module, metadata, message):
            raise NotReady(
                Reason.ERROR_BUILDING_METADATA,
                f"security module {to_checksum(module)} refuses its metadata: {why}",
            )

    async def remembers(
        self, module: Address, metadata: MerkleRootMultisigMetadata, message: Message
    ) -> bool:
        """Whether a merkle-root multisig can be shown a proof, and takes the short form after it.

        One that does says that it does not know the subtree yet, by a name that both derive.
        """
        try:
            return await self._remember.get_or_find(
                module, lambda: self._can_remember(module, metadata, message)
            )
        except Unreachable:
            raise
        except ChainError:
            return False

    async def _can_remember(
        self, module: Address, metadata: MerkleRootMultisigMetadata, message: Message
    ) -> bool:
        if not await self._misses_subtree(module, ShortMerkleRootMetadata.of(metadata), message):
            return False
        try:
            await self.chain.client.call(
                module, SecurityModule.remember, metadata.encode(), message.origin, message.id
            )
        except Reverted:
            return False
        return True

    async def _misses_subtree(
        self, module: Address, short: ShortMerkleRootMetadata, message: Message
    ) -> bool:
        try:
            await self._verify(module, short.encode(), message)
        except Reverted as error:
            return error.data == SecurityModule.SUBTREE_NOT_VERIFIED + short.subtree(message)
        return False

    async def _refusal(self, module: Address, metadata: bytes, message: Message) -> str | None:
        try:
            accepted = await self._verify(module, metadata, message)
        except Unreachable:
            raise
        except ChainError as error:
            return str(error)
        return None if accepted else "verify returns false"

    async def _verify(self, module: Address, metadata: bytes, message: Message) -> bool:
        accepted: bool = await self.chain.client.call(
            module,
            SecurityModule.verify,
            metadata,
            message.encode(),
            sender=self.chain.settings.mailbox,
        )
        return accepted

    async def _accepts_in_delivery(
        self, module: Address, metadata: bytes, message: Message
    ) -> bool:
        """Some modules believe only what the mailbox is delivering, or who delivers it.

        So `process` is called with a recipient that wants nothing but this module.
        """
        recipient = bytes32_to_address(message.recipient, "recipient")
        if recipient == module:
            return True
        call = {
            "from": to_hex(self.relayer),
            "to": to_hex(self.chain.settings.mailbox),
            "data": to_hex(Mailbox.process.encode(metadata, message.encode())),
        }
        stand_in = {to_hex(recipient): {"code": to_hex(_answering(module))}}
        try:
            await self.chain.client.request(CALL, call, "latest", stand_in)
        except Reverted:
            return False
        except RpcError:
            return True  # The node cannot put another contract in the recipient's place.
        return True


def _answering(module: Address) -> bytes:
    """Code of a contract that answers every call with one address."""
    push20, push0, mstore, push1, return_ = b"\x73", b"\x5f", b"\x52", b"\x60", b"\xf3"
    return push20 + module + push0 + mstore + push1 + b"\x20" + push0 + return_
