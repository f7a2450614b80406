"""Metadata for modules on the parent chain of an Arbitrum chain: proofs of what that chain sent.

The rollup confirms, every hour or so, the root of a tree of everything the chain has sent. A
sending under a confirmed root can be proven to the Outbox, and a node of the Arbitrum chain makes
the proof.
"""

from dataclasses import dataclass, field

from hyperlane.agents.relayer.metadata.modules import ArbitrumChild, ModuleReader
from hyperlane.agents.relayer.origin.follow import Origin
from hyperlane.agents.relayer.reasons import NotReady, Reason
from hyperlane.agents.relayer.ttl_cache import Memory
from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain import answers
from hyperlane.chain.abi import ArbNodeInterface, ArbOutbox, ArbSys, SecurityModule
from hyperlane.protocol.ism_metadata import ArbL2ToL1Metadata
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32, bytes32_to_address, to_checksum, to_hex

_ROOT_LIVE = 30.0
_RANGES_SEARCHED = 100
"""How many log ranges back from the tip a confirmed root is looked for."""


@dataclass(frozen=True, slots=True)
class _Confirmed:
    """The newest root that the rollup confirmed."""

    root: Bytes32
    block_hash: Bytes32
    """Of the Arbitrum block after which the tree had it."""


@dataclass(slots=True)
class ArbitrumProofs:
    """Builds for modules of one parent chain."""

    modules: ModuleReader
    _confirmed: Memory[Address, _Confirmed] = field(default_factory=lambda: Memory(_ROOT_LIVE))

    async def build(self, module: ArbitrumChild, origin: Origin, message: Message) -> bytes:
        """The proof of the hook's sending; nothing once the sending was executed."""
        encoded = message.encode()
        if await self.modules.ask(module.address, SecurityModule.is_verified, encoded):
            return b""
        position, sending = await _find_sending(module.address, origin, message)
        outbox = await self.modules.ask(module.address, SecurityModule.arb_outbox)
        confirmed = self._confirmed.get(outbox) or self._confirmed.put(
            outbox, await _find_confirmed(self.modules.chain, outbox)
        )
        count = await _count_sendings(origin.chain, confirmed.block_hash)
        if position >= count:
            raise _waiting(
                f"sending {position} of {origin.chain.name} is not confirmed yet: the newest root"
                f" in {to_checksum(outbox)} covers {count} sendings"
            )
        _, root, proof = await origin.chain.client.call(
            ArbNodeInterface.ADDRESS, ArbNodeInterface.construct_outbox_proof, count, position
        )
        if root != confirmed.root:
            raise _waiting(
                f"{origin.chain.name} proves sending {position} to {to_hex(root)}, but"
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


async def _find_sending(
    module: Address, origin: Origin, message: Message
) -> tuple[int, tuple[Address, int, int, int, int, bytes]]:
    """What the hook sent to the module for the message, and its position among all sendings."""
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
        # The module names the outbox, so it may be anybody's.
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


async def _count_sendings(chain: Chain, block_hash: Bytes32) -> int:
    """How many sendings the tree had after a block; only nodes of Arbitrum chains know."""
    count = await chain.client.request(answers.SEND_COUNT, to_hex(block_hash), False)
    if count is None:
        raise _waiting(
            f"{chain.name}'s node does not say how many sendings there were at block"
            f" {to_hex(block_hash)}"
        )
    return count


def _waiting(detail: str) -> NotReady:
    return NotReady(Reason.COULD_NOT_FETCH_METADATA, detail)
