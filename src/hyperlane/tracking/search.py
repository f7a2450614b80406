"""Finding the dispatch of a message, by its id or by a transaction, on one chain or on all."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain import answers
from hyperlane.chain.abi import Event, Mailbox
from hyperlane.chain.client import Log
from hyperlane.errors import ChainError, ConfigError, HyperlaneError
from hyperlane.protocol.message import Message
from hyperlane.protocol.typecasts import Address, Bytes32, to_checksum, to_hex
from hyperlane.tracking.network import Network
from hyperlane.tracking.receipts import FullReceipt, full_receipt

MOST_BLOCKS = 1_000_000
"""Blocks of each chain, back from its newest, in which an id is looked for by default."""
_WINDOW = 10_000
"""Blocks of one log query; nodes that take fewer say so, and get smaller ones."""


class NotFound(ChainError):
    """Failure to find a message anywhere."""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A message, and the transaction that sent it."""

    chain: Chain
    message: Message
    receipt: FullReceipt


@dataclass(frozen=True, slots=True)
class Search:
    """Looks for messages on the chains of a network."""

    network: Network
    origin: str | None = None
    """The one chain to look on; None: all."""
    blocks: int = MOST_BLOCKS

    async def find(self, subject: Bytes32) -> list[Dispatch]:
        """The message of an id, or all that a transaction dispatched or delivered, in order.

        NotFound names the chains that were searched. ConfigError for an origin that the registry
        lacks.
        """
        chains, unreachable = await self._chains()
        receipts = await asyncio.gather(
            *(full_receipt(chain, subject) for chain in chains), return_exceptions=True
        )
        for chain, receipt in zip(chains, receipts, strict=True):
            if isinstance(receipt, FullReceipt):
                return await self._of_transaction(chain, receipt, chains)
            if isinstance(receipt, BaseException) and not isinstance(receipt, ChainError):
                raise receipt
        found = await self._by_id(chains, subject)
        if found is not None:
            return [found]
        await _require_not_pending(chains, subject)
        looked = ", ".join(chain.name for chain in chains) or "no chain"
        silent = "".join(f"; not asked: {problem}" for problem in unreachable)
        remedy = "look further back with --search-blocks, or check the registry"
        if self.origin is not None:
            remedy += " and --origin"
        raise NotFound(
            f"{to_hex(subject)}: no transaction and no message of {looked} in the last"
            f" {self.blocks:,} blocks{silent}; {remedy}"
        )

    async def _chains(self) -> tuple[list[Chain], list[str]]:
        if self.origin is not None:
            return [await self.network.chain(self.origin)], []
        names = self.network.searchable()
        if not names:
            raise ConfigError(
                f"{self.network.registry.folder}: no chain with metadata.yaml and addresses.yaml;"
                " name the registry's folder with --registry"
            )
        opened = await asyncio.gather(*map(self.network.chain, names), return_exceptions=True)
        chains, problems = [], []
        for found in opened:
            if isinstance(found, HyperlaneError):
                problems.append(str(found))
            elif isinstance(found, BaseException):
                raise found
            else:
                chains.append(found)
        if not chains:
            raise ChainError("no chain of the registry can be asked: " + "; ".join(problems))
        return chains, problems

    async def _of_transaction(
        self, chain: Chain, receipt: FullReceipt, chains: Sequence[Chain]
    ) -> list[Dispatch]:
        name, mailbox = to_hex(receipt.outcome.tx_hash), chain.settings.mailbox
        if not receipt.outcome.succeeded:
            raise NotFound(
                f"transaction {name} of {chain.name} failed in block"
                f" {receipt.outcome.block_number}: it dispatched nothing; send it again"
            )
        messages = receipt.messages(mailbox)
        if messages:
            return [Dispatch(chain, message, receipt) for message in messages]
        delivered = [
            await self._by_id(chains, message_id) for message_id in receipt.delivered(mailbox)
        ]
        if found := [item for item in delivered if item is not None]:
            return found
        raise NotFound(
            f"transaction {name} of {chain.name} dispatched nothing by the Mailbox"
            f" {to_checksum(mailbox)}; expected one that sends or delivers a message"
        )

    async def _by_id(self, chains: Sequence[Chain], message_id: Bytes32) -> Dispatch | None:
        """The dispatch of a message; the first chain that has it ends the search on the others."""
        searches = [
            asyncio.create_task(_on_chain(chain, message_id, self.blocks)) for chain in chains
        ]
        problem: ChainError | None = None
        try:
            for next_ended in asyncio.as_completed(searches):
                try:
                    found = await next_ended
                except ChainError as error:
                    problem = error
                    continue
                if found is not None:
                    return found
        finally:
            for task in searches:
                task.cancel()
            await asyncio.gather(*searches, return_exceptions=True)
        if problem is not None:
            raise problem
        return None


async def _on_chain(chain: Chain, message_id: Bytes32, blocks: int) -> Dispatch | None:
    mailbox = chain.settings.mailbox
    async for logs in newest_first(chain, mailbox, Mailbox.DISPATCH_ID, [message_id], blocks):
        for entry in logs:
            receipt = await full_receipt(chain, entry.tx_hash)
            for message in receipt.messages(mailbox) if receipt else ():
                if message.id == message_id:
                    assert receipt is not None
                    return Dispatch(chain, message, receipt)
    return None


async def newest_first(
    chain: Chain,
    address: Address,
    event: Event,
    indexed: Sequence[Bytes32],
    blocks: int,
    since: int = 0,
) -> AsyncIterator[list[Log]]:
    """Logs of a contract, a window of blocks at a time, back from the newest block."""
    last = (await chain.client.block()).number
    lowest = max(since, chain.settings.index.first_block or 0, last - blocks + 1)
    while last >= lowest:
        first = max(lowest, last - _WINDOW + 1)
        if found := await chain.client.logs(address, event, first, last, indexed):
            yield found
        last = first - 1


async def _require_not_pending(chains: Sequence[Chain], subject: Bytes32) -> None:
    for chain in chains:
        if await chain.client.request(answers.IS_KNOWN, to_hex(subject)):
            raise NotFound(
                f"transaction {to_hex(subject)} of {chain.name} is in no block yet; wait for it, or"
                " send it again with a higher gas price"
            )
