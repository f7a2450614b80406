"""The sender of transactions: the only user of a key's nonces on a chain.

A transaction is signed, stored, then sent. If the process ends in between, the stored one is sent
again until a block has its nonce, so a purpose (a message id) never has two live transactions and
no nonce is left out. What becomes of them afterwards: `upkeep.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hyperlane.agents.runtime.refusals import (
    BELOW_BASE_FEE,
    NONCE_USED,
    TOO_LOW,
    UNFUNDED,
    FeesRose,
    OutOfFunds,
    is_of_nonce,
    says,
)
from hyperlane.agents.runtime.upkeep import Upkeep
from hyperlane.chain import answers
from hyperlane.chain.client import Receipt, RpcError
from hyperlane.chain.fees import OfferTooLow
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, to_checksum, to_hex
from hyperlane.store.transactions import Transaction

_NONCE_TRIES = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """A transaction to be sent.

    It gets as much `gas` unless the operator fixed another limit that covers what it needs (`gas`
    if nothing is said), and no more than `most_gas`. `value` is the wei that go along, in
    replacements too. Without `to`, `data` is code that is run once.
    """

    purpose: str
    to: Address | None
    data: bytes
    gas: int
    need: int | None = None
    most_gas: int | None = None
    value: int = 0


class Sender(Upkeep):
    """Sender of one key's transactions on one chain."""

    __slots__ = ()

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
        """Send one transaction for `purpose`, or find the live one that has it; see `Wanted`.

        Returns once it is stored and the node took it, or could not be reached (`maintain` sends it
        again). TooMuchGas, and GasTooDear while it would cost more than it may. RpcError when the
        node refuses it, OutOfFunds when the key cannot pay, FeesRose or OfferTooLow when it offers
        too little by now: then it is forgotten, and its nonce is free.
        """
        (result,) = await self.send_many([Wanted(purpose, to, data, gas, need, most_gas, value)])
        if isinstance(result, ChainError):
            raise result
        return result

    async def send_many(self, wanted: Sequence[Wanted]) -> list[Transaction | ChainError]:
        """Send transactions in this order, stored together and in one request.

        Errors stand in their places, as of `send`: each is handled for itself.
        """
        async with self.nonces.lock:
            live = await self.store.live_by_purpose([item.purpose for item in wanted])
            results: dict[str, Transaction | ChainError] = {**live}
            left: dict[str, dict[str, Any]] = {}
            for item in wanted:
                if item.purpose not in results:
                    try:
                        left[item.purpose] = await self._fields_of(item)
                    except ChainError as error:
                        results[item.purpose] = error
            await self._send_all(left, results)
        return [results[item.purpose] for item in wanted]

    async def _fields_of(self, wanted: Wanted) -> dict[str, Any]:
        need = wanted.gas if wanted.need is None else wanted.need
        gas = self.offers.gas_limit(wanted.gas, need, wanted.most_gas)
        return await self._fields(wanted.to, wanted.data, gas, wanted.value)

    async def _send_all(
        self, left: dict[str, dict[str, Any]], results: dict[str, Transaction | ChainError]
    ) -> None:
        """Send what is `left`, by purpose, with other nonces while only the nonces are refused."""
        lowest = 0
        for remaining in reversed(range(_NONCE_TRIES)):
            if not left:
                return
            taken = await self.nonces.pending()
            nonces = await self.nonces.take(len(left), lowest, taken)
            sent = await self._store(
                {
                    purpose: fields | {"nonce": nonce}
                    for (purpose, fields), nonce in zip(left.items(), nonces, strict=True)
                }
            )
            refused = await self._refused(sent)
            await self.store.finish(*(item for item in sent if item.id in refused))
            await self.nonces.free(
                [
                    item.nonce
                    for item in sent
                    if item.id in refused and not is_of_nonce(refused[item.id])
                ]
            )
            for item in sent:
                refusal = refused.get(item.id)
                if refusal is None:
                    self.nonces.use(item.nonce)
                    results[item.purpose] = item
                elif not (remaining and is_of_nonce(refusal)):
                    results[item.purpose] = await self._explained(refusal, item.fields)
                else:
                    self._doubt(item, taken, refusal)
                    lowest = max(lowest, item.nonce + 1)
            left = {purpose: left[purpose] for purpose in left if purpose not in results}

    async def _refused(self, sent: Sequence[Transaction]) -> Mapping[int, RpcError]:
        """Broadcast; why the node refuses transactions, by their id."""
        said = await self._broadcast(sent)
        errors = [(item, error) for item, error in zip(sent, said, strict=True) if error]
        # A request that was answered too late may have been heard all the same.
        known = await self.client.request_many(
            answers.IS_KNOWN, [(to_hex(item.hash),) for item, _ in errors]
        )
        return {
            item.id: error
            for (item, error), is_known in zip(errors, known, strict=True)
            if is_known is not True
        }

    def _doubt(self, transaction: Transaction, taken: int, refusal: RpcError) -> None:
        """Distrust the node that told of a nonce which is used."""
        if transaction.nonce == taken and says(refusal, NONCE_USED):
            self.client.rpc.distrust(
                f"nonce {taken} is used, though it told otherwise", answers.TRANSACTION_COUNT.name
            )

    async def _explained(self, refusal: RpcError, fields: dict[str, Any]) -> ChainError:
        """The error that names the remedy for a refusal; the refusal itself if none is known."""
        if says(refusal, UNFUNDED):
            return await self._out_of_funds(fields["gas"], fields["value"])
        if says(refusal, BELOW_BASE_FEE):
            self.offers.expire()
            return FeesRose(str(refusal))
        return self._too_low(fields, refusal) or refusal

    def _too_low(self, fields: dict[str, Any], error: RpcError) -> OfferTooLow | None:
        """The error for an offer that the operator fixed too low; None if it is not that."""
        exact = self.offers.overrides.exact(fields)
        if not exact or not says(error, TOO_LOW):
            return None
        offers = " and ".join(sorted({f"{name} {fee}" for name, fee in exact.values()}))
        return OfferTooLow(f"{self.client.name}: the node wants more than {offers}: {error}")

    async def _out_of_funds(self, gas: int, value: int) -> OutOfFunds:
        balance, price = await self.client.balance(self.address), await self.gas_price()
        beside = f" and {value} wei" if value else ""
        return OutOfFunds(
            f"{self.client.name}: {to_checksum(self.address)} has {balance} wei, a transaction of"
            f" {gas} gas{beside} may cost {gas * price + value}: fund it"
        )

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
