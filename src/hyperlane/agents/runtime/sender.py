"""The sender of transactions: the only user of a key's nonces on a chain.

A transaction is signed, stored, then sent. If the process ends in between, the stored one is sent
again until a block has its nonce, so a purpose (a message id) never has two live transactions and
no nonce is left out. A nonce that nobody uses, or that somebody else's stuck transaction has, is
filled with a transaction that does nothing. What transactions offer: `hyperlane.chain.offers`.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from hyperlane.chain import answers
from hyperlane.chain.client import ChainClient, Receipt, RpcError, Unreachable
from hyperlane.chain.endpoint import Call
from hyperlane.chain.fees import OfferTooLow
from hyperlane.chain.offers import AtCeiling, Offers
from hyperlane.chain.signer import address_of
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, Bytes32, to_checksum, to_hex
from hyperlane.store.transactions import Transaction, TransactionStore

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

log = structlog.get_logger()

_RESEND_AFTER = 5.0
_FOREIGN_PATIENCE = 90.0
"""Seconds for which somebody else's transaction may hold a nonce of this key."""
_NONCE_TRIES = 8
_PLAIN_GAS = 21_000
_FILLER = "no-op"
_RAISES_AT_ONCE = 3
"""Raises by half in a row while the node calls an offer too low."""
_ALREADY_SENT = ("already known", "already imported", "known transaction")
_UNDERPRICED = ("underpriced",)
_TOO_LOW = (*_UNDERPRICED, "fee too low", "price too low", "feetoolow", "below minimum")
_NONCE_USED = ("nonce too low",)
_NONCE_TAKEN = (*_NONCE_USED, "replacement transaction underpriced")
_BELOW_BASE_FEE = ("less than block base fee",)
_UNFUNDED = ("insufficient funds", "insufficient balance")


def bumped(fee: int) -> int:
    """A fee raised by an eighth: nodes want at least 10 % more for a replacement."""
    return fee * 9 // 8 + 1


def half_more(fee: int) -> int:
    """A fee raised by half."""
    return fee * 3 // 2 + 1


class OutOfFunds(ChainError):
    """Failure to send because the key has too little; retried, as somebody may fund it."""


class FeesRose(ChainError):
    """Failure to send because the base fee rose above the offer in the meantime."""


@dataclass(slots=True)
class Sender:
    """Sender of one key's transactions on one chain."""

    client: ChainClient
    account: "BaseAccount"
    store: TransactionStore
    offers: Offers
    clock: Callable[[], float] = time.time
    patience: float = 90.0
    """Seconds after which a transaction that is in no block is replaced by one that offers more."""
    more: Callable[[int], int] = bumped
    """Returns the least fee of a replacement, given the fee of the replaced transaction."""
    _nonces: asyncio.Lock = field(default_factory=asyncio.Lock)
    _used: int = 0
    """The nonce after the highest that this process used."""
    _sent_again: dict[int, float] = field(default_factory=dict)
    """Time of the last repeated broadcast, by transaction id."""
    _foreign: tuple[int, float] | None = None
    """A nonce below ours that a foreign transaction with this key holds, and since when."""

    @property
    def address(self) -> Address:
        """Address of the key."""
        return address_of(self.account)

    async def send(
        self,
        purpose: str,
        to: Address | None,
        data: bytes,
        gas: int,
        *,
        need: int | None = None,
        most_gas: int | None = None,
        value: int = 0,
    ) -> Transaction:
        """Send one transaction for `purpose`, or find the live one that has it.

        It gets as much `gas` unless the operator fixed another limit that covers what it needs
        (`gas` if nothing is said), and no more than `most_gas`. `value` is the wei that go along,
        in replacements too. Without `to`, `data` is code that is run once.

        Returns once it is stored and the node took it, or could not be reached (`maintain` sends it
        again). TooMuchGas, and GasTooDear while it would cost more than it may. RpcError when the
        node refuses it, OutOfFunds when the key cannot pay, FeesRose or OfferTooLow when it offers
        too little by now: then it is forgotten, and its nonce is free.
        """
        # One at a time: two that ask for the next nonce together would both get the same.
        async with self._nonces:
            live = await self.store.live_for(purpose)
            if live is not None:
                return live
            gas = self.offers.gas_limit(gas, gas if need is None else need, most_gas)
            fields = await self._fields(to, data, gas, value)
            lowest = 0
            for remaining in reversed(range(_NONCE_TRIES)):
                # The node counts what others sent with this key, and what was sent before a
                # restart; the store counts what the node has not seen yet.
                taken = await self.client.transaction_count(self.address, "pending")
                believed = taken if lowest else await self._confirmed(taken)
                fields["nonce"] = max(lowest, believed, await self.store.next_nonce())
                # Stored before it is sent: after a crash in between, it is sent again.
                transaction = await self._store(purpose, fields)
                refusal = await self._refusal(transaction)
                if refusal is None:
                    self._used = transaction.nonce + 1
                    return transaction
                await self.store.finish(transaction)
                if not (remaining and self._is_of_nonce(refusal)):
                    raise await self._explained(refusal, fields)
                if transaction.nonce == taken and _says(refusal, _NONCE_USED):
                    self.client.rpc.distrust(
                        f"nonce {taken} is used, though it told otherwise",
                        answers.TRANSACTION_COUNT.name,
                    )
                lowest = transaction.nonce + 1
        raise AssertionError  # the last try returns or raises

    async def _refusal(self, transaction: Transaction) -> RpcError | None:
        """Broadcast; why the node refuses it, None if it has it or could not be reached."""
        try:
            await self._broadcast(transaction)
        except RpcError as error:
            # A request that was answered too late may have been heard all the same.
            return None if await self._is_known(transaction.hash) else error
        return None

    def _is_of_nonce(self, refusal: RpcError) -> bool:
        """Whether a node refused the nonce alone, so that another one may do."""
        mended_otherwise = _says(refusal, _UNFUNDED) or _says(refusal, _BELOW_BASE_FEE)
        return _says(refusal, _NONCE_TAKEN) and not mended_otherwise

    async def _explained(self, refusal: RpcError, fields: dict[str, Any]) -> ChainError:
        """The error that names the remedy for a refusal; the refusal itself if none is known."""
        if _says(refusal, _UNFUNDED):
            return await self._out_of_funds(fields["gas"], fields["value"])
        if _says(refusal, _BELOW_BASE_FEE):
            self.offers.expire()
            return FeesRose(str(refusal))
        return self._too_low(fields, refusal) or refusal

    async def _confirmed(self, taken: int) -> int:
        """The next nonce, where one URL says a higher one than we know of.

        It may be right: others may have sent with this key. But transactions with a nonce that is
        too high wait for ever, so one URL is not believed: the median of all counts.
        """
        if taken <= max(self._used, await self.store.next_nonce()):
            return taken
        call = Call(answers.TRANSACTION_COUNT, (to_hex(self.address), "pending"))
        given = [said[0] for said in await self.client.rpc.opinions([call])]
        said = sorted(item for item in given if not isinstance(item, RpcError))
        median: int = said[(len(said) - 1) // 2] if said else taken
        if median >= taken:
            return taken
        problem = f"told of nonce {taken}, but {median} is next"
        self.client.rpc.distrust(problem, answers.TRANSACTION_COUNT.name)
        return median

    async def gas_price(self) -> int:
        """Most that a unit of gas would cost in a transaction sent now, wei."""
        return (await self.offers.fees()).offer

    async def price_now(self) -> int:
        """What a unit of gas costs in the next block, wei."""
        return (await self.offers.fees()).now

    async def data_fees(self, calldata: Sequence[bytes]) -> list[int]:
        """Wei that a rollup takes beside the gas of transactions with such data."""
        return await self.offers.data_fees(calldata)

    async def most_gas(self) -> int | None:
        """Most gas to want for a transaction that is sent now; None without such a bound."""
        return await self.offers.most_gas()

    async def live(self) -> list[Transaction]:
        """Transactions that are not finished yet, by nonce."""
        return await self.store.live()

    async def receipts(
        self, transactions: list[Transaction], *, expected: bool = False
    ) -> list[Receipt | None]:
        """Receipts of whichever version of each is in a block; `expected` if one must be."""
        hashes = [item for transaction in transactions for item in transaction.hashes]
        given = await self.client.receipts(hashes, expected=expected)
        found = {item.tx_hash: item for item in given if item}
        return [
            next((found[item] for item in transaction.hashes if item in found), None)
            for transaction in transactions
        ]

    async def maintain(self, pending: list[Transaction]) -> None:
        """Rebroadcast `pending` (live, in no block); replace those that wait long at a higher fee.

        Also fills gaps below them: a no-op takes a nonce that is unused, or whose transaction,
        sent by others with this key, is stuck.
        """
        used = await self.client.transaction_count(self.address, "latest")
        fillers = [item for item in await self.store.live() if _is_filler(item)]
        for transaction in [*await self._settle_fillers(fillers, used), *pending]:
            if transaction.nonce >= used:
                await self._try(transaction, self._send_again(transaction))
        await self._fill_hole(used)

    async def _send_again(self, transaction: Transaction) -> None:
        now = self.clock()
        if now - transaction.sent_at > self.patience:
            await self._replace(transaction)
        elif (
            now - max(transaction.sent_at, self._sent_again.get(transaction.id, 0)) > _RESEND_AFTER
        ):
            self._sent_again[transaction.id] = now
            await self._broadcast(transaction)

    async def _try(self, transaction: Transaction, action: Awaitable[None]) -> None:
        """Run an action; log its failure, which must not keep other transactions waiting."""
        try:
            await action
        except ChainError as error:
            log.warning(
                "transaction.refused",
                chain=self.client.name,
                tx_hash=to_hex(transaction.hash),
                nonce=transaction.nonce,
                error=str(error),
            )

    async def _settle_fillers(self, fillers: list[Transaction], used: int) -> list[Transaction]:
        """Finish no-ops whose nonce is used; returns the others, which are still needed."""
        for transaction in fillers:
            if transaction.nonce < used:
                await self.store.finish(transaction)
        return [item for item in fillers if item.nonce >= used]

    async def _fill_hole(self, used: int) -> None:
        """Fill the first nonce below our live ones that has no transaction of ours."""
        async with self._nonces:
            ours = {item.nonce for item in await self.store.live()}
            free = (nonce for nonce in range(used, max(ours, default=0)) if nonce not in ours)
            hole = next(free, None)
            if hole is None or await self._is_others(hole):
                return
            fields = await self._fields(self.address, b"", _PLAIN_GAS)
            purpose = f"{_FILLER} {hole} {self.address.hex()}"
            filler = await self._store(purpose, fields | {"nonce": hole})
        log.warning("transaction.nonce_filled", chain=self.client.name, nonce=hole)
        await self._try(filler, self._broadcast_or_outbid(filler))

    async def _is_others(self, nonce: int) -> bool:
        """Whether a foreign transaction holds a nonce, and not yet for too long."""
        if nonce >= await self.client.transaction_count(self.address, "pending"):
            return False
        now = self.clock()
        if self._foreign is None or self._foreign[0] != nonce:
            self._foreign = nonce, now
        return now - self._foreign[1] <= _FOREIGN_PATIENCE

    async def _replace(self, transaction: Transaction) -> None:
        """Replace a transaction by one that offers more, within all bounds."""
        newer = await self._raised(transaction, self.more)
        if newer is None:
            await self._broadcast(transaction)
        else:
            await self._broadcast_or_outbid(newer)

    async def _broadcast_or_outbid(self, transaction: Transaction) -> None:
        """Broadcast; while the node wants more for the nonce, offer half as much again."""
        for remaining in reversed(range(_RAISES_AT_ONCE + 1)):
            try:
                return await self._broadcast(transaction)
            except RpcError as error:
                if not remaining or not _says(error, _UNDERPRICED):
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

    def _too_low(self, fields: dict[str, Any], error: RpcError) -> OfferTooLow | None:
        """The error for an offer that the operator fixed too low; None if it is not that."""
        exact = self.offers.overrides.exact(fields)
        if not exact or not _says(error, _TOO_LOW):
            return None
        offers = " and ".join(sorted({f"{name} {fee}" for name, fee in exact.values()}))
        return OfferTooLow(f"{self.client.name}: the node wants more than {offers}: {error}")

    async def _store(self, purpose: str, fields: dict[str, Any]) -> Transaction:
        tx_hash, raw = await self._sign(fields)
        return await self.store.add(purpose, dict(fields), tx_hash, raw, self.clock())

    async def _is_known(self, tx_hash: Bytes32) -> bool:
        return await self.client.request(answers.IS_KNOWN, to_hex(tx_hash))

    async def _out_of_funds(self, gas: int, value: int) -> "OutOfFunds":
        balance, price = await self.client.balance(self.address), await self.gas_price()
        beside = f" and {value} wei" if value else ""
        return OutOfFunds(
            f"{self.client.name}: {to_checksum(self.address)} has {balance} wei, a transaction of"
            f" {gas} gas{beside} may cost {gas * price + value}: fund it"
        )

    async def _broadcast(self, transaction: Transaction) -> None:
        try:
            await self.client.request(answers.SEND_RAW, to_hex(transaction.raw))
        except Unreachable as error:
            log.warning("transaction.unsent", chain=self.client.name, error=str(error))
        except RpcError as error:
            if not _says(error, _ALREADY_SENT):
                raise

    async def _sign(self, fields: dict[str, Any]) -> tuple[Bytes32, bytes]:
        # In a thread: the key may be behind a network.
        signed = await asyncio.to_thread(self.account.sign_transaction, fields)
        return Bytes32(bytes(signed.hash)), bytes(signed.raw_transaction)


def _is_filler(transaction: Transaction) -> bool:
    return transaction.purpose.startswith(_FILLER)


def _says(error: RpcError, words: tuple[str, ...]) -> bool:
    return any(word in error.message.lower() for word in words)
