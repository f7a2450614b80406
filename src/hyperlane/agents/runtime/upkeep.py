"""Looking after the transactions of one key until blocks have them.

What a node lost is sent again, what waits long is replaced by one that offers more. A nonce that
nobody uses, or that somebody else's stuck transaction has, is filled with a transaction that does
nothing. What transactions offer: `hyperlane.chain.offers`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from hyperlane.agents.runtime.nonces import Nonces
from hyperlane.agents.runtime.refusals import ALREADY_SENT, UNDERPRICED, says
from hyperlane.chain import answers
from hyperlane.chain.client import ChainClient, RpcError, Unreachable
from hyperlane.chain.offers import AtCeiling, Offers
from hyperlane.chain.signer import address_of
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, Bytes32, to_checksum, to_hex
from hyperlane.store.transactions import Signed, Transaction, TransactionStore

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

log = structlog.get_logger()

_RESEND_AFTER = 5.0
_STRANDED_AFTER = 20.0
"""Seconds after which the next transaction is to be pending."""
_FOREIGN_PATIENCE = 90.0
"""Seconds for which somebody else's transaction may hold a nonce of this key."""
_PLAIN_GAS = 21_000
_FILLER = "no-op"
_RAISES_AT_ONCE = 3
"""Raises by half in a row while the node calls an offer too low."""


def bumped(fee: int) -> int:
    """A fee raised by an eighth: nodes want at least 10 % more for a replacement."""
    return fee * 9 // 8 + 1


def half_more(fee: int) -> int:
    """A fee raised by half."""
    return fee * 3 // 2 + 1


@dataclass(slots=True)
class Upkeep:
    """Keeper of one key's transactions on one chain."""

    client: ChainClient
    account: "BaseAccount"
    store: TransactionStore
    offers: Offers
    clock: Callable[[], float] = time.time
    patience: float = 90.0
    """Seconds after which a transaction that is in no block is replaced by one that offers more."""
    more: Callable[[int], int] = bumped
    """Returns the least fee of a replacement, given the fee of the replaced transaction."""
    nonces: Nonces = field(init=False)
    _sent_again: dict[int, float] = field(default_factory=dict)
    """Time of the last repeated broadcast, by transaction id."""
    _foreign: tuple[int, float] | None = None
    """A nonce below ours that a foreign transaction with this key holds, and since when."""

    def __post_init__(self) -> None:
        self.nonces = Nonces(self.client, self.store, self.address)

    @property
    def address(self) -> Address:
        """Address of the key."""
        return address_of(self.account)

    async def maintain(self, pending: Sequence[Transaction]) -> None:
        """Rebroadcast `pending` (live, in no block); replace those that wait long at a higher fee.

        Also fills gaps below them: a no-op takes a nonce that is unused, or whose transaction,
        sent by others with this key, is stuck.
        """
        used = await self.client.transaction_count(self.address, "latest")
        purposes = [item for item in await self.store.nonces() if is_filler(item)]
        fillers = list((await self.store.live_by_purpose(purposes)).values()) if purposes else []
        kept = [*await self._settle_fillers(fillers, used), *pending]
        waiting = [item for item in kept if item.nonce >= used]
        now, ids = self.clock(), {item.id for item in waiting}
        self._sent_again = {key: at for key, at in self._sent_again.items() if key in ids}
        for transaction in waiting:
            late = now - transaction.sent_at > self.patience
            if late or await self._is_stranded(transaction, used, now):
                await self._try(transaction, self._replace(transaction))
        await self._send_again([item for item in waiting if self._is_due(item, now)])
        try:
            await self._fill_hole(used)
        except ChainError as error:
            log.warning("transaction.nonce_unfilled", chain=self.client.name, error=str(error))

    def _is_due(self, transaction: Transaction, now: float) -> bool:
        """Tell whether it is time to send a transaction again as it is."""
        since = max(transaction.sent_at, self._sent_again.get(transaction.id, 0))
        return now - since > _RESEND_AFTER and now - transaction.sent_at <= self.patience

    async def _is_stranded(self, transaction: Transaction, used: int, now: float) -> bool:
        """Tell whether a node keeps the next transaction as if one before it were missing.

        Anvil does, with one that comes while it mines the one before. At most once for each, as
        there are nodes that never count what is pending.
        """
        return (
            transaction.nonce == used
            and not transaction.replaced_hashes
            and now - transaction.sent_at > _STRANDED_AFTER
            and await self.nonces.pending() <= transaction.nonce
        )

    async def _send_again(self, transactions: Sequence[Transaction]) -> None:
        self._sent_again |= dict.fromkeys((item.id for item in transactions), self.clock())
        for item, error in zip(transactions, await self._broadcast(transactions), strict=True):
            if error is not None:
                self._tell(item, error)

    async def _try(self, transaction: Transaction, action: Awaitable[None]) -> None:
        """Run an action; log its failure, which must not keep other transactions waiting."""
        try:
            await action
        except ChainError as error:
            self._tell(transaction, error)

    def _tell(self, transaction: Transaction, error: ChainError) -> None:
        log.warning(
            "transaction.refused",
            chain=self.client.name,
            tx_hash=to_hex(transaction.hash),
            nonce=transaction.nonce,
            error=str(error),
        )

    async def _settle_fillers(self, fillers: list[Transaction], used: int) -> list[Transaction]:
        """Finish no-ops whose nonce is used; returns the others, which are still needed."""
        await self.store.finish(*(item for item in fillers if item.nonce < used))
        return [item for item in fillers if item.nonce >= used]

    async def _fill_hole(self, used: int) -> None:
        """Fill the first nonce below our live ones that has no transaction of ours."""
        async with self.nonces.lock:
            ours = set((await self.store.nonces()).values())
            free = (nonce for nonce in range(used, max(ours, default=0)) if nonce not in ours)
            hole = next(free, None)
            if hole is None or await self._is_others(hole):
                return
            fields = await self._fields(self.address, b"", _PLAIN_GAS)
            purpose = f"{_FILLER} {hole} {self.address.hex()}"
            (filler,) = await self._store({purpose: fields | {"nonce": hole}})
            self.nonces.fill(hole)
        log.warning("transaction.nonce_filled", chain=self.client.name, nonce=hole)
        await self._try(filler, self._broadcast_or_outbid(filler))

    async def _is_others(self, nonce: int) -> bool:
        """Tell whether a foreign transaction holds a nonce, and not yet for too long."""
        if nonce >= await self.nonces.pending():
            return False
        now = self.clock()
        if self._foreign is None or self._foreign[0] != nonce:
            self._foreign = nonce, now
        return now - self._foreign[1] <= _FOREIGN_PATIENCE

    async def _replace(self, transaction: Transaction) -> None:
        """Replace a transaction by one that offers more, within all bounds."""
        newer = await self._raised(transaction, self.more)
        if newer is None:
            await self._broadcast_one(transaction)
        else:
            await self._broadcast_or_outbid(newer)

    async def _broadcast_or_outbid(self, transaction: Transaction) -> None:
        """Broadcast; while the node wants more for the nonce, offer half as much again."""
        for remaining in reversed(range(_RAISES_AT_ONCE + 1)):
            try:
                return await self._broadcast_one(transaction)
            except RpcError as error:
                if not remaining or not says(error, UNDERPRICED):
                    raise
                newer = await self._raised(transaction, half_more)
                if newer is None:
                    raise
                transaction = newer

    async def _raised(
        self, transaction: Transaction, more: Callable[[int], int]
    ) -> Transaction | None:
        """Sign and store another version that offers more; None where a bound forbids it."""
        raises = len(transaction.replaced_hashes)
        fields = await self.offers.raised(transaction.fields, raises, more)
        if isinstance(fields, AtCeiling):
            log.warning(
                "transaction.at_ceiling",
                chain=self.client.name,
                nonce=transaction.nonce,
                reason=fields.reason,
            )
            return None
        tx_hash, raw = await self._sign(fields)
        newer = await self.store.replace(transaction, fields, tx_hash, raw, self.clock())
        log.info(
            "transaction.replaced",
            chain=self.client.name,
            nonce=newer.nonce,
            old=to_hex(transaction.hash),
            new=to_hex(newer.hash),
        )
        return newer

    async def _fields(
        self, to: Address | None, data: bytes, gas: int, value: int = 0
    ) -> dict[str, Any]:
        """Fields of a transaction but its nonce; GasTooDear when it would cost too much."""
        fields: dict[str, Any] = {
            "chainId": self.client.chain_id,
            "data": to_hex(data),
            "value": value,
            "gas": gas,
            **(await self.offers.affordable(data, gas)).fields,
        }
        return fields if to is None else {**fields, "to": to_checksum(to)}

    async def _store(self, wanted: Mapping[str, dict[str, Any]]) -> list[Transaction]:
        """Sign and store transactions by purpose; before they are sent, so that one that a crash
        kept from the node is sent later."""
        made = await asyncio.gather(*map(self._sign, wanted.values()))
        signed = [
            Signed(purpose, dict(fields), *item)
            for (purpose, fields), item in zip(wanted.items(), made, strict=True)
        ]
        return await self.store.add(signed, self.clock())

    async def _broadcast(self, transactions: Sequence[Transaction]) -> list[RpcError | None]:
        """Send transactions in one request; why the node refuses each, None where it does not."""
        raw = [(to_hex(item.raw),) for item in transactions]
        try:
            said = await self.client.request_many(answers.SEND_RAW, raw)
        except Unreachable as error:
            log.warning("transaction.unsent", chain=self.client.name, error=str(error))
            return [None] * len(raw)
        return [
            item if isinstance(item, RpcError) and not says(item, ALREADY_SENT) else None
            for item in said
        ]

    async def _broadcast_one(self, transaction: Transaction) -> None:
        (refusal,) = await self._broadcast([transaction])
        if refusal is not None:
            raise refusal

    async def _sign(self, fields: dict[str, Any]) -> tuple[Bytes32, bytes]:
        # In a thread: the key may be behind a network.
        signed = await asyncio.to_thread(self.account.sign_transaction, fields)
        return Bytes32(bytes(signed.hash)), bytes(signed.raw_transaction)


def is_filler(purpose: str) -> bool:
    """Tell whether a transaction does no more than to use its nonce."""
    return purpose.startswith(_FILLER)
