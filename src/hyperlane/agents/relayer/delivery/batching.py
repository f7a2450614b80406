"""Ways to put deliveries into a transaction: one, or several at once."""

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
"""Gas limit of one transaction, EIP-7825."""
_MAX_CODE = 49_152
"""Size limit of initcode in bytes, EIP-3860."""
_MAX_DATA = 120_000
"""Bytes of data; nodes take transactions of 128 KiB."""
_TRANSACTION_GAS = 75_000
"""Gas for the transaction itself, and a reserve in case an estimate is short."""
_ITEM_GAS = 5_000
"""Gas that a batch adds to each delivery."""
MARGIN = _TRANSACTION_GAS + _ITEM_GAS
"""Gas that a delivery alone gets beyond what it needs."""
_INTRINSIC_GAS = 21_000
"""Gas of any transaction, before its data."""
_CREATION_GAS = 32_000
"""Gas of a transaction that runs initcode, beyond that of any transaction: EIP-2."""
_CODE_GAS = 2 * _MAX_CODE // 32
"""Most gas for the words of its initcode: EIP-3860."""
_ZERO_GAS, _BYTE_GAS = 4, 16
"""Gas for a byte of calldata: zero, other."""
_RECORD = 28
"""Bytes of a record before the data of its call."""
RECORD_GAS = _RECORD * _BYTE_GAS
"""Most gas for those bytes."""

_CODE = bytes.fromhex(
    "604b380380604b5f395f5f5b8281101560465780518060c01c63ffffffff16905a905f5f8486601c015f8560201c86"
    "60e01cf150505a9003835201601c019060200190600b565b505fa000"
)
"""Initcode that makes calls, each with its own gas, and logs what each used. It leaves no contract.

    PUSH1 75 CODESIZE SUB DUP1 PUSH1 75 PUSH0 CODECOPY    copy the records, which follow this code
    PUSH0 PUSH0                                           stack: size, end of results, record
    11: JUMPDEST DUP3 DUP2 LT ISZERO PUSH1 70 JUMPI       until all calls are made:
        DUP1 MLOAD DUP1 PUSH1 192 SHR PUSH4 0xffffffff AND SWAP1 GAS SWAP1
        PUSH0 PUSH0 DUP5 DUP7 PUSH1 28 ADD PUSH0 DUP6 PUSH1 32 SHR DUP7 PUSH1 224 SHR CALL
        POP POP GAS SWAP1 SUB DUP4 MSTORE                 gas used, written over finished records
        ADD PUSH1 28 ADD SWAP1 PUSH1 32 ADD SWAP1 PUSH1 11 JUMP
    70: JUMPDEST POP PUSH0 LOG0 STOP                      log the gas used by all calls

A record is gas (4 bytes), length of the data (4), address (20) and data of a call.
Multicall3 would forward all gas of the transaction to each call: a recipient could burn what the
other messages of the batch need.
"""


class Kind(Enum):
    """Ways to put several messages into one transaction."""

    ALONE = auto()
    """No way: one message per transaction."""
    MAILBOX = auto()
    """The mailbox's own `processBatch`."""
    CODE = auto()
    """Initcode that calls `process` for each message; the mailbox sees it as the caller."""


@dataclass(frozen=True, slots=True)
class Batching:
    """Builds transactions that deliver to one mailbox."""

    kind: Kind
    mailbox: Address
    max_size: int
    """Most messages in one transaction."""

    def caller(self, sender: Address) -> Address:
        """Caller of the mailbox in a batch that `sender` sends.

        For initcode it is any address without rights: the real one is unknown before the nonce is.
        """
        return Address(keccak(sender)[12:]) if self.kind is Kind.CODE else sender

    def call(
        self,
        deliveries: Sequence[Delivery],
        needs: Sequence[int],
        proofs: Sequence[Proof] = (),
    ) -> tuple[Address | None, bytes]:
        """Recipient (None for initcode) and data of a transaction that delivers in this order.

        Proofs are shown to their modules first. `needs` is the gas of each proof, then of each
        delivery.
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

    def gas_limit(self, needs: Sequence[int], data: int) -> int:
        """Gas limit of a transaction that gives each proof and delivery its need.

        `data` is the gas for its data, which no need has in it but that of a delivery alone.

        - A delivery alone gets a margin in case its estimate is short.
        - Initcode gives each call exactly its need. The EVM lets a call have at most 63/64 of the
          gas that is left, so the largest need must fit in that.
        - `processBatch` gives each call an equal share of 15/16 of the gas that is left. Each share
          must reach the call's need even if all calls before it burn their whole shares, however
          little they used in their simulation. So it is computed from the last call backwards.
        """
        if len(needs) == 1:
            return needs[0] + MARGIN
        if self.kind is Kind.CODE:
            calls = sum(needs) + _ITEM_GAS * len(needs) + max(needs) // 63
            return max(_CREATION_GAS + _CODE_GAS + data + calls, _floor(data)) + _TRANSACTION_GAS
        left = 0
        for remaining, need in enumerate(reversed(needs), start=1):
            parts = 16 * remaining
            left = max(need * parts // 15, left * parts // (parts - 15)) + _ITEM_GAS
        return max(left + data, _floor(data)) + _TRANSACTION_GAS

    def fits(self, sizes: Sequence[int]) -> bool:
        """Tell whether deliveries fit into one transaction; `sizes`: bytes of their own ones."""
        size = len(_CODE) + sum(sizes) + _RECORD * len(sizes)
        most = _MAX_CODE if self.kind is Kind.CODE else _MAX_DATA
        return len(sizes) <= self.max_size and size <= most


def calldata_gas(data: bytes) -> int:
    """Gas for the data of a transaction."""
    zeros = data.count(0)
    return _ZERO_GAS * zeros + _BYTE_GAS * (len(data) - zeros)


def intrinsic_gas(data: bytes) -> int:
    """Gas that a transaction takes before it runs, which a call within another does without."""
    return _INTRINSIC_GAS + calldata_gas(data)


def _floor(data: int) -> int:
    """Least gas for data that costs `data` gas: ten for each four of it, EIP-7623."""
    return data * 10 // 4


def code(calls: Sequence[tuple[Address, bytes]], needs: Sequence[int]) -> bytes:
    """Initcode that makes calls, giving each the gas it needs."""
    records = (
        need.to_bytes(4) + len(data).to_bytes(4) + to + data
        for need, (to, data) in zip(needs, calls, strict=True)
    )
    return b"".join((_CODE, *records))


def calls_in(data: bytes) -> list[bytes]:
    """Data of each call of a transaction that `code` built; empty for other transactions."""
    calls, at = [], len(_CODE)
    while data.startswith(_CODE) and at < len(data):
        size = int.from_bytes(data[at + 4 : at + 8])
        at += _RECORD + size
        calls.append(data[at - size : at])
    return calls


def uses(note: bytes) -> list[int]:
    """Gas that each call used, from the log of the initcode."""
    return [int.from_bytes(note[at : at + 32]) for at in range(0, len(note), 32)]


async def find_batching(
    client: ChainClient, mailbox: Address, max_size: int
) -> tuple[Batching, bool]:
    """Find the best way that the chain has; True if the node refused to answer: ask it again."""
    if max_size <= 1:
        return Batching(Kind.ALONE, mailbox, 1), False
    batches = await _has_process_batch(client, mailbox)
    if batches:
        return Batching(Kind.MAILBOX, mailbox, max_size), False
    if await _runs_code(client):
        return Batching(Kind.CODE, mailbox, max_size), batches is None
    return Batching(Kind.ALONE, mailbox, 1), True


async def _runs_code(client: ChainClient) -> bool:
    """Tell whether the chain runs initcode of this kind, tried with an empty list of calls.

    An error does not prove that it never will: nodes also refuse while they are overloaded.
    """
    try:
        await client.request(answers.CALL, {"data": to_hex(code([], []))}, "latest")
    except RpcError:
        return False
    return True


async def _has_process_batch(client: ChainClient, mailbox: Address) -> bool | None:
    """Tell whether the mailbox has `processBatch`: then lists of unequal length have an error.

    None when the node refused the call.
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
    """Most gas that a batch should take: half of a block, so that it soon finds room in one."""
    return min(block_limit // 2, _MAX_GAS)
