"""Chains in memory for the scraper: they grow, fork, and answer oddly when told to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from hyperlane.agents.scraper.reading import Counts, Piece
from hyperlane.chain.answers import Block as Header
from hyperlane.errors import ChainError
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32
from hyperlane.store.scraper.rows import (
    Block,
    Delivery,
    Dispatch,
    Insertion,
    Payment,
    Transaction,
)

MAILBOX, HOOK, PAYMASTER = (Address(bytes([number]) * 20) for number in (1, 2, 3))


def message(nonce: int, origin: int, destination: int, body: bytes = b"") -> Message:
    """A message between two chains."""
    return Message(3, nonce, origin, Bytes32(b"s" * 32), destination, Bytes32(b"r" * 32), body)


def transaction(hash_: bytes, **rows: object) -> Transaction:
    """A transaction with rows such as `dispatches`."""
    base = Transaction(
        hash=Bytes32(hash_),
        nonce=0,
        sender=Address(b"f" * 20),
        recipient=MAILBOX,
        gas_limit=10**6,
        gas_price=1,
        max_fee_per_gas=None,
        max_priority_fee_per_gas=None,
        effective_gas_price=1,
        gas_used=10**5,
        cumulative_gas_used=10**5,
        input=b"input",
    )
    return replace(base, **rows)  # type: ignore[arg-type]


def sending(hash_: bytes, *messages: Message, paid: int = 2**255) -> Transaction:
    """A transaction that dispatches messages, inserts them as leaves and pays for them."""
    return transaction(
        hash_,
        dispatches=[Dispatch(item, MAILBOX, 4 * at) for at, item in enumerate(messages)],
        insertions=[Insertion(HOOK, item.nonce, item.id) for item in messages],
        payments=[
            Payment(item.id, PAYMASTER, item.destination, paid, 1000, 4 * at + 3)
            for at, item in enumerate(messages)
        ],
    )


def delivering(hash_: bytes, *ids: Bytes32) -> Transaction:
    """A transaction that delivers messages."""
    return transaction(
        hash_, deliveries=[Delivery(id_, MAILBOX, 2 * at) for at, id_ in enumerate(ids)]
    )


@dataclass
class MemoryChain:
    """A chain in memory, as a source of the scraper."""

    domain: int
    random: Random
    finality: int = 4
    blocks: list[Block] = field(default_factory=list)
    odd: Callable[[str], bool] = lambda _what: False
    """Whether to answer oddly: `fail`, `omit` logs, `lag` behind."""
    distrusted: list[str] = field(default_factory=list)
    most: int = 10**9
    """Logs after which a piece ends."""
    pieces: list[Piece] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.grow()

    @property
    def name(self) -> str:
        return f"chain{self.domain}"

    def grow(self, *transactions: Transaction) -> Block:
        """Add a block."""
        height = len(self.blocks)
        made = Block(
            height, Bytes32(self.random.randbytes(32)), 1000 + 10 * height, list(transactions)
        )
        self.blocks.append(made)
        return made

    def fork(self, depth: int) -> Sequence[Transaction]:
        """Drop the last blocks; returns what was in them."""
        dropped = self.blocks[len(self.blocks) - depth :]
        del self.blocks[len(self.blocks) - depth :]
        return [item for block in dropped for item in block.transactions]

    def _count(self, height: int, name: str) -> int:
        return sum(
            len(getattr(item, name))
            for block in self.blocks[: height + 1]
            for item in block.transactions
        )

    def nonce(self) -> int:
        """The number of the next message."""
        return self._count(len(self.blocks), "dispatches")

    # What the scraper asks

    async def final(self) -> int:
        self._fail()
        return max(0, len(self.blocks) - 1 - self.finality)

    async def head(self) -> Header:
        self._fail()
        block = self.blocks[-1]
        if self.odd("lag") and len(self.blocks) > 3:
            block = self.blocks[-3]
        return Header(block.height, block.hash, 30_000_000, block.timestamp, None)

    async def hashes(self, heights: Sequence[int]) -> Mapping[int, Bytes32]:
        self._fail()
        if any(height >= len(self.blocks) for height in heights):
            raise ChainError("no such block")
        return {height: self.blocks[height].hash for height in heights}

    async def first_block(self, head: int) -> tuple[int, bool]:
        return 0, False

    async def read(self, first: int, last: int, *, newest_first: bool) -> Piece:
        self._fail()
        order = self.blocks[first : last + 1]
        assert order[-1].height == last
        taken: list[Block] = []
        logs = 0
        for block in reversed(order) if newest_first else order:
            taken.append(block)
            logs += sum(len(item.dispatches) + len(item.deliveries) for item in block.transactions)
            if logs > self.most:
                break
        heights = [block.height for block in taken]
        shown = [block for block in taken if block.transactions and not self.odd("omit")]
        piece = Piece(min(heights), max(heights), shown, logs)
        self.pieces.append(piece)
        return piece

    async def anchor(self, height: int) -> Block:
        self._fail()
        return replace(self.blocks[height], transactions=())

    async def counts(self, height: int) -> Counts | None:
        return Counts(self._count(height, "dispatches"), self._count(height, "insertions"))

    async def processed_at(self, ids: Sequence[Bytes32], height: int) -> Sequence[int]:
        self._fail()
        found = {
            item.message_id: block.height
            for block in self.blocks[: height + 1]
            for transaction in block.transactions
            for item in transaction.deliveries
        }
        return [found.get(id_, 0) for id_ in ids]

    def distrust(self, problem: str) -> None:
        self.distrusted.append(problem)

    def _fail(self) -> None:
        if self.odd("fail"):
            raise ChainError("no answer")
