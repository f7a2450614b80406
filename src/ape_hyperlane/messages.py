"""Sending a message or a token with ape, and following it to the other chain."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

import ape
from ape.api import AccountAPI, ReceiptAPI
from ape.contracts import ContractInstance
from ape.exceptions import ApeException, ContractLogicError
from hexbytes import HexBytes
from web3.types import LogReceipt

from ape_hyperlane.deploy.survey import container
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, Bytes32, address_to_bytes32
from hyperlane.registry import ChainAddresses
from hyperlane.registry.fields import ZERO_ADDRESS

ALL_DIGITS = Context(prec=160)
"""Of the largest amount, and with as many decimals; fewer would be rounded without a word."""

PROCESS_ID_TOPIC = "0x1cae38cdd3d3919489272725a5ae62a4f48b2989b0dae843d3c279fee18073a9"
"""keccak256("ProcessId(bytes32)")"""


@dataclass(frozen=True, slots=True)
class Dispatched:
    """A message on its way."""

    id: bytes
    transaction: str
    gas: int
    at: float
    """Seconds of the monotonic clock when the dispatch was mined."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message that arrived."""

    transaction: str
    gas: int
    seconds: float
    """From the dispatch being mined to the delivery being seen."""


def contract(name: str, address: str | None) -> ContractInstance:
    """The contract on the connected chain; ChainError when the registry has no address for it."""
    if address is None:
        raise ChainError(f"the registry has no address of a {name} on this chain")
    return ContractInstance(address, container(name).contract_type)


def dispatch(
    sender: AccountAPI, addresses: ChainAddresses, destination: int, recipient: Address, body: bytes
) -> Dispatched:
    """Sends `body` from the connected chain and pays what delivering it is quoted at."""
    mailbox = contract("Mailbox", addresses.mailbox)
    arguments = (destination, address_to_bytes32(recipient), body)
    fee = mailbox.quoteDispatch(*arguments)
    return dispatched(mailbox, mailbox.dispatch(*arguments, sender=sender, value=fee))


def transfer(
    sender: AccountAPI,
    addresses: ChainAddresses,
    router: ContractInstance,
    destination: int,
    recipient: Address,
    amount: int,
    *,
    nft: bool = False,
) -> Dispatched:
    """Sends `amount` of a warp route's token, or the NFT with this id, from the connected chain, at
    the quoted price. The router may take exactly that, and nothing if the transfer fails.

    ChainError, before anything is sent, when the sender has not what it takes.
    """
    arguments = (destination, address_to_bytes32(recipient), amount)
    costs: Counter[str] = Counter()
    for quote in router.quoteTransferRemote(*arguments):
        costs[quote.token] += quote.amount
    value = costs.pop(ZERO_ADDRESS, 0)
    _require(sender, "ether", int(sender.balance), value, 18)
    for token, cost in costs.items():
        _require_token(sender, token, cost, nft)
    approved = [
        (token, cost)
        for token, cost in costs.items()
        # A router that is its own token's contract needs no approval.
        if token != router.address and _approve(sender, token, router.address, cost, nft)
    ]
    try:
        receipt = router.transferRemote(*arguments, sender=sender, value=value)
    except ApeException:
        for token, cost in approved:
            nobody = (ZERO_ADDRESS, cost) if nft else (router.address, 0)
            contract("HypERC20", token).approve(*nobody, sender=sender)
        raise
    return dispatched(contract("Mailbox", addresses.mailbox), receipt)


def whole(amount: int, decimals: int) -> str:
    """In whole tokens, with all digits."""
    return f"{Decimal(amount).scaleb(-decimals, ALL_DIGITS):,f}"


def _require_token(sender: AccountAPI, address: str, cost: int, nft: bool) -> None:
    if not nft:
        token = contract("HypERC20", address)
        held = int(token.balanceOf(sender.address))
        return _require(sender, f"token {address}", held, cost, int(token.decimals()))
    try:
        owner = contract("HypERC721", address).ownerOf(cost)
    except ContractLogicError:
        owner = "nobody"
    if owner != sender.address:
        raise ChainError(f"NFT {cost} of {address} belongs to {owner}, not to {sender.address}")


def _require(sender: AccountAPI, what: str, held: int, cost: int, decimals: int) -> None:
    if held < cost:
        raise ChainError(
            f"{sender.address} has {whole(held, decimals)} of {what}, but the transfer takes"
            f" {whole(cost, decimals)}, with all fees"
        )


def _approve(sender: AccountAPI, address: str, spender: str, amount: int, nft: bool) -> bool:
    """Whether that took a transaction."""
    token = contract("HypERC20", address)
    if not nft:
        allowed = token.allowance(sender.address, spender)
        if allowed >= amount:
            return False
        if allowed:  # some tokens refuse to change an approval that is not zero
            token.approve(spender, 0, sender=sender)
    token.approve(spender, amount, sender=sender)
    return True


def dispatched(mailbox: ContractInstance, receipt: ReceiptAPI) -> Dispatched:
    """The message that a transaction dispatched, by the Mailbox's own event."""
    (event,) = receipt.events.filter(mailbox.DispatchId)
    return Dispatched(
        bytes(event.messageId), str(receipt.txn_hash), int(receipt.gas_used), time.monotonic()
    )


def await_delivery(
    message: Dispatched,
    addresses: ChainAddresses,
    connect: Callable[[], AbstractContextManager[Any]],
    check: Callable[[], None],
    seconds: float = 90,
) -> Delivered:
    """Waits on the destination until the message is delivered.

    `check` is called while waiting and may raise, for instance when an agent has ended. ChainError
    when the message is not there in time.
    """
    with connect():
        mailbox = contract("Mailbox", addresses.mailbox)
        while not (logs := _process_ids(mailbox, message.id)):
            check()
            if time.monotonic() > message.at + seconds:
                raise ChainError(
                    f"message 0x{message.id.hex()} was not delivered within {seconds:.0f} s"
                )
            time.sleep(0.2)
        arrived = time.monotonic()
        transaction = logs[0]["transactionHash"]
        receipt = ape.networks.provider.web3.eth.get_transaction_receipt(transaction)
    return Delivered("0x" + bytes(transaction).hex(), receipt["gasUsed"], arrived - message.at)


def _process_ids(mailbox: ContractInstance, message_id: Bytes32) -> Sequence[LogReceipt]:
    """The event of a delivery, once there is one. Its block alone is searched: nodes refuse more.

    A call may tell of a block whose logs are not there yet.
    """
    eth = ape.networks.provider.web3.eth
    block = mailbox.processedAt(message_id)
    if not 0 < block <= eth.block_number:
        return ()
    topics = [HexBytes(PROCESS_ID_TOPIC), HexBytes(message_id)]
    found: Sequence[LogReceipt] = eth.get_logs(
        {"address": mailbox.address, "fromBlock": block, "toBlock": block, "topics": topics}
    )
    return found
