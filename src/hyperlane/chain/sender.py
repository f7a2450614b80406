"""Sending transactions: the one owner of a key's nonces on a chain.

A transaction is signed, stored, then sent. Whatever happens in between, the stored one is sent
again until a block has its nonce, so a purpose (a message id) never has two live transactions and
a nonce is never left out.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

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
_NONCE_TRIES = 3
_ALREADY_SENT = ("already known", "already imported", "known transaction")
_NONCE_TAKEN = ("nonce too low", "replacement transaction underpriced")


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

    @property
    def address(self) -> Address:
        """Who pays."""
        return address_of(self.account)

    async def send(self, purpose: str, to: Address, data: bytes, gas: int) -> Transaction:
        """Send one transaction for `purpose`, or find the live one that has it.

        Returns once it is stored and the node took it, or could not be reached (`maintain` sends
        it again). RpcError when the node refuses it: then it is forgotten.
        """
        async with self._nonces:
            live = await self.store.live_for(purpose)
            if live is not None:
                return live
            fields: dict[str, Any] = {
                "chainId": self.client.chain_id,
                "to": to_checksum(to),
                "data": to_hex(data),
                "value": 0,
                "gas": gas,
                **await self._current_fees(),
            }
            refusal = None
            for _ in range(_NONCE_TRIES):
                taken = await self.client.transaction_count(self.address, "pending")
                fields["nonce"] = max(taken, await self.store.next_nonce())
                tx_hash, raw = self._sign(fields)
                transaction = await self.store.add(purpose, fields, tx_hash, raw, self.clock())
                try:
                    await self._broadcast(transaction)
                    return transaction
                except RpcError as error:
                    # A request that was answered too late may have been heard all the same.
                    if await self.client.request("eth_getTransactionByHash", to_hex(tx_hash)):
                        return transaction
                    await self.store.finish(transaction)
                    refusal = error
                    if not _says(error, _NONCE_TAKEN):
                        break
        assert refusal is not None
        raise refusal

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
        """Send `pending` (live and in no block) again; those that wait long, for a higher fee."""
        for transaction in pending:
            age = self.clock() - transaction.sent_at
            try:
                if age > _REPLACE_AFTER:
                    await self._replace(transaction)
                elif age > _RESEND_AFTER:
                    await self._broadcast(transaction)
            except RpcError as error:
                log.warning(
                    "transaction.refused",
                    chain=self.client.name,
                    tx_hash=to_hex(transaction.hash),
                    nonce=transaction.nonce,
                    error=str(error),
                )

    async def _replace(self, transaction: Transaction) -> None:
        fields = dict(transaction.fields)
        for name, fee in (await self._current_fees()).items():
            # Nodes want at least 10 % more of each fee.
            fields[name] = max(fee, fields.get(name, 0) * 9 // 8 + 1)
        if not self._affordable(fields):
            await self._broadcast(transaction)
            return
        tx_hash, raw = self._sign(fields)
        newer = await self.store.replace(transaction, fields, tx_hash, raw, self.clock())
        log.info(
            "transaction.replaced",
            chain=self.client.name,
            nonce=newer.nonce,
            old=to_hex(transaction.hash),
            new=to_hex(newer.hash),
        )
        await self._broadcast(newer)

    async def _broadcast(self, transaction: Transaction) -> None:
        try:
            await self.client.request("eth_sendRawTransaction", to_hex(transaction.raw))
        except Unreachable as error:
            log.warning("transaction.unsent", chain=self.client.name, error=str(error))
        except RpcError as error:
            if not _says(error, _ALREADY_SENT):
                raise

    def _sign(self, fields: dict[str, Any]) -> tuple[Bytes32, bytes]:
        signed = self.account.sign_transaction(fields)
        return bytes(signed.hash), bytes(signed.raw_transaction)

    def _affordable(self, fees: dict[str, int]) -> bool:
        ceiling = self.ceiling.max_fee_per_gas
        offered = fees.get("maxFeePerGas", fees.get("gasPrice", 0))
        return ceiling is None or offered <= ceiling

    async def _current_fees(self) -> dict[str, int]:
        now = self.clock()
        if self._fees is None or now - self._fees[0] > _FEES_LIVE:
            self._fees = (now, await self._read_fees())
        return self._fees[1]

    async def _read_fees(self) -> dict[str, int]:
        base_fee = (await self.client.block()).base_fee
        if base_fee is None:
            fees = {"gasPrice": int(await self.client.request("eth_gasPrice"), 16)}
            if not self._affordable(fees):
                raise self._too_expensive(fees["gasPrice"])
            return fees
        tip = int(await self.client.request("eth_maxPriorityFeePerGas"), 16)
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


def _says(error: RpcError, words: tuple[str, ...]) -> bool:
    return any(word in error.message.lower() for word in words)
