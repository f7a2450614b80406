"""A typed JSON-RPC client: what an agent reads from a chain, and how errors are told apart.

Three kinds of failure: no URL gives an answer (`Unreachable`, after retries; `Disagreement` when a
quorum is wanted and there is none); the node answers with an error (`RpcError`, of which a revert
is `Reverted`), which asking again would not change; it is the wrong chain (`ConfigError`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import structlog

from hyperlane.chain import answers
from hyperlane.chain.abi import Event, Function
from hyperlane.chain.agreement import Consensus
from hyperlane.chain.answers import Block, Log, Method, Receipt
from hyperlane.chain.calls import BlockId, ReadAhead, block_id, logs_in, transaction, view
from hyperlane.chain.endpoint import Call, Reverted, RpcError
from hyperlane.chain.rpc import Disagreement, RpcPool, TooWide, Unreachable
from hyperlane.chain.sizes import SizeMemory
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, Bytes32, to_checksum, to_hex

__all__ = [
    "Block",
    "BlockId",
    "ChainClient",
    "Consensus",
    "Disagreement",
    "Log",
    "NoAnswer",
    "Receipt",
    "ReorgPeriod",
    "Reverted",
    "RpcError",
    "Unreachable",
    "View",
]

log = structlog.get_logger()

View: TypeAlias = tuple[Address, Function, *tuple[object, ...]]
"""A call of a function of a contract, with its arguments."""
ReorgPeriod: TypeAlias = int | str
"""Blocks behind the tip, or a tag such as `finalized`."""

_BATCH = 100
_ONE_BY_ONE = 60.0
_LIMIT_TTL = 60.0
_TAGS = ("safe", "finalized")

Result = TypeVar("Result")


class NoAnswer(ChainError):
    """Failure of a call that returned nothing: there is no such function, or no code."""


@dataclass(slots=True)
class ChainClient:
    """One chain behind one or more URLs."""

    name: str
    chain_id: int
    urls: Sequence[str] = field(repr=False)
    reorg_period: ReorgPeriod = 1
    consensus: Consensus = Consensus.FALLBACK
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    sizes: SizeMemory | None = None
    """Store for the request sizes that URLs take; None: they are learned anew."""
    rpc: RpcPool = field(init=False)
    _ahead: ReadAhead = field(default_factory=ReadAhead)
    _one_by_one_until: float = float("-inf")
    """Time until which nothing is read ahead, as that failed."""
    _limit: tuple[float, int] = (float("-inf"), 0)
    """Time at which the gas limit of a block was read, and the limit."""

    def __post_init__(self) -> None:
        self.rpc = RpcPool(
            self.name, self.chain_id, self.urls, self.consensus, self.sleep, sizes=self.sizes
        )

    async def close(self) -> None:
        """Close connections."""
        await self.rpc.close()

    async def verify_chain_id(self) -> None:
        """ConfigError if a URL that answers is of another chain; Unreachable if none does."""
        await self.rpc.verify()

    async def finality_tags(self) -> list[str]:
        """The tags out of `safe` and `finalized` for which the node has a block."""
        found = await self.request_many(answers.BLOCK_BY_NUMBER, [(tag, False) for tag in _TAGS])
        return [tag for tag, block in zip(_TAGS, found, strict=True) if isinstance(block, Block)]

    async def request(self, method: Method[Result], *params: object) -> Result:
        """The result of one JSON-RPC method."""
        call = Call(method, params)
        known = self._ahead.take(call)
        if known is not None:
            return known  # type: ignore[no-any-return]
        (result,) = await self.rpc.exchange([call])
        if isinstance(result, RpcError):
            raise result
        return result  # type: ignore[no-any-return]

    async def request_many(
        self, method: Method[Result], params: Sequence[Sequence[object]]
    ) -> list[Result | RpcError]:
        """Results of one method for many parameters, in batches; errors stand in their place."""
        return await self._exchange([Call(method, item) for item in params])

    async def exchange(
        self, calls: Sequence[tuple[Method[Any], Sequence[object]]]
    ) -> list[Any | RpcError]:
        """Results of calls in one request; errors stand in their place."""
        return await self.rpc.exchange([Call(*item) for item in calls])

    async def read_ahead(self, calls: Sequence[Call]) -> None:
        """Read in one request what is asked for next; each answer is given once, then read anew.

        What is not answered in common is left out, so that it is asked for by itself.
        """
        self._ahead.keep((), ())
        if not calls or self.rpc.clock() < self._one_by_one_until:
            return
        try:
            found = await self.rpc.exchange(calls)
        except ChainError as error:
            log.debug("rpc.no_batch", chain=self.name, error=str(error))
            self._one_by_one_until = self.rpc.clock() + _ONE_BY_ONE
            return
        self._ahead.keep(calls, found)

    async def _exchange(self, calls: Sequence[Call]) -> list[Any | RpcError]:
        results: list[Any | RpcError] = []
        for start in range(0, len(calls), _BATCH):
            results += await self.rpc.exchange(calls[start : start + _BATCH])
        return results

    async def call(
        self,
        to: Address,
        function: Function,
        *arguments: object,
        block: BlockId = "latest",
        sender: Address | None = None,
        gas: int | None = None,
        most: int | None = None,
    ) -> Any:
        """Return value of a contract's function at a block; Reverted, NoAnswer.

        `gas` if the call may take more than a node's default; most nodes have a maximum, too.
        `most`: bytes that may be returned, ChainError for more; for contracts of strangers.
        """
        asked = view(to, function, *arguments, block=block, sender=sender, gas=gas, most=most)
        answer = await self.request(asked.how, *asked.params)
        if most is not None and len(answer) > most:
            raise ChainError(
                f"{self.name}: {function.signature} of {to_checksum(to)} returned {len(answer)}"
                f" bytes, expected at most {most}"
            )
        if function.outputs and not answer:
            raise NoAnswer(
                f"{self.name}: {function.signature} of {to_checksum(to)} at block {block} returned"
                " nothing: no contract with that function is there"
            )
        return function.decode(answer)

    async def call_each(
        self, to: Address, function: Function, arguments: Sequence[object], block: BlockId
    ) -> list[Any]:
        """Return values of a function of one parameter, for each argument, at one block."""
        calls = [
            (transaction(to, function.encode(argument)), block_id(block)) for argument in arguments
        ]
        values = []
        for answer in await self.request_many(answers.returned_by(function), calls):
            if isinstance(answer, RpcError):
                raise answer
            values.append(function.decode(answer))
        return values

    async def views(self, asked: Sequence[View], most: int) -> list[Any]:
        """Return values of functions of contracts that may be anything, at the latest block; None
        where a contract does not have the function, or answers with more than `most` bytes."""
        calls = [
            (transaction(to, function.encode(*arguments)), "latest")
            for to, function, *arguments in asked
        ]
        found = await self.request_many(answers.CALL, calls)
        return [
            _view(function, answer, most)
            for (_, function, *_), answer in zip(asked, found, strict=True)
        ]

    async def estimate_gas(self, to: Address, data: bytes, sender: Address, value: int = 0) -> int:
        """Gas that a transaction with `value` wei would need now; Reverted if it would fail."""
        fields = transaction(to, data, sender)
        if value:
            fields["value"] = hex(value)
        return await self.request(answers.ESTIMATE_GAS, fields)

    async def has_code(self, address: Address, block: BlockId = "latest") -> bool:
        """True if a contract is there at a block."""
        # Old blocks have no code for most of a search for the first one that has.
        how = answers.CODE if isinstance(block, int) else answers.CODE_NOW
        code = await self.request(how, to_hex(address), block_id(block))
        return bool(code)

    async def balance(self, address: Address) -> int:
        """Balance of an account at the latest block, wei."""
        return await self.request(answers.BALANCE, to_hex(address), "latest")

    async def transaction_count(self, address: Address, block: BlockId) -> int:
        """The next nonce of an account at a block."""
        return await self.request(answers.TRANSACTION_COUNT, to_hex(address), block_id(block))

    async def block(self, block: BlockId = "latest") -> Block:
        """A block by number or tag; ChainError when the node does not have it."""
        found = await self.request(answers.BLOCK_BY_NUMBER, block_id(block), False)
        if found is None:
            raise ChainError(f"{self.name}: the node has no block {block!r}")
        return found

    async def gas_limit(self) -> int:
        """Gas limit of the latest block, or of one of the last minute: it changes slowly."""
        now = self.rpc.clock()
        if now - self._limit[0] > _LIMIT_TTL:
            self._limit = now, (await self.block()).gas_limit
        return self._limit[1]

    async def final_block(self) -> int:
        """The highest block that counts as final: agents act only on what they read up to it."""
        if isinstance(self.reorg_period, str):
            return (await self.block(self.reorg_period)).number
        return max(0, await self.request(answers.BLOCK_NUMBER) - self.reorg_period)

    async def logs(
        self,
        address: Address,
        event: Event,
        first: int,
        last: int,
        indexed: Sequence[Bytes32] = (),
    ) -> list[Log]:
        """Logs of one event of a contract in blocks `first` .. `last`, in order, each once.

        `indexed` restricts them to those whose first indexed values are these. A range that is too
        large for a node (too many results or blocks, too much work, no answer in time) is split
        into smaller parts, and so are the next ranges for a while.
        """
        unique: dict[tuple[int, int], Log] = {}
        start, span = first, self.log_span
        while start <= last:
            end = min(last, start + span - 1)
            asked = logs_in(address, event, start, end, indexed)
            try:
                found = await self.request(asked.how, *asked.params)
            except TooWide as error:
                span = error.blocks
                log.debug("rpc.range_split", chain=self.name, blocks=span)
                continue
            unique |= {(item.block_number, item.index): item for item in found}
            start, span = end + 1, self.log_span
        return [unique[key] for key in sorted(unique)]

    @property
    def log_span(self) -> int:
        """Number of blocks that the node takes in one log query, as far as is known."""
        return self.rpc.log_span

    def distrust(self, problem: str) -> None:
        """Distrust the URL whose logs were believed last, as they were wrong: it is asked last."""
        self.rpc.distrust(problem, answers.LOGS.name)

    async def receipts(
        self, hashes: Sequence[Bytes32], *, expected: bool = False
    ) -> list[Receipt | None]:
        """Receipts in order; None for a transaction in no block.

        `expected`: None is believed only when two answers say so.
        """
        calls = [
            Call(answers.receipt_of(item, expected=expected), [to_hex(item)]) for item in hashes
        ]
        found: list[Receipt | None] = []
        for answer in await self._exchange(calls):
            if isinstance(answer, RpcError):
                raise answer
            found.append(answer)
        return found


def _view(function: Function, answer: bytes | RpcError, most: int) -> Any:
    if isinstance(answer, RpcError) or len(answer) > most:
        return None
    try:
        return function.decode(answer)
    except ChainError:
        return None
