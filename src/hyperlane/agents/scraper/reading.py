"""Reading blocks with all that is stored of them, from the nodes of one chain."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.scraper.events import READ, Contracts, transaction
from hyperlane.chain import ledger
from hyperlane.chain.abi import Mailbox, MerkleTreeHook, StakingManager
from hyperlane.chain.answers import Block, Method
from hyperlane.chain.client import ChainClient, RpcError
from hyperlane.chain.deployment import deployment_block
from hyperlane.chain.ledger import FullBlock, Outcome, Sighting, Transaction
from hyperlane.errors import ChainError, DecodeError
from hyperlane.protocol.typecasts import Address, Bytes32, to_hex
from hyperlane.store.scraper import rows

log = structlog.get_logger()

Item = TypeVar("Item")

_MANY_LOGS = 2000
"""Logs in one piece, beyond which it ends early."""
_WHOLE = 4
"""Transactions of one block from which on the whole block is asked for."""
_AT_ONCE, _BULKY = 50, 4
"""Calls in one request: small ones, and those for whole blocks."""
_REQUESTS = 4
"""Requests at a time."""


class Contradiction(ChainError):
    """Failure of answers that contradict each other: a reorg between them, or odd nodes."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages and leaves of a chain, as its contracts count them."""

    messages: int
    leaves: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A range of blocks, and those of them that have rows."""

    first: int
    last: int
    blocks: Sequence[rows.Block]
    logs: int


class Source(Protocol):
    """What the following of a chain needs of it."""

    @property
    def name(self) -> str:
        """Name in the settings."""

    @property
    def domain(self) -> int:
        """Domain in messages."""

    async def final(self) -> int:
        """The height up to which blocks are final."""

    async def head(self) -> Block:
        """The newest block."""

    async def hashes(self, heights: Sequence[int]) -> Mapping[int, Bytes32]:
        """Hashes of blocks that the chain has; ChainError if it has not all of them."""

    async def first_block(self, head: int) -> tuple[int, bool]:
        """The block to begin at, and whether anything can have happened before it."""

    async def read(self, first: int, last: int, *, newest_first: bool) -> Piece:
        """Blocks of a range, or of the part of it at the end that comes first."""

    async def anchor(self, height: int) -> rows.Block:
        """A block without its rows."""

    async def counts(self, height: int) -> Counts | None:
        """What the contracts count at a block; None where the nodes do not tell."""

    async def processed_at(self, ids: Sequence[Bytes32], height: int) -> Sequence[int]:
        """In which block the Mailbox says that it delivered messages, by `height`; 0: not yet."""

    def distrust(self, problem: str) -> None:
        """Distrust the URL whose logs were believed last."""


async def contracts_of(chain: Chain) -> Contracts:
    """The contracts of a chain whose logs count; ChainError when it does not answer."""
    settings = chain.settings
    paymaster, manager = settings.interchain_gas_paymaster, settings.staking_manager
    staking: set[Address] = set()
    if manager is not None:
        staking.add(manager)
        for question in (StakingManager.slasher, StakingManager.challenges):
            staking.add(Address(await chain.client.call(manager, question)))
    return Contracts(
        mailbox=settings.mailbox,
        merkle_tree_hook=settings.merkle_tree_hook,
        validator_announce=settings.validator_announce,
        paymasters=frozenset(() if paymaster is None else (paymaster,)),
        staking=frozenset(item for item in staking if any(item)),
    )


@dataclass(slots=True)
class ChainSource:
    """A chain's nodes as the source."""

    chain: Chain
    contracts: Contracts
    _requests: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_REQUESTS))
    _gives_receipts: bool = True
    """Whether the nodes give all receipts of a block at once, as far as is known."""

    @property
    def name(self) -> str:
        """Name in the settings."""
        return self.chain.name

    @property
    def domain(self) -> int:
        """Domain in messages."""
        return self.chain.domain

    @property
    def _client(self) -> ChainClient:
        return self.chain.client

    async def final(self) -> int:
        """The height up to which blocks are final."""
        return await self._client.final_block()

    async def head(self) -> Block:
        """The newest block."""
        return await self._client.block("latest")

    async def hashes(self, heights: Sequence[int]) -> Mapping[int, Bytes32]:
        """Hashes of blocks that the chain has; ChainError if it has not all of them."""
        headers = await self._headers(heights)
        return {number: header.hash for number, header in headers.items()}

    async def first_block(self, head: int) -> tuple[int, bool]:
        """The block to begin at, and whether anything can have happened before it."""
        mailbox = self.chain.settings.mailbox
        deployed = await deployment_block(self._client, mailbox, Mailbox.deployed_block, head)
        wanted = self.chain.index_range.start(head)
        return (deployed, False) if wanted is None else (wanted, wanted > deployed)

    async def counts(self, height: int) -> Counts | None:
        """What the contracts count at a block; None where the nodes do not tell."""
        try:
            messages, leaves = await asyncio.gather(
                self._client.call(self.contracts.mailbox, Mailbox.nonce, block=height),
                self._client.call(
                    self.contracts.merkle_tree_hook, MerkleTreeHook.count, block=height
                ),
            )
        except ChainError as error:
            log.debug("counts.unknown", chain=self.name, block=height, error=str(error))
            return None
        return Counts(messages, leaves)

    async def processed_at(self, ids: Sequence[Bytes32], height: int) -> Sequence[int]:
        """In which block the Mailbox says that it delivered messages, by `height`; 0: not yet."""
        return await self._client.call_each(
            self.contracts.mailbox, Mailbox.processed_at, ids, height
        )

    async def anchor(self, height: int) -> rows.Block:
        """A block without its rows."""
        header = (await self._headers([height]))[height]
        return rows.Block(height, header.hash, header.timestamp)

    def distrust(self, problem: str) -> None:
        """Distrust the URL whose logs were believed last."""
        self._client.distrust(problem)

    async def read(self, first: int, last: int, *, newest_first: bool) -> Piece:
        """Blocks of a range, or of the part of it at the end that comes first."""
        part = await ledger.sight(
            self._client,
            self.contracts.sought,
            first,
            last,
            newest_first=newest_first,
            most=_MANY_LOGS,
        )
        wanted: dict[int, dict[Bytes32, list[Sighting]]] = {}
        for item in part.sightings:
            wanted.setdefault(item.block_number, {}).setdefault(item.tx_hash, []).append(item)
        archive = await self._fetch(wanted)
        blocks = []
        for number, found in wanted.items():
            blocks.append(self._block(archive.headers[number], found, archive))
            await asyncio.sleep(0)  # pages are served by the same loop
        return Piece(part.first, part.last, blocks, len(part.sightings))

    def _block(
        self,
        header: Block,
        found: Mapping[Bytes32, Sequence[Sighting]],
        archive: "_Archive",
    ) -> rows.Block:
        """One block of rows, if all answers about it agree."""
        made = []
        for tx_hash, sightings in found.items():
            sent, outcome = archive.transactions.get(tx_hash), archive.outcomes.get(tx_hash)
            if sent is None or outcome is None:
                raise self._contradiction(
                    f"no node gives transaction {to_hex(tx_hash)}, of which there are logs in"
                    f" block {header.number}"
                )
            hashes = {sent.block_hash, outcome.block_hash, *(item.block_hash for item in sightings)}
            if hashes - {None} != {header.hash}:
                raise self._contradiction(
                    f"transaction {to_hex(tx_hash)} is in several blocks of height {header.number}"
                )
            shown = {entry.index for entry in outcome.entries}
            if not shown.issuperset(item.index for item in sightings):
                raise self._contradiction(
                    f"the receipt of {to_hex(tx_hash)} lacks logs that the node shows"
                )
            made.append(self._transaction(sent, outcome))
        return rows.Block(header.number, header.hash, header.timestamp, made)

    def _transaction(self, sent: Transaction, outcome: Outcome) -> rows.Transaction:
        try:
            made = transaction(self.contracts, sent, outcome)
        except (ChainError, DecodeError) as error:
            raise self._contradiction(f"transaction {to_hex(sent.hash)}: {error}") from None
        for item in made.dispatches:
            if item.message.origin != self.domain:  # its id may be that of another chain's message
                raise self._contradiction(
                    f"transaction {to_hex(sent.hash)}: the Mailbox logs a message of domain"
                    f" {item.message.origin}, expected {self.domain}"
                )
        return made

    def _contradiction(self, problem: str) -> Contradiction:
        """The error to raise. Another URL is asked first for a while, if there is one: this one
        may never tell the truth."""
        self.distrust(problem)
        return Contradiction(f"{self.name}: {problem}")

    async def _fetch(self, wanted: Mapping[int, Collection[Bytes32]]) -> "_Archive":
        """Fetch the blocks, transactions and receipts: whole blocks where much of them is used.

        Some nodes have forgotten in which blocks old transactions are, but have the blocks.
        """
        archive = _Archive()
        whole = {number: found for number, found in wanted.items() if len(found) >= _WHOLE}
        parts = {number: found for number, found in wanted.items() if number not in whole}
        await asyncio.gather(self._fetch_whole(whole, archive), self._fetch_parts(parts, archive))
        forgotten = {number: found for number, found in parts.items() if not archive.has(found)}
        await self._fetch_whole(forgotten, archive)
        return archive

    async def _fetch_whole(
        self, wanted: Mapping[int, Collection[Bytes32]], archive: "_Archive"
    ) -> None:
        if not wanted:
            return
        numbers = [(hex(number), True) for number in wanted]
        blocks = await self._each(ledger.FULL_BLOCK, numbers, _BULKY)
        for number, found in zip(wanted, blocks, strict=True):
            full = self._present(found, number)
            self._at(full.block, number)
            archive.add_block(full)
        if not await self._fetch_receipts(list(wanted), archive):
            hashes = [tx_hash for found in wanted.values() for tx_hash in found]
            archive.add_outcomes(await self._by_hash(hashes, _outcome_of))

    async def _fetch_parts(
        self, wanted: Mapping[int, Collection[Bytes32]], archive: "_Archive"
    ) -> None:
        hashes = [tx_hash for found in wanted.values() for tx_hash in found]
        headers, transactions, outcomes = await asyncio.gather(
            self._headers(list(wanted)),
            self._by_hash(hashes, ledger.transaction_of),
            self._by_hash(hashes, _outcome_of),
        )
        archive.headers |= headers
        archive.add_transactions(transactions)
        archive.add_outcomes(outcomes)

    async def _fetch_receipts(self, blocks: Sequence[int], archive: "_Archive") -> bool:
        """Fetch all receipts of blocks; False where the nodes do not give them together."""
        if not self._gives_receipts:
            return False
        method = ledger.outcomes_of_block(READ)
        try:
            for found in await self._each(method, [(hex(item),) for item in blocks], _BULKY):
                archive.add_outcomes(found or ())
        except RpcError as error:
            log.info("receipts.singly", chain=self.name, error=str(error))
            self._gives_receipts = False
            return False
        return True

    async def _headers(self, heights: Sequence[int]) -> dict[int, Block]:
        found = await self._each(ledger.HEADER, [(hex(item), False) for item in heights], _AT_ONCE)
        pairs = zip(heights, found, strict=True)
        return {number: self._at(self._present(header, number), number) for number, header in pairs}

    def _present(self, found: Item | None, number: int) -> Item:
        if found is None:
            raise self._contradiction(f"no node has block {number}")
        return found

    def _at(self, header: Block, number: int) -> Block:
        if header.number != number:
            raise self._contradiction(f"asked for block {number}, got {header.number}")
        return header

    async def _by_hash(self, hashes: Sequence[Bytes32], method: Any) -> list[Any]:
        """Answers of a method that is made for each transaction."""
        return await self._gathered(
            [
                [(method(item), (to_hex(item),)) for item in part]
                for part in _parts(hashes, _AT_ONCE)
            ]
        )

    async def _each(
        self, method: Method[Item], params: Sequence[Sequence[object]], size: int
    ) -> list[Item]:
        """Answers of one method for many parameters, `size` of them in one request."""
        return await self._gathered(
            [[(method, item) for item in part] for part in _parts(params, size)]
        )

    async def _gathered(self, batches: Iterable[Sequence[tuple[Any, Any]]]) -> list[Any]:
        async def ask(batch: Sequence[tuple[Any, Any]]) -> list[Any]:
            async with self._requests:
                return await self._client.exchange(batch)

        answers = await asyncio.gather(*map(ask, batches))
        found = [answer for batch in answers for answer in batch]
        for answer in found:
            if isinstance(answer, RpcError):
                raise answer
        return found


def _parts(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _outcome_of(tx_hash: Bytes32) -> Method[Outcome | None]:
    return ledger.outcome_of(tx_hash, READ)


@dataclass(slots=True)
class _Archive:
    """Blocks, transactions and receipts that were fetched."""

    headers: dict[int, Block] = field(default_factory=dict)
    transactions: dict[Bytes32, Transaction] = field(default_factory=dict)
    outcomes: dict[Bytes32, Outcome] = field(default_factory=dict)

    def has(self, hashes: Iterable[Bytes32]) -> bool:
        return all(item in self.transactions and item in self.outcomes for item in hashes)

    def add_block(self, full: FullBlock) -> None:
        self.headers[full.block.number] = full.block
        self.add_transactions(full.transactions)

    def add_transactions(self, found: Iterable[Transaction | None]) -> None:
        self.transactions |= {item.hash: item for item in found if item is not None}

    def add_outcomes(self, found: Iterable[Outcome | None]) -> None:
        self.outcomes |= {item.tx_hash: item for item in found if item is not None}
