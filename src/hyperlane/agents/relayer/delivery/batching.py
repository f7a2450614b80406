"""Ways to put deliveries into a transaction: one by one, or many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from eth_hash.auto import keccak

from hyperlane.agents.relayer.metadata import Proof
from hyperlane.chain import answers
from hyperlane.chain.abi import Mailbox, SecurityModule
from hyperlane.chain.client import ChainClient, Reverted, RpcError
from hyperlane.protocol.typecasts import Address, to_hex

Delivery: TypeAlias = tuple[bytes, bytes]
"""Metadata and encoded message."""

_MAX_GAS = 2**24
"""Most gas of one transaction, EIP-7825."""
_MAX_CODE = 49_152
"""Most bytes of code that a transaction runs once, EIP-3860."""
_TRANSACTION_GAS = 75_000
"""For the transaction itself, and in case an estimate is short."""
_ITEM_GAS = 5_000
"""What a batch adds to each delivery."""
MARGIN = _TRANSACTION_GAS + _ITEM_GAS
"""Gas that a delivery alone gets beyond what it needs."""
_CREATION_GAS = 32_000
_WORD_GAS = 2
_BYTE_GAS = 16
_BYTE_FLOOR = 40
"""Least gas for a byte of calldata that is not zero, EIP-7623."""
_RECORD = 28
"""Bytes before the data of each call."""

_CODE = bytes.fromhex(
    "604b380380604b5f395f5f5b8281101560465780518060c01c63ffffffff16905a905f5f8486601c015f8560201c86"
    "60e01cf150505a9003835201601c019060200190600b565b505fa000"
)
"""Makes calls, each with its own gas, and logs what each used; it leaves no contract.

    PUSH1 75 CODESIZE SUB DUP1 PUSH1 75 PUSH0 CODECOPY    what follows this code: records
    PUSH0 PUSH0                                           stack: size, end of uses, place of record
    11: JUMPDEST DUP3 DUP2 LT ISZERO PUSH1 70 JUMPI       until all calls are made:
        DUP1 MLOAD DUP1 PUSH1 192 SHR PUSH4 0xffffffff AND SWAP1 GAS SWAP1
        PUSH0 PUSH0 DUP5 DUP7 PUSH1 28 ADD PUSH0 DUP6 PUSH1 32 SHR DUP7 PUSH1 224 SHR CALL
        POP POP GAS SWAP1 SUB DUP4 MSTORE                 what it used, over records that are done
        ADD PUSH1 28 ADD SWAP1 PUSH1 32 ADD SWAP1 PUSH1 11 JUMP
    70: JUMPDEST POP PUSH0 LOG0 STOP                      all uses in one log

A record is gas (4 bytes), length (4), address (20) and data of a call.
Multicall3 would hand all gas of the transaction to each call: a recipient could burn what the other
messages of the batch need.
"""


class Kind(Enum):
    """How several messages go into one transaction."""

    ALONE = auto()
    """Not at all."""
    MAILBOX = auto()
    """By the mailbox's own `processBatch`."""
    CODE = auto()
    """By code that the transaction brings along, which then is the one who delivers."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Makes transactions for one mailbox."""

    kind: Kind
    mailbox: Address
    max_size: int
    """Messages in one transaction."""

    def caller(self, sender: Address) -> Address:
        """Who calls the mailbox in a batch that `sender` sends; a stand-in for code."""
        return Address(keccak(sender)[12:]) if self.kind is Kind.CODE else sender

    def call(
        self,
        deliveries: Sequence[Delivery],
        needs: Sequence[int],
        proofs: Sequence[Proof] = (),
    ) -> tuple[Address | None, bytes]:
        """Where to send what, None for code to run: deliveries, after proofs for their modules.

        `needs` is the gas of each proof, then of each delivery.
        """
        if len(deliveries) == 1:
            return self.mailbox, Mailbox.process.encode(*deliveries[0])
        shown = [(item.module, item.metadata, item.origin, item.message_id) for item in proofs]
        if self.kind is Kind.MAILBOX:
            metadata, messages = zip(*deliveries, strict=True)
            return self.mailbox, Mailbox.process_batch.encode(shown, metadata, messages)
        calls = [(item[0], SecurityModule.remember.encode(*item[1:])) for item in shown]
        calls += [(self.mailbox, Mailbox.process.encode(*item)) for item in deliveries]
        return None, code(calls, needs)

    def gas_limit(self, needs: Sequence[int], size: int) -> int:
        """Gas of a transaction with `size` bytes in which each proof and delivery gets its need.

        A delivery alone gets a margin in case its estimate is short.
        `processBatch` gives each an equal share of fifteen sixteenths of what is left: that must do
        for each, though all before it burn their shares, however little they needed when they
        were simulated. Code gives each what it needs, of which the mailbox's own call may get 63 of
        64 parts of what is left.
        """
        if len(needs) == 1:
            return needs[0] + MARGIN
        if self.kind is Kind.CODE:
            own = _CREATION_GAS + size * _BYTE_GAS + (size + 31) // 32 * _WORD_GAS
            calls = sum(needs) + _ITEM_GAS * len(needs) + max(needs) // 63
            return max(own + calls, size * _BYTE_FLOOR) + _TRANSACTION_GAS
        left = 0
        for remaining, need in enumerate(reversed(needs), start=1):
            parts = 16 * remaining
            left = max(need * parts // 15, left * parts // (parts - 15)) + _ITEM_GAS
        return left + _TRANSACTION_GAS

    def fits(self, sizes: Sequence[int]) -> bool:
        """Whether deliveries whose own transactions have so many bytes fit into one."""
        size = len(_CODE) + sum(sizes) + _RECORD * len(sizes)
        return len(sizes) <= self.max_size and (self.kind is not Kind.CODE or size <= _MAX_CODE)


def code(calls: Sequence[tuple[Address, bytes]], needs: Sequence[int]) -> bytes:
    """Code that makes calls, giving each the gas it needs."""
    records = (
        need.to_bytes(4) + len(data).to_bytes(4) + to + data
        for need, (to, data) in zip(needs, calls, strict=True)
    )
    return b"".join((_CODE, *records))


def uses(note: bytes) -> list[int]:
    """What each call used, from what the code logged."""
    return [int.from_bytes(note[at : at + 32]) for at in range(0, len(note), 32)]


async def find_carrier(
    client: ChainClient, mailbox: Address, max_size: int
) -> tuple[Carrier, bool]:
    """The best way that the chain has, and whether the node refused to say: then ask it again."""
    if max_size <= 1:
        return Carrier(Kind.ALONE, mailbox, 1), False
    batches = await _has_process_batch(client, mailbox)
    if batches:
        return Carrier(Kind.MAILBOX, mailbox, max_size), False
    if await _runs_code(client):
        return Carrier(Kind.CODE, mailbox, max_size), batches is None
    return Carrier(Kind.ALONE, mailbox, 1), True


async def _runs_code(client: ChainClient) -> bool:
    """Whether the chain runs code that a transaction brings along: tried without any call.

    No error says that it never will: nodes refuse for reasons of the moment, too.
    """
    try:
        await client.request(answers.CALL, {"data": to_hex(code([], []))}, "latest")
    except RpcError:
        return False
    return True


async def _has_process_batch(client: ChainClient, mailbox: Address) -> bool | None:
    """A mailbox with `processBatch` says so by its own error for lists of unequal length.

    None when the node refused to ask it.
    """
    try:
        await client.call(mailbox, Mailbox.process_batch, [], [], [b""])
    except Reverted as error:
        lengths = (0).to_bytes(32) + (1).to_bytes(32)
        return error.data == Mailbox.BATCH_LENGTH_MISMATCH + lengths
    except RpcError:
        return None
    return False


def gas_ceiling(block_limit: int) -> int:
    """Most gas that a batch should take: others want to be in the block too."""
    return min(block_limit // 2, _MAX_GAS)
