"""Sending transactions: the one owner of a key's nonces on a chain.

A transaction is signed, stored, then sent. Whatever happens in between, the stored one is sent
again until a block has its nonce, so a purpose (a message id) never has two live transactions and
a nonce is never left out. A nonce that nobody uses, or that somebody else's stuck transaction has,
is filled with a transaction that does nothing.

What is offered is bounded (`hyperlane.chain.fees`), and so is what is offered to replace an earlier
offer: by a factor over what gas costs now, by a number of raises, and by what one may cost. What
the operator fixed (`hyperlane.chain.overrides`) is offered as it stands, and never raised.
"""

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from hyperlane.chain import answers
from hyperlane.chain.client import ChainClient, Receipt, RpcError, Unreachable
from hyperlane.chain.endpoint import Call
from hyperlane.chain.fees import (
    DataFees,
    FeeCeiling,
    Fees,
    GasTooDear,
    OfferTooLow,
    excess,
    read_fees,
)
from hyperlane.chain.overrides import Overrides
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
_RAISES_AT_ONCE = 3
"""Times that an offer is raised by half because the node calls it too low, at one go."""
_ALREADY_SENT = ("already known", "already imported", "known transaction")
_UNDERPRICED = ("underpriced",)
_TOO_LOW = (*_UNDERPRICED, "fee too low", "price too low", "feetoolow", "below minimum")
_NONCE_USED = ("nonce too low",)
_NONCE_TAKEN = (*_NONCE_USED, "replacement transaction underpriced")
_BELOW_BASE_FEE = ("less than block base fee",)
_UNFUNDED = ("insufficient funds", "insufficient balance")


class OutOfFunds(ChainError):
    """The sending key cannot pay; it is worth a try again once somebody funds it."""


class TooMuchGas(ChainError):
    """A transaction needs more gas than the operator allows for one."""


class FeesRose(ChainError):
    """Gas became dearer between the look at its price and the sending."""


@dataclass(slots=True)
class Sender:
    """Sends for one key on one chain."""

    client: ChainClient
    account: "BaseAccount"
    store: TransactionStore
    ceiling: FeeCeiling = field(default_factory=FeeCeiling)
    overrides: Overrides = field(default_factory=Overrides)
    clock: Callable[[], float] = time.time
    _nonces: asyncio.Lock = field(default_factory=asyncio.Lock)
    _used: int = 0
    """All nonces below are used, as far as we used them ourselves."""
    _fees: tuple[float, Fees] | None = None
    _data_fees: DataFees = field(init=False)
    _sent_again: dict[int, float] = field(default_factory=dict)
    """When each transaction was last broadcast again."""
    _foreign: tuple[int, float] | None = None
    """A nonce that holds us up and that somebody else's transaction has, and since when."""

    def __post_init__(self) -> None:
        self._data_fees = DataFees(self.client)

    @property
    def address(self) -> Address:
        """Who pays."""
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
    ) -> Transaction:
        """Send one transaction for `purpose`, or find the live one that has it.

        It gets as much `gas` unless the operator fixed another limit that covers what it needs
        (`gas` if nothing is said), and no more than `most_gas`. Without `to`, `data` is code that
        is run once. Returns once it is stored and the node took it, or could not be reached
        (`maintain` sends it again). TooMuchGas, and GasTooDear while it would cost more than it
        may. RpcError when the node refuses it, OutOfFunds when the key cannot pay, FeesRose or
        OfferTooLow when it offers too little by now: then it is forgotten, and its nonce is free.
        """
        async with self._nonces:
            live = await self.store.live_for(purpose)
            if live is not None:
                return live
            gas = self._gas(gas, gas if need is None else need, most_gas)
            fields = await self._fields(to, data, gas)
            lowest = 0
            for remaining in reversed(range(_NONCE_TRIES)):
                # Counts what others sent with this key and what was sent before a restart.
                taken = await self.client.transaction_count(self.address, "pending")
                believed = taken if lowest else await self._confirmed(taken)
                fields["nonce"] = max(lowest, believed, await self.store.next_nonce())
                transaction = await self._store(purpose, fields)
                try:
                    await self._broadcast(transaction)
                    self._used = fields["nonce"] + 1
                    return transaction
                except RpcError as error:
                    # A request that was answered too late may have been heard all the same.
                    if await self._is_known(transaction.hash):
                        self._used = fields["nonce"] + 1
                        return transaction
                    await self.store.finish(transaction)
                    if _says(error, _UNFUNDED):
                        raise await self._out_of_funds(gas) from None
                    if _says(error, _BELOW_BASE_FEE):
                        self._fees = None
                        raise FeesRose(str(error)) from None
                    if not (remaining and _says(error, _NONCE_TAKEN)):
                        raise self._too_low(fields, error) or error from None
                    if transaction.nonce == taken and _says(error, _NONCE_USED):
                        self.client.rpc.distrust(
                            f"nonce {taken} is used, though it told otherwise",
                            answers.TRANSACTION_COUNT.name,
                        )
                    lowest = transaction.nonce + 1
        raise AssertionError  # the last try returns or raises

    async def _confirmed(self, taken: int) -> int:
        """The next nonce, of which one URL says more than we know of.

        Others may have sent with this key. But a nonce that is too high holds up all later ones,
        so it is not believed of one answer: the median counts.
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
        return (await self._current_fees()).offer

    async def price_now(self) -> int:
        """What a unit of gas costs in the next block, wei."""
        return (await self._current_fees()).now

    async def data_fees(self, calldata: Sequence[bytes]) -> list[int]:
        """Wei that a rollup takes beside the gas of transactions with such data."""
        return await self._data_fees.of(calldata)

    async def most_gas(self) -> int | None:
        """Most gas to want for a transaction that is sent now; None without such a bound."""
        bounds = (self.overrides.gas_limit_cap, await self._affordable_gas())
        known = [item for item in bounds if item is not None]
        return self.overrides.wanted(min(known)) if known else None

    async def _affordable_gas(self) -> int | None:
        if self.ceiling.max_cost is None:
            return None
        fees = await self._current_fees()
        return self.ceiling.max_cost // max(1, fees.now, fees.least)

    async def live(self) -> list[Transaction]:
        """All transactions that nobody finished yet, by nonce."""
        return await self.store.live()

    async def receipts(
        self, transactions: list[Transaction], *, expected: bool = False
    ) -> list[Receipt | None]:
        """For each, the receipt of whichever version is in a block; `expected` if one must be."""
        hashes = [item for transaction in transactions for item in transaction.hashes]
        given = await self.client.receipts(hashes, expected=expected)
        found = {item.tx_hash: item for item in given if item}
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
        """Offer more for a nonce, within all bounds."""
        newer = await self._raised(transaction, _bumped)
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
                newer = await self._raised(transaction, _half_more)
                if newer is None:
                    raise
                transaction = newer

    async def _raised(
        self, transaction: Transaction, more: Callable[[int], int]
    ) -> Transaction | None:
        """Another version that offers more, stored; None where that would be too much."""
        fees = await self._current_fees()
        fields = dict(transaction.fields)
        exact = self.overrides.exact(fields)
        stays = None
        for name, fee in fees.fields_like(fields).items():
            least = more(fields.get(name, 0))
            fields[name] = max(fee, least)
            if name in exact:
                setting, fields[name] = exact[name]
                if fields[name] < least:
                    stays = f"{setting} {fields[name]} is offered exactly, and not raised"
        why = stays or await self._too_much(transaction, fields, fees)
        if why:
            log.warning(
                "transaction.at_ceiling",
                chain=self.client.name,
                nonce=transaction.nonce,
                reason=why,
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

    async def _too_much(
        self, transaction: Transaction, fields: dict[str, Any], market: Fees
    ) -> str | None:
        """Which bound an offer exceeds."""
        why = excess(self.overrides, fields, market, len(transaction.replaced_hashes))
        if why is not None:
            return why
        offered = fields.get("maxFeePerGas", fields.get("gasPrice", 0))
        if self.ceiling.max_cost is not None:
            (data_fee,) = await self.data_fees([bytes.fromhex(fields["data"].removeprefix("0x"))])
            if fields["gas"] * offered + data_fee > self.ceiling.max_cost:
                return f"it could cost more than maxTransactionCost, {self.ceiling.max_cost} wei"
        return None

    async def _fields(self, to: Address | None, data: bytes, gas: int) -> dict[str, Any]:
        """All of a transaction but its nonce; GasTooDear when it would cost more than it may."""
        fields: dict[str, Any] = {
            "chainId": self.client.chain_id,
            "data": to_hex(data),
            "value": 0,
            "gas": gas,
            **(await self._affordable(data, gas)).fields,
        }
        return fields if to is None else {**fields, "to": to_checksum(to)}

    async def _affordable(self, data: bytes, gas: int) -> Fees:
        """Fees at which a transaction costs at most what one may; GasTooDear if there are none."""
        fees, most = await self._current_fees(), self.ceiling.max_cost
        if most is None:
            return fees
        (data_fee,) = await self.data_fees([data])
        cost = gas * max(fees.now, fees.least) + data_fee
        if cost > most:
            raise GasTooDear(
                f"{self.client.name}: a transaction of {gas} gas would cost {cost} wei, more than"
                f" maxTransactionCost, {most} wei: it waits; raise that if it is worth it"
            )
        return dataclasses.replace(fees, offer=min(fees.offer, (most - data_fee) // gas))

    def _gas(self, wanted: int, need: int, most: int | None) -> int:
        """The limit to sign; TooMuchGas when the operator's ceiling is below what is needed."""
        cap = self.overrides.gas_limit_cap
        if cap is not None and need > cap:
            raise TooMuchGas(
                f"{self.client.name}: {need} gas is needed, more than"
                f" transactionOverrides.gasLimitCap {cap}: raise that to have it sent"
            )
        limit, fixed = self.overrides.gas(wanted, need), self.overrides.gas_limit
        if fixed is not None and fixed < need:
            log.warning(
                "transaction.gas_above_limit",
                chain=self.client.name,
                setting=f"transactionOverrides.gasLimit {fixed}",
                needed=need,
                limit=limit,
            )
        return limit if most is None else min(limit, most)

    def _too_low(self, fields: dict[str, Any], error: RpcError) -> OfferTooLow | None:
        """What keeps the offer low that a node refused, if the operator fixed it."""
        exact = self.overrides.exact(fields)
        if not exact or not _says(error, _TOO_LOW):
            return None
        offers = " and ".join(sorted({f"{name} {fee}" for name, fee in exact.values()}))
        return OfferTooLow(f"{self.client.name}: the node wants more than {offers}: {error}")

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

    async def _current_fees(self) -> Fees:
        now = self.clock()
        if self._fees is None or now - self._fees[0] > _FEES_LIVE:
            self._fees = (now, await read_fees(self.client, self.overrides))
        return self._fees[1]


def _is_filler(transaction: Transaction) -> bool:
    return transaction.purpose.startswith(_FILLER)


def _bumped(fee: int) -> int:
    """Nodes want at least 10 % more."""
    return fee * 9 // 8 + 1


def _half_more(fee: int) -> int:
    return fee * 3 // 2 + 1


def _says(error: RpcError, words: tuple[str, ...]) -> bool:
    return any(word in error.message.lower() for word in words)
