"""Dry runs: calling modules with their metadata before a delivery depends on it."""

from dataclasses import dataclass, field

from hyperlane.agents.relayer.metadata.reveals import awaits_commitment
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.ttl_cache import TtlCache
from hyperlane.chain.abi import Mailbox, SecurityModule
from hyperlane.chain.answers import CALL
from hyperlane.chain.client import Reverted, RpcError, Unreachable
from hyperlane.errors import ChainError
from hyperlane.protocol.message import Message
from hyperlane.protocol.multisig_metadata import MerkleRootMultisigMetadata, ShortMerkleRootMetadata
from hyperlane.protocol.typecasts import Address, bytes32_to_address, to_checksum, to_hex

_REMEMBERS_TTL = 3600.0


@dataclass(slots=True)
class DryRun:
    """Verifies metadata by `eth_call` on one chain."""

    chain: Chain
    relayer: Address
    _remember: TtlCache[Address, bool] = field(default_factory=lambda: TtlCache(_REMEMBERS_TTL))

    async def check(self, module: Address, metadata: bytes, message: Message) -> None:
        """NotReady when a module refuses its metadata; no error when that cannot be found out."""
        why = await self._refusal(module, metadata, message)
        if why is not None and not await self._accepts_in_delivery(module, metadata, message):
            client = self.chain.client
            early = isinstance(why, ChainError) and await awaits_commitment(
                client, why, metadata, message
            )
            raise NotReady(
                Reason.AWAITING_ICA_REVEAL if early else Reason.ERROR_BUILDING_METADATA,
                f"security module {to_checksum(module)} refuses its metadata: {why}",
            )

    async def remembers(
        self, module: Address, metadata: MerkleRootMultisigMetadata, message: Message
    ) -> bool:
        """Tell whether a merkle-root multisig remembers proofs, and then accepts the short form.

        The reference's modules do not. One of ours answers the short form with an error that names
        the subtree, which this relayer derives in the same way.
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

    async def _refusal(
        self, module: Address, metadata: bytes, message: Message
    ) -> ChainError | str | None:
        try:
            accepted = await self._verify(module, metadata, message)
        except Unreachable:
            raise
        except ChainError as error:
            return error
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
        """Tell whether a module accepts its metadata while the mailbox is processing the message.

        Some modules check that it is, or who called `process`. So `process` is called, with the
        recipient's code replaced by one that names only this module.
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
            return True  # the node does not replace code in `eth_call`
        return True


def _answering(module: Address) -> bytes:
    """Runtime code of a contract that answers every call with one address."""
    push20, push0, mstore, push1, return_ = b"\x73", b"\x5f", b"\x52", b"\x60", b"\xf3"
    return push20 + module + push0 + mstore + push1 + b"\x20" + push0 + return_
