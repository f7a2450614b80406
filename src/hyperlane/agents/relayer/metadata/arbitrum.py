"""Metadata for modules on the parent chain of an Arbitrum chain: proofs of L2-to-L1 messages.

About once an hour the rollup confirms the root of the tree of all L2-to-L1 messages ("sends"). The
Outbox accepts a proof of a send under a confirmed root; a node of the Arbitrum chain builds it.
"""

from dataclasses import dataclass, field

from hyperlane.agents.relayer.metadata.modules import ArbitrumChild, ModuleReader
from hyperlane.agents.relayer.origin.provable import Provable
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.ttl_cache import TtlCache
from hyperlane.chain import answers
from hyperlane.chain.abi import ArbNodeInterface, ArbOutbox, ArbSys, SecurityModule
from hyperlane.protocol.ism_metadata import ArbL2ToL1Metadata
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32, bytes32_to_address, to_checksum, to_hex

_ROOT_TTL = 30.0
_RANGES_SEARCHED = 100
"""Log ranges, back from the latest block, in which a confirmed root is looked for."""


@dataclass(frozen=True, slots=True)
class _Confirmed:
    """The newest root that the rollup confirmed."""

    root: Bytes32
    block_hash: Bytes32
    """Hash of the Arbitrum block after which the tree had this root."""


@dataclass(slots=True)
class ArbitrumProofs:
    """Builds metadata for modules of one parent chain."""

    modules: ModuleReader
    _confirmed: TtlCache[Address, _Confirmed] = field(default_factory=lambda: TtlCache(_ROOT_TTL))

    async def build(self, module: ArbitrumChild, origin: Provable, message: Message) -> bytes:
        """The proof of the hook's send; empty once the Outbox has executed the send."""
        encoded = message.encode()
        if await self.modules.ask(module.address, SecurityModule.is_verified, encoded):
            return b""
        position, sending = await _find_send(module.address, origin, message)
        outbox = await self.modules.ask(module.address, SecurityModule.arb_outbox)
        confirmed = self._confirmed.get(outbox) or self._confirmed.put(
            outbox, await _find_confirmed(self.modules.chain, outbox)
        )
        count = await _count_sends(origin.chain, confirmed.block_hash)
        if position >= count:
            raise _waiting(
                f"L2-to-L1 message {position} of {origin.chain.name} is not confirmed yet: the"
                f" newest root in {to_checksum(outbox)} covers {count} of them"
            )
        _, root, proof = await origin.chain.client.call(
            ArbNodeInterface.ADDRESS, ArbNodeInterface.construct_outbox_proof, count, position
        )
        if root != confirmed.root:
            raise _waiting(
                f"{origin.chain.name} proves L2-to-L1 message {position} to {to_hex(root)}, but"
                f" {to_hex(confirmed.root)} is confirmed"
            )
        l2_sender, l2_block, l1_block, timestamp, value, data = sending
        return ArbL2ToL1Metadata(
            tuple(proof),
            position,
            l2_sender,
            module.address,
            l2_block,
            l1_block,
            timestamp,
            value,
            data,
        ).encode()


async def _find_send(
    module: Address, origin: Provable, message: Message
) -> tuple[int, tuple[Address, int, int, int, int, bytes]]:
    """Find the hook's send in the block of the message: its position among all, and its fields."""
    dispatched = await origin.messages.get(message.nonce)
    if dispatched is not None:
        block = dispatched.block_number
        for entry in await origin.chain.client.logs(ArbSys.ADDRESS, ArbSys.SENT, block, block):
            _, destination, _, position = entry.topics
            sender, l2_block, l1_block, timestamp, value, data = ArbSys.SENT.decode(entry.data)
            call = SecurityModule.pre_verify.encode(message.id, value)
            if bytes32_to_address(destination) == module and data == call:
                sending = (sender, l2_block, l1_block, timestamp, value, data)
                return int.from_bytes(position), sending
    raise _waiting(
        f"{origin.chain.name} sent nothing about the message to {to_checksum(module)}: it was not"
        " dispatched through the module's hook"
    )


async def _find_confirmed(chain: Chain, outbox: Address) -> _Confirmed:
    last = (await chain.client.block()).number
    for _ in range(_RANGES_SEARCHED):
        first = max(0, last - chain.settings.index.chunk)
        found = await chain.client.logs(outbox, ArbOutbox.CONFIRMED, first, last)
        # The module chooses the outbox, so a stranger's contract may have logged this.
        confirmed = [item.topics for item in found if len(item.topics) == 3]
        if confirmed:
            _, root, block_hash = confirmed[-1]
            return _Confirmed(root, block_hash)
        if first == 0:
            break
        last = first - 1
    raise _waiting(
        f"no root was confirmed in {to_checksum(outbox)} since block {first} of {chain.name}"
    )


async def _count_sends(chain: Chain, block_hash: Bytes32) -> int:
    """How many sends the tree had after a block; only nodes of Arbitrum chains tell that."""
    count = await chain.client.request(answers.SEND_COUNT, to_hex(block_hash), False)
    if count is None:
        raise _waiting(
            f"{chain.name}'s node does not say how many L2-to-L1 messages there were at block"
            f" {to_hex(block_hash)}"
        )
    return count


def _waiting(detail: str) -> NotReady:
    return NotReady(Reason.COULD_NOT_FETCH_METADATA, detail)
