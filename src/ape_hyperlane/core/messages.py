"""Dispatching a message with ape, and waiting for its delivery on the destination chain."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import ape
from ape.api import AccountAPI, ReceiptAPI
from ape.contracts import ContractInstance
from hexbytes import HexBytes
from web3.types import LogReceipt

from ape_hyperlane.core.quotes import (
    DEFAULT_BOUNDS,
    Bounds,
    TooDear,
    format_units,
    quote_dispatch,
)
from ape_hyperlane.plans.chain import container
from ape_hyperlane.plans.gas_price import read_offer
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, address_to_bytes32
from hyperlane.registry import ChainAddresses
from hyperlane.tracking.report import GAS_MARGIN, MAX_GAS

DISPATCH_ID_TOPIC = "0x788dbc1b7152732178210e7f4d9d010ef016f9eafbe66786bd7169f56e0c353a"
"""keccak256("DispatchId(bytes32)")"""
PROCESS_ID_TOPIC = "0x1cae38cdd3d3919489272725a5ae62a4f48b2989b0dae843d3c279fee18073a9"
"""keccak256("ProcessId(bytes32)")"""

RECENT = 1_000
"""Number of latest blocks that are searched for the event of a delivery."""


@dataclass(frozen=True, slots=True)
class Dispatched:
    """A dispatched message."""

    id: bytes
    transaction: str
    gas: int
    at: float
    """Time at which the dispatch was mined, in seconds of the monotonic clock."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivered message."""

    transaction: str
    gas: int
    seconds: float
    """Time from the mined dispatch to the observed delivery."""


def contract(name: str, address: str | None) -> ContractInstance:
    """The contract at an address of the connected chain. ChainError for an address of None."""
    if address is None:
        raise ChainError(f"the registry has no address of a {name} on this chain")
    return ContractInstance(address, container(name).contract_type)


def dispatch(
    sender: AccountAPI,
    addresses: ChainAddresses,
    destination: int,
    recipient: Address,
    body: bytes,
    bounds: Bounds = DEFAULT_BOUNDS,
    show: Callable[[int], None] = lambda _fee: None,
) -> Dispatched:
    """Dispatches `body` on the connected chain and pays the quoted fee, after `show` was called
    with it. TooDear, before anything is sent, for a fee above the limit."""
    mailbox = contract("Mailbox", addresses.mailbox)
    arguments = (destination, address_to_bytes32(recipient), body)
    fee = quote_dispatch(mailbox, arguments, bounds)
    show(fee)
    require_balance(sender, "ether", int(sender.balance), fee, 18)
    return dispatched(mailbox, send_bounded(mailbox.dispatch, arguments, sender, bounds, fee))


def send_bounded(
    method: Any, arguments: Sequence[Any], sender: AccountAPI, bounds: Bounds, value: int = 0
) -> ReceiptAPI:
    """Calls a method by transaction. TooDear above MAX_GAS: a contract that an untrusted file named
    may burn gas."""
    options = {"sender": sender, "value": value, **read_offer().fields(bounds.gas_price)}
    gas = int(method.estimate_gas_cost(*arguments, **options))
    if gas > MAX_GAS:
        raise TooDear(
            f"{method.contract.address} takes {gas:,} gas, more than {MAX_GAS:,}: do not trust it"
        )
    receipt: ReceiptAPI = method(*arguments, gas_limit=int(gas * GAS_MARGIN), **options)
    return receipt


def require_balance(sender: AccountAPI, what: str, held: int, cost: int, decimals: int) -> None:
    """ChainError when the sender holds less than the cost."""
    if held < cost:
        raise ChainError(
            f"{sender.address} has {format_units(held, decimals)} of {what}, but the transfer takes"
            f" {format_units(cost, decimals)}, with all fees"
        )


def dispatched(mailbox: ContractInstance, receipt: ReceiptAPI) -> Dispatched:
    """The message that a transaction dispatched, read from the Mailbox's event. ChainError when
    there is not exactly one."""
    # By topic: ape only decodes events of contracts that are in its cache.
    topic = [HexBytes(DISPATCH_ID_TOPIC)]
    logs = [log for log in receipt.logs if log["address"] == mailbox.address]
    ids = [bytes(log["topics"][1]) for log in logs if log["topics"][:1] == topic]
    if len(ids) != 1:
        raise ChainError(
            f"{receipt.txn_hash} dispatched {len(ids)} messages by the Mailbox {mailbox.address},"
            " not one: is this the Mailbox that the router uses?"
        )
    return Dispatched(ids[0], str(receipt.txn_hash), int(receipt.gas_used), time.monotonic())


def await_delivery(
    message: Dispatched,
    addresses: ChainAddresses,
    connect: Callable[[], AbstractContextManager[Any]],
    check: Callable[[], None],
    seconds: float = 90,
) -> Delivered:
    """Waits on the destination chain until the message is delivered. ChainError on timeout.

    `check` is called while waiting and may raise, for example when an agent has exited.
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


def _process_ids(mailbox: ContractInstance, message_id: bytes) -> Sequence[LogReceipt]:
    """The `ProcessId` event of a delivered message; empty before the delivery.

    Only few blocks are searched, since nodes refuse large ranges. The block of `processedAt` comes
    first. Its logs may not be indexed yet, and on Arbitrum chains it is a block number of the
    parent chain: so the latest blocks are searched as well.
    """
    eth = ape.networks.provider.web3.eth
    block, latest = mailbox.processedAt(message_id), eth.block_number
    if not block:
        return ()
    topics = [HexBytes(PROCESS_ID_TOPIC), HexBytes(message_id)]
    for first, last in ((block, block), (max(0, latest - RECENT + 1), latest)):
        if last <= latest:
            found: Sequence[LogReceipt] = eth.get_logs(
                {"address": mailbox.address, "fromBlock": first, "toBlock": last, "topics": topics}
            )
            if found:
                return found
    return ()
