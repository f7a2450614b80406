"""Calls of an interchain account: simulated on the destination, then sent from the origin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ape
from ape.api import AccountAPI, ReceiptAPI
from eth_abi.grammar import parse
from hexbytes import HexBytes
from web3.exceptions import ContractLogicError, Web3RPCError
from web3.types import TxParams, Wei

from ape_hyperlane.core.messages import Dispatched, contract, dispatched, require_balance
from ape_hyperlane.core.quotes import Bounds, TooDear, require_allowed
from ape_hyperlane.ica.route import DEPLOY, Route
from ape_hyperlane.plans.chain import is_development
from ape_hyperlane.plans.gas_price import read_offer
from ape_hyperlane.plans.refusals import refusal
from ape_hyperlane.plans.views import ask
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol import accounts as protocol
from hyperlane.protocol.abi import encode
from hyperlane.protocol.accounts import Call
from hyperlane.protocol.hashing import keccak
from hyperlane.protocol.hook_metadata import StandardHookMetadata
from hyperlane.protocol.typecasts import (
    ZERO_BYTES32,
    address_from_hex,
    address_to_bytes32,
    bytes32_to_address,
    to_checksum,
    to_hex,
)
from hyperlane.tracking.report import GAS_MARGIN, MAX_GAS

_HANDLE = "handle(uint32,bytes32,bytes)"
_CALL_REMOTE = "callRemoteWithOverrides(uint32,bytes32,bytes32,(bytes32,uint256,bytes)[],bytes)"
"""The method that all routers have, also those that know no salt."""
_WITH_SALT = _CALL_REMOTE[:-1] + ",bytes32)"
_TRANSACTION_GAS = 21_000
"""Gas of any transaction, which the delivery's recipient does not pay."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """Cost of sending calls."""

    gas: int
    """Gas limit of the recipient's part of the delivery."""
    fee: int
    """Wei that the origin's hooks ask for."""


def simulate(route: Route, calls: Sequence[Call]) -> None:
    """Makes the calls on the connected destination as the delivery would, without effect.

    ChainError that names the first call that fails, with its reason. The state may be another when
    the message arrives: a delivery that fails then is tried again by relayers.
    """
    if (reason := _refusal(route, calls)) is None:
        return
    for number in range(1, len(calls) + 1):
        if (why := _refusal(route, calls[:number])) is not None:
            failing = calls[number - 1]
            raise ChainError(
                f"call {number} of {len(calls)}, {describe(failing)}, would fail for"
                f" {route.describe()}: {why}{_lacking(route, failing)}; nothing was sent"
            )
    raise ChainError(f"the calls would fail for {route.describe()}: {reason}; nothing was sent")


def estimate_gas(route: Route, calls: Sequence[Call]) -> int:
    """Gas limit for the recipient's part of the delivery, on the connected destination, with a
    margin. ChainError above MAX_GAS."""
    web3 = ape.networks.provider.web3
    try:
        estimate = int(web3.eth.estimate_gas(_delivery(route, calls)))
    except (ContractLogicError, Web3RPCError) as error:
        raise ChainError(
            f"the calls would fail for {route.describe()}: {refusal(error)}; nothing was sent"
        ) from error
    if estimate > MAX_GAS:
        raise ChainError(
            f"the calls take {estimate:,} gas on {route.destination}, more than {MAX_GAS:,}; send"
            " them in several messages"
        )
    return int((estimate - _TRANSACTION_GAS) * GAS_MARGIN)


def quote(route: Route, gas: int, bounds: Bounds) -> Quoted:
    """The fee for a delivery with this much gas, asked of the router on the connected origin.
    TooDear above the limit."""
    router = to_checksum(route.router)
    fee = ask(router, "quoteGasPayment(uint32,uint256)", "uint256", route.destination_domain, gas)
    if fee is None:
        raise ChainError(f"{route.origin}: the account router {router} does not quote a fee")
    require_allowed(fee, 0, bounds.fee, "--max-fee")
    return Quoted(gas, fee)


def send(
    route: Route, calls: Sequence[Call], quoted: Quoted, owner: AccountAPI, bounds: Bounds
) -> Dispatched:
    """Sends the calls from the connected origin, in one message. ChainError when the owner cannot
    pay, or the transaction would revert."""
    require_balance(owner, "the chain's coin", int(owner.balance), quoted.fee, 18)
    data = sending(route, calls, quoted)
    receipt = transact(owner, to_checksum(route.router), data, quoted.fee, bounds)
    mailbox = contract("Mailbox", route.registry.addresses(route.origin).mailbox)
    return dispatched(mailbox, receipt)


def sending(route: Route, calls: Sequence[Call], quoted: Quoted) -> bytes:
    """Calldata for the origin's router that sends the calls."""
    metadata = StandardHookMetadata(0, quoted.gas, route.owner).encode()
    remote = address_to_bytes32(route.remote_router)
    arguments = (route.destination_domain, remote, route.ism, _listed(calls), metadata)
    if route.user_salt == ZERO_BYTES32:
        return _encoded(_CALL_REMOTE, *arguments)
    return _encoded(_WITH_SALT, *arguments, route.user_salt)


def deploy(route: Route, sender: AccountAPI, bounds: Bounds) -> ReceiptAPI:
    """Deploys the account on the connected destination; its first delivery does so otherwise."""
    return transact(sender, to_checksum(route.remote_router), deployment(route), 0, bounds)


def deployment(route: Route) -> bytes:
    """Calldata for the destination's router that deploys the account."""
    owner, router = address_to_bytes32(route.owner), address_to_bytes32(route.router)
    module = bytes32_to_address(route.ism, "module")
    return _encoded(DEPLOY, route.origin_domain, owner, router, module, route.user_salt)


def transact(
    sender: AccountAPI, receiver: str, data: bytes, value: int, bounds: Bounds
) -> ReceiptAPI:
    """Sends a transaction on the connected chain and waits for it. ChainError if it would revert,
    or takes more than MAX_GAS: the contract is one that a file named."""
    provider = ape.networks.provider
    web3, prices = provider.web3, read_offer().fields(bounds.gas_price)
    call: TxParams = {
        "from": to_checksum(address_from_hex(sender.address)),
        "to": to_checksum(address_from_hex(receiver)),
        "data": HexBytes(data),
        "value": Wei(value),
    }
    try:
        gas = int(web3.eth.estimate_gas(call))
    except (ContractLogicError, Web3RPCError) as error:
        raise ChainError(f"{receiver} refuses: {refusal(error)}; nothing was sent") from error
    if gas > MAX_GAS:
        raise TooDear(f"{receiver} takes {gas:,} gas, more than {MAX_GAS:,}: do not trust it")
    transaction = provider.network.ecosystem.create_transaction(
        receiver=receiver,
        data=data,
        value=value,
        sender=sender.address,
        gas_limit=int(gas * GAS_MARGIN),
        **prices,
    )
    transaction.chain_id = provider.chain_id
    transaction.nonce = provider.get_nonce(sender.address, block_id="pending")
    if is_development():
        transaction.required_confirmations = 0
    return sender.call(transaction)


def describe(call: Call) -> str:
    """A call as text: target, first bytes of the data, value."""
    target = to_checksum(bytes32_to_address(call.to, "call.to"))
    data = f"data {to_hex(call.data[:4])}…" if call.data else "no data"
    match call.value:
        case 0:
            value = ""
        case protocol.WHOLE_BALANCE:
            value = ", with the whole balance"
        case protocol.DELEGATE_CALL:
            value = ", as a delegate call"
        case amount:
            value = f", with {amount} wei"
    return f"to {target}, {data}{value}"


def require_calls(calls: Sequence[Call]) -> None:
    """ConfigError for no calls."""
    if not calls:
        raise ConfigError("calls: none; name at least one")


def _refusal(route: Route, calls: Sequence[Call]) -> str | None:
    """Reason for which the delivery would revert; None if it would not."""
    try:
        ape.networks.provider.web3.eth.call(_delivery(route, calls))
    except (ContractLogicError, Web3RPCError) as error:
        return refusal(error)
    return None


def _lacking(route: Route, call: Call) -> str:
    """A hint where a call pays more than the account has: that is a revert without a reason."""
    held = int(ape.networks.provider.web3.eth.get_balance(to_checksum(route.account)))
    if call.value >= protocol.DELEGATE_CALL or call.value <= held:
        return ""
    return f" (the account has {held} wei before the calls)"


def _delivery(route: Route, calls: Sequence[Call]) -> TxParams:
    """The Mailbox's call of the destination's router when the message is delivered."""
    owner = address_to_bytes32(route.owner)
    body = protocol.CallsMessage(owner, route.ism, route.user_salt, tuple(calls)).encode()
    sender = address_to_bytes32(route.router)
    mailbox = ask(to_checksum(route.remote_router), "mailbox()", "address")
    if mailbox is None:
        raise ChainError(f"{to_checksum(route.remote_router)} has no Mailbox; do not trust it")
    return {
        "from": mailbox,
        "to": to_checksum(route.remote_router),
        "data": HexBytes(_encoded(_HANDLE, route.origin_domain, sender, body)),
    }


def _listed(calls: Sequence[Call]) -> list[tuple[bytes, int, bytes]]:
    return [(call.to, call.value, call.data) for call in calls]


def _encoded(method: str, *arguments: Any) -> bytes:
    """Calldata of a method, given by its signature."""
    kinds = parse(method[method.index("(") :]).components
    types = [kind.to_type_str() for kind in kinds]
    return keccak(method.encode())[:4] + encode(types, arguments)
