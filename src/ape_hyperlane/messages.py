"""Sending a message or a token with ape, and following it to the other chain."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import ape
from ape.api import AccountAPI, ReceiptAPI
from ape.contracts import ContractInstance
from ape.exceptions import ApeException, ContractLogicError
from hexbytes import HexBytes
from web3.types import LogReceipt

from ape_hyperlane.gas_price import read_offer
from ape_hyperlane.plans.survey import container
from ape_hyperlane.quotes import USUAL, Bounds, Cost, Order, TooDear, quote_dispatch, whole
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, address_to_bytes32
from hyperlane.registry import ChainAddresses
from hyperlane.registry.fields import ZERO_ADDRESS

MAX_GAS = 5_000_000
"""Of one transaction; a transfer over any known bridge takes a fifth."""
GAS_MARGIN = 1.2
"""Gas limit over estimate: the state may change between the two."""

DISPATCH_ID_TOPIC = "0x788dbc1b7152732178210e7f4d9d010ef016f9eafbe66786bd7169f56e0c353a"
"""keccak256("DispatchId(bytes32)")"""
PROCESS_ID_TOPIC = "0x1cae38cdd3d3919489272725a5ae62a4f48b2989b0dae843d3c279fee18073a9"
"""keccak256("ProcessId(bytes32)")"""

RECENT = 1_000
"""Blocks that are searched for a delivery that was just seen."""


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
    sender: AccountAPI,
    addresses: ChainAddresses,
    destination: int,
    recipient: Address,
    body: bytes,
    bounds: Bounds = USUAL,
    show: Callable[[int], None] = lambda _fee: None,
) -> Dispatched:
    """Sends `body` from the connected chain and pays what delivering it is quoted at, after
    `show` told it. TooDear, before anything is sent, when that is more than the bounds allow."""
    mailbox = contract("Mailbox", addresses.mailbox)
    arguments = (destination, address_to_bytes32(recipient), body)
    fee = quote_dispatch(mailbox, arguments, bounds)
    show(fee)
    _require(sender, "ether", int(sender.balance), fee, 18)
    return dispatched(mailbox, _send(mailbox.dispatch, arguments, sender, bounds, fee))


def transfer(
    sender: AccountAPI,
    addresses: ChainAddresses,
    order: Order,
    cost: Cost,
    bounds: Bounds = USUAL,
) -> Dispatched:
    """Sends a warp route's token from the connected chain, at the price that was quoted. The router
    may take exactly that, and nothing if the transfer fails.

    ChainError, before anything is sent, when the sender has not what it takes.
    """
    _require(sender, "ether", int(sender.balance), cost.coins, 18)
    router, token = order.router, order.token
    if token != ZERO_ADDRESS:
        _require_token(sender, order, cost)
    # A router that is its own token's contract needs no approval.
    needed = token not in (ZERO_ADDRESS, router.address)
    approved = needed and _approve(sender, order, cost, bounds)
    try:
        receipt = _send(router.transferRemote, order.arguments, sender, bounds, cost.coins)
    except (ApeException, ChainError):
        if approved:
            nobody = (ZERO_ADDRESS, cost.tokens) if order.nft else (router.address, 0)
            _send(contract("HypERC20", token).approve, nobody, sender, bounds)
        raise
    return dispatched(contract("Mailbox", addresses.mailbox), receipt)


def _send(
    method: Any, arguments: Sequence[Any], sender: AccountAPI, bounds: Bounds, value: int = 0
) -> ReceiptAPI:
    """Calls a contract that somebody's file named, which may burn gas: TooDear above MAX_GAS."""
    options = {"sender": sender, "value": value, **read_offer().fields(bounds.gas_price)}
    gas = int(method.estimate_gas_cost(*arguments, **options))
    if gas > MAX_GAS:
        raise TooDear(
            f"{method.contract.address} takes {gas:,} gas, more than {MAX_GAS:,}: do not trust it"
        )
    receipt: ReceiptAPI = method(*arguments, gas_limit=int(gas * GAS_MARGIN), **options)
    return receipt


def _require_token(sender: AccountAPI, order: Order, cost: Cost) -> None:
    address = order.token
    if not order.nft:
        token = contract("HypERC20", address)
        held = int(token.balanceOf(sender.address))
        decimals = int(token.decimals())
        return _require(sender, f"token {address}", held, cost.tokens, decimals)
    try:
        owner = contract("HypERC721", address).ownerOf(cost.tokens)
    except ContractLogicError:
        owner = "nobody"
    if owner != sender.address:
        raise ChainError(
            f"NFT {cost.tokens} of {address} belongs to {owner}, not to {sender.address}"
        )


def _require(sender: AccountAPI, what: str, held: int, cost: int, decimals: int) -> None:
    if held < cost:
        raise ChainError(
            f"{sender.address} has {whole(held, decimals)} of {what}, but the transfer takes"
            f" {whole(cost, decimals)}, with all fees"
        )


def _approve(sender: AccountAPI, order: Order, cost: Cost, bounds: Bounds) -> bool:
    """Whether that took a transaction."""
    approve, spender = contract("HypERC20", order.token).approve, order.router.address
    if not order.nft:
        allowed = contract("HypERC20", order.token).allowance(sender.address, spender)
        if allowed >= cost.tokens:
            return False
        if allowed:  # some tokens refuse to change an approval that is not zero
            _send(approve, (spender, 0), sender, bounds)
    _send(approve, (spender, cost.tokens), sender, bounds)
    return True


def dispatched(mailbox: ContractInstance, receipt: ReceiptAPI) -> Dispatched:
    """The message that a transaction dispatched, by the Mailbox's own event.

    ChainError when there is not exactly one. ape decodes events of contracts in its cache only.
    """
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


def _process_ids(mailbox: ContractInstance, message_id: bytes) -> Sequence[LogReceipt]:
    """The event of a delivery, once there is one. Few blocks are searched: nodes refuse more.

    A call may tell of a block whose logs are not there yet. On Arbitrum and its kin it tells of a
    block of the parent chain, so the latest are searched, too.
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
