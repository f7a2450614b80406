"""Single transactions that an agent waits for until they are final."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from hyperlane.agents.runtime.chain import Chain
from hyperlane.agents.runtime.sender import Sender
from hyperlane.chain.client import Receipt
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, to_hex
from hyperlane.store.transactions import Transaction

log = structlog.get_logger()

_GAS_MARGIN = 50_000
_RECEIPT_PAUSE = 1.0


async def execute(
    chain: Chain,
    sender: Sender,
    purpose: str,
    to: Address,
    data: bytes,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Receipt:
    """Have a call included; returns its receipt once that is final.

    Finds the transaction of the same purpose that was sent before a restart. It is simulated
    first: Reverted when it would fail now. ChainError when it failed in its block.
    """
    transaction = await sender.store.live_for(purpose)
    if transaction is None:
        need = await chain.client.estimate_gas(to, data, sender.address)
        transaction = await sender.send(purpose, to, data, need + _GAS_MARGIN, need=need)
    while (receipt := await _final_receipt(chain, sender, purpose, transaction)) is None:
        await sleep(min(_RECEIPT_PAUSE, chain.settings.poll_interval))
    await sender.store.finish(transaction)
    if not receipt.succeeded:
        raise ChainError(f"{chain.name}: {purpose} reverted in {to_hex(receipt.tx_hash)}")
    log.info("transaction.final", chain=chain.name, purpose=purpose, gas=receipt.gas_used)
    return receipt


async def _final_receipt(
    chain: Chain, sender: Sender, purpose: str, transaction: Transaction
) -> Receipt | None:
    """The final receipt, None before that; a transaction in no block is sent again."""
    final = await chain.client.final_block()
    current = await sender.store.live_for(purpose) or transaction  # replacements change its hash
    (receipt,) = await sender.receipts([current])
    if receipt is not None:
        return receipt if receipt.block_number <= final else None
    if current.nonce < await chain.client.transaction_count(sender.address, final):
        await sender.store.finish(current)
        raise ChainError(f"{chain.name}: nonce {current.nonce} was used by another")
    await sender.maintain([current])
    return None
