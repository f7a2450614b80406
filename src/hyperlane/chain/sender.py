"""Sending transactions: the one owner of a key's nonces on a chain.

A transaction is signed, stored, then sent. Whatever happens in between, the stored one is sent
again until a block has its nonce, so a purpose (a message id) never has two live transactions and
a nonce is never left out. A nonce that nobody uses, or that somebody else's stuck transaction has,
is filled with a transaction that does nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from hyperlane.chain import answers
from hyperlane.chain.client import ChainClient, Receipt, RpcError, Unreachable
from hyperlane.chain.signer import address_of
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, Bytes32, to_checksum, to_hex
from hyperlane.store.transactions import Transaction, TransactionStore

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount

log = structlog.get_logger()

_RESEND_AFTER = 5.0
_REPLACE_AFTER = 90.0
_FEES_LIVE = 2.0
_NONCE_TRIES = 8
_PLAIN_GAS = 21_000
_FILLER = "no-op"
_FEES = frozenset(("gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"))
_ALREADY_SENT = ("already known", "already imported", "known transaction")
_UNDERPRICED = ("underpriced",)
_NONCE_TAKEN = ("nonce too low", "replacement transaction underpriced")
_BELOW_BASE_FEE = ("less than block base fee",)
_UNFUNDED = ("insufficient funds", "insufficient balance")


class OutOfFunds(ChainError):
    """The sending key cannot pay; it is worth a try again once somebody funds it."""


class FeesRose(ChainError):
    """Gas became dearer between the look at its price and the sending."""


@dataclass(frozen=True, slots=True)
class FeeCeiling:
    """Most that a transaction may offer, in wei; None is no ceiling."""

    max_fee_per_gas: int | None = None
    max_priority_fee_per_gas: int | None = None


@dataclass(slots=True)
class Sender:
    """Sends for one key on one chain."""

    client: ChainClient
    account: "BaseAccount"
    store: TransactionStore
    ceiling: FeeCeiling = FeeCeiling()
    clock: Callable[[], float] = time.time
    _nonces: asyncio.Lock = field(default_factory=asyncio.Lock)
    _fees: tuple[float, dict[str, int]] | None = None
    _sent_again: dict[int, float] = field(default_factory=dict)
    """When each transaction was last broadcast again."""
    _foreign: tuple[int, float] | None = None
    """A nonce that holds us up and that somebody else's transaction has, and since when."""

    @property
    def address(self) -> Address:
        """Who pays."""
        return address_of(self.account)

    async def send(self, purpose: str, to: Address, data: bytes, gas: int) -> Transaction:
        """Send one transaction for `purpose`, or find the live one that has it.

        Returns once it is stored and the node took it, or could not be reached (`maintain` sends
        it again). RpcError when the node refuses it, OutOfFunds when the key cannot pay, FeesRose
        when it offers too little by now: then it is forgotten, and its nonce is free.
        """
        async with self._nonces:
            live = await self.store.live_for(purpose)
            if live is not None:
                return live
            fields = await self._fields(to, data, gas)
            lowest = 0
            for remaining in reversed(range(_NONCE_TRIES)):
                # Counts what others sent with this key and what was sent before a restart.
                taken = await self.client.transaction_count(self.address, "pending")
                fields["nonce"] = max(lowest, taken, await self.store.next_nonce())
                transaction = await self._store(purpose, fields)
                try:
                    await self._broadcast(transaction)
                    return transaction
                except RpcError as error:
                    # A request that was answered too late may have been heard all the same.
                    if await self._is_known(transaction.hash):
                        return transaction
                    await self.store.finish(transaction)
                    if _says(error, _UNFUNDED):
                        raise await self._out_of_funds(gas) from None
                    if _says(error, _BELOW_BASE_FEE):
                        self._fees = None
                        raise FeesRose(str(error)) from None
                    if not (remaining and _says(error, _NONCE_TAKEN)):
                        raise
                    lowest = transaction.nonce + 1
        raise AssertionError  # the last try returns or raises

    async def gas_price(self) -> int:
        """Most that a unit of gas would cost in a transaction sent now, wei."""
        return max((await self._current_fees()).values())

    async def live(self) -> list[Transaction]:
        """All transactions that nobody finished yet, by nonce."""
        return await self.store.live()

    async def receipts(self, transactions: list[Transaction]) -> list[Receipt | None]:
        """For each, the receipt of whichever version is in a block."""
        hashes = [item for transaction in transactions for item in transaction.hashes]
        found = {item.tx_hash: item for item in await self.client.receipts(hashes) if item}
        return [
            next((found[item] for item in transaction.hashes if item in found), None)
            for transaction in transactions
        ]

    async def maintain(self, pending: list[Transaction]) -> None:
        """Send `pending` (live and in no block) again; those that wait long, for a higher fee.

        Also fills nonces that hold them up: a no-op takes a nonce that nobody uses, or whose
        transaction, sent by others with this key, is stuck.
        """
        used = await self.client.transaction_count(self.address, "latest")
        fillers = [item for item in await self.store.live() if _is_filler(item)]
        for transaction in [*await self._settle_fillers(fillers, used), *pending]:
            if transaction.nonce >= used:
                await self._try(transaction, self._send_again(transaction))
        await self._fill_hole(used)

    async def _send_again(self, transaction: Transaction) -> None:
        now = self.clock()
        if now - transaction.sent_at > _REPLACE_AFTER:
            await self._replace(transaction)
        elif (
            now - max(transaction.sent_at, self._sent_again.get(transaction.id, 0)) > _RESEND_AFTER
        ):
            self._sent_again[transaction.id] = now
            await self._broadcast(transaction)

    async def _try(self, transaction: Transaction, action: Awaitable[None]) -> None:
        """One transaction's trouble must not keep others from being looked after."""
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
        """Forget no-ops whose nonce is used; the others are still needed."""
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
        """Whether a transaction that we do not know has a nonce, and not yet for too long."""
        if nonce >= await self.client.transaction_count(self.address, "pending"):
            return False
        now = self.clock()
        if self._foreign is None or self._foreign[0] != nonce:
            self._foreign = nonce, now
        return now - self._foreign[1] <= _REPLACE_AFTER

    async def _replace(self, transaction: Transaction) -> None:
        """Offer more for a nonce; within the ceilings, as much as it takes."""
        fields = dict(transaction.fields)
        for name, fee in (await self._current_fees()).items():
            fields[name] = max(fee, _bumped(fields.get(name, 0)))
        await self._outbid(transaction, fields)

    async def _outbid(self, transaction: Transaction, fields: dict[str, Any]) -> None:
        if not self._affordable(fields):
            log.warning("transaction.at_ceiling", chain=self.client.name, nonce=transaction.nonce)
            await self._broadcast(transaction)
            return
        tx_hash, raw = await self._sign(fields)
        newer = await self.store.replace(transaction, fields, tx_hash, raw, self.clock())
        log.info(
            "transaction.replaced",
            chain=self.client.name,
            nonce=newer.nonce,
            old=to_hex(transaction.hash),
            new=to_hex(newer.hash),
        )
        await self._broadcast_or_outbid(newer)

    async def _broadcast_or_outbid(self, transaction: Transaction) -> None:
        """Broadcast; while the node wants more for the nonce, offer half as much again."""
        try:
            await self._broadcast(transaction)
        except RpcError as error:
            if not _says(error, _UNDERPRICED):
                raise
            fields = dict(transaction.fields)
            for name in _FEES & fields.keys():
                fields[name] = fields[name] * 3 // 2 + 1
            await self._outbid(transaction, fields)

    async def _fields(self, to: Address, data: bytes, gas: int) -> dict[str, Any]:
        """All of a transaction but its nonce."""
        return {
            "chainId": self.client.chain_id,
            "to": to_checksum(to),
            "data": to_hex(data),
            "value": 0,
            "gas": gas,
            **await self._current_fees(),
        }

    async def _store(self, purpose: str, fields: dict[str, Any]) -> Transaction:
        tx_hash, raw = await self._sign(fields)
        return await self.store.add(purpose, dict(fields), tx_hash, raw, self.clock())

    async def _is_known(self, tx_hash: Bytes32) -> bool:
        return await self.client.request(answers.IS_KNOWN, to_hex(tx_hash))

    async def _out_of_funds(self, gas: int) -> "OutOfFunds":
        balance, price = await self.client.balance(self.address), await self.gas_price()
        return OutOfFunds(
            f"{self.client.name}: {to_checksum(self.address)} has {balance} wei, a transaction of"
            f" {gas} gas may cost {gas * price}: fund it"
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
        return bytes(signed.hash), bytes(signed.raw_transaction)

    def _affordable(self, fees: dict[str, int]) -> bool:
        offered = fees.get("maxFeePerGas", fees.get("gasPrice", 0))
        tip = fees.get("maxPriorityFeePerGas", 0)
        return _within(offered, self.ceiling.max_fee_per_gas) and _within(
            tip, self.ceiling.max_priority_fee_per_gas
        )

    async def _current_fees(self) -> dict[str, int]:
        now = self.clock()
        if self._fees is None or now - self._fees[0] > _FEES_LIVE:
            self._fees = (now, await self._read_fees())
        return self._fees[1]

    async def _read_fees(self) -> dict[str, int]:
        base_fee = (await self.client.block()).base_fee
        if base_fee is None:
            fees = {"gasPrice": await self.client.request(answers.GAS_PRICE)}
            if not self._affordable(fees):
                raise self._too_expensive(fees["gasPrice"])
            return fees
        tip = await self.client.request(answers.PRIORITY_FEE)
        if self.ceiling.max_priority_fee_per_gas is not None:
            tip = min(tip, self.ceiling.max_priority_fee_per_gas)
        offer = 2 * base_fee + tip
        if self.ceiling.max_fee_per_gas is not None:
            if base_fee + tip > self.ceiling.max_fee_per_gas:
                raise self._too_expensive(base_fee + tip)
            offer = min(offer, self.ceiling.max_fee_per_gas)
        return {"maxFeePerGas": offer, "maxPriorityFeePerGas": tip}

    def _too_expensive(self, price: int) -> ChainError:
        return ChainError(
            f"{self.client.name}: gas costs {price} wei, more than"
            f" transactionOverrides.maxFeePerGas {self.ceiling.max_fee_per_gas}"
        )


def _is_filler(transaction: Transaction) -> bool:
    return transaction.purpose.startswith(_FILLER)


def _bumped(fee: int) -> int:
    """Nodes want at least 10 % more."""
    return fee * 9 // 8 + 1


def _within(fee: int, ceiling: int | None) -> bool:
    return ceiling is None or fee <= ceiling


def _says(error: RpcError, words: tuple[str, ...]) -> bool:
    return any(word in error.message.lower() for word in words)
