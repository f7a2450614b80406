"""Accounts on other chains, used in scripts like any account of ape."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ape
from ape.api import AccountAPI, ReceiptAPI, TransactionAPI
from ape.api.address import BaseAddress
from ape.contracts import ContractEvent
from ape.types import AddressType, ContractLog

from ape_hyperlane.console import connected_to, find_account
from ape_hyperlane.core.quotes import DEFAULT_FEE, Bounds
from ape_hyperlane.ica.calls import describe, sending, simulate
from ape_hyperlane.ica.delivery import await_arrival, dispatch, prepare, receipt_of
from ape_hyperlane.ica.route import Route, connected_chain, find_route, registry_at
from ape_hyperlane.plans.salt import parse_salt
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.accounts import DELEGATE_CALL, WHOLE_BALANCE, Call
from hyperlane.protocol.typecasts import (
    ZERO_BYTES32,
    Bytes32,
    address_from_hex,
    address_to_bytes32,
    to_checksum,
)
from hyperlane.registry import Registry


@dataclass(frozen=True, slots=True)
class Proposal:
    """A transaction on the origin for an owner that is a contract, such as a timelock."""

    target: str
    """The origin's account router."""
    value: int
    """Wei that the origin's hooks ask for now. What is paid above is refunded to the owner."""
    calldata: bytes


@dataclass(slots=True)
class Batch:
    """The calls of a block, and what became of them."""

    calls: list[Call] = field(default_factory=list)
    closed: bool = False
    message_id: Bytes32 | None = None
    receipt: ReceiptAPI | None = None
    proposal: Proposal | None = None


class InterchainAccount(AccountAPI):  # type: ignore[misc]
    """The account of a remote owner on the connected chain.

    A transaction with `sender=account` is simulated and collected. All are made by one message when
    the block of `on` or `propose` has ended, in one transaction, so either all succeed or none.
    Until then reads do not see their effects.
    """

    route: Route
    batch: Batch

    @property
    def address(self) -> AddressType:
        """Address on the destination, deployed or not."""
        return AddressType(to_checksum(self.route.account))

    @property
    def receipt(self) -> ReceiptAPI:
        """Receipt of the delivery on the destination. ChainError before there is one."""
        if self.batch.receipt is None:
            raise ChainError(f"{self.route.describe()}: no calls have been delivered yet")
        return self.batch.receipt

    def decode_logs(self, *events: ContractEvent) -> list[ContractLog]:
        """The events of these kinds that the delivery emitted, `decode_logs(token.Transfer)`; those
        of all contracts that ape knows unless kinds are named. ChainError before there is a
        receipt, which itself decodes only while ape is connected to the destination."""
        receipt = self.receipt
        with self.route.on_destination():
            return list(receipt.decode_logs(list(events) or None))

    @property
    def message_id(self) -> Bytes32:
        """Id of the message with the calls. ChainError before it is dispatched."""
        if self.batch.message_id is None:
            raise ChainError(f"{self.route.describe()}: no calls have been sent yet")
        return self.batch.message_id

    @property
    def proposal(self) -> Proposal:
        """The transaction that the owner has to send. ChainError unless a block of `propose` has
        ended, with calls."""
        if self.batch.proposal is None:
            raise ChainError(f"{self.route.describe()}: no proposal; use ica.propose with calls")
        return self.batch.proposal

    def call(self, txn: TransactionAPI, send_everything: bool = False, **_options: Any) -> None:
        """Collects a transaction's call. There is no receipt yet: see `receipt`.

        With `send_everything` the call gets what the account has when it is made. ChainError if it
        would revert after those before it, or the block has ended; ConfigError for a transaction
        that creates a contract, which an interchain account cannot do, and for a value that does
        not mean wei in a call.
        """
        if self.batch.closed:
            raise ChainError(f"{self.route.describe()}: its block has ended; begin another")
        if not txn.receiver:
            raise ConfigError("an interchain account calls contracts, and creates none itself")
        value = int(txn.value)
        if value >= DELEGATE_CALL:
            # A contract that is asked for a price must not have its code run as the account.
            raise ConfigError(
                f"value: {value} is no amount: routers take 2^256-1 for the whole balance and"
                " 2^256-2 for a delegate call; for all that the account has, use"
                " send_everything=True"
            )
        receiver = address_to_bytes32(address_from_hex(str(txn.receiver)))
        made = Call(receiver, WHOLE_BALANCE if send_everything else value, bytes(txn.data))
        self._require_destination(made)
        simulate(self.route, [*self.batch.calls, made])
        self.batch.calls.append(made)

    def sign_message(self, msg: Any, **_signer_options: Any) -> None:
        """Never signs: the account is a contract, without a key."""
        return

    def sign_transaction(self, txn: TransactionAPI, **_signer_options: Any) -> None:
        """Never signs: the account is a contract, without a key."""
        return

    def _require_destination(self, made: Call) -> None:
        expected = self.route.registry.metadata(self.route.destination).chain_id
        if (found := int(ape.networks.provider.chain_id)) != expected:
            raise ConfigError(
                f"call {describe(made)}: ape is connected to chain id {found}; make it while"
                f" connected to {self.route.destination}, chain id {expected}"
            )


@contextmanager
def on(
    destination: str,
    *,
    origin: str | None = None,
    owner: AccountAPI | str | None = None,
    registry: str | Path = "registry",
    salt: str | None = None,
    max_fee: int = DEFAULT_FEE,
    timeout: float = 600,
) -> Iterator[InterchainAccount]:
    """Connects to `destination` for a block, with the account there that `owner` has by its own
    account on `origin`; then sends the collected calls, and waits for their delivery.

    `origin` is the chain that ape is connected to unless it is named, `owner` an account of ape or
    its alias, `salt` as with `--salt`: another salt is another account. At most `max_fee` wei are
    paid for the delivery, which is awaited for `timeout` seconds.

    A block that ends with an exception, or without calls, sends nothing. ConfigError or ChainError
    when something is missing or would fail, before anything is sent; ChainError, with the message,
    when it is not delivered in time.
    """
    folder = registry_at(registry)
    origin = origin or connected_chain(folder)
    signer = _owner(folder, origin, owner)
    holder = address_from_hex(signer.address)
    route = find_route(folder, origin, destination, holder, parse_salt(salt) or ZERO_BYTES32)
    with _collecting(route) as account:
        yield account
    if account.batch.calls:
        calls, bounds = account.batch.calls, Bounds(max_fee)
        sent = dispatch(route, calls, prepare(route, calls, bounds), signer, bounds)
        account.batch.message_id = Bytes32(sent.id)
        account.batch.receipt = receipt_of(route, await_arrival(route, sent, timeout))


@contextmanager
def propose(
    destination: str,
    *,
    owner: BaseAddress | str,
    origin: str | None = None,
    registry: str | Path = "registry",
    salt: str | None = None,
    max_fee: int = DEFAULT_FEE,
) -> Iterator[InterchainAccount]:
    """Collects calls as `on` does, for an owner that is a contract on `origin`, or its address.
    Nothing is sent: after the block, `account.proposal` is the transaction that the owner sends.

    ConfigError and ChainError as for `on`.
    """
    folder = registry_at(registry)
    origin = origin or connected_chain(folder)
    holder = address_from_hex(str(getattr(owner, "address", owner)), "owner")
    route = find_route(folder, origin, destination, holder, parse_salt(salt) or ZERO_BYTES32)
    with _collecting(route) as account:
        yield account
    if account.batch.calls:
        quoted = prepare(route, account.batch.calls, Bounds(max_fee))
        calldata = sending(route, account.batch.calls, quoted)
        account.batch.proposal = Proposal(to_checksum(route.router), quoted.fee, calldata)


@contextmanager
def _collecting(route: Route) -> Iterator[InterchainAccount]:
    """An account on the connected destination that collects calls until the block ends."""
    account = InterchainAccount(route=route, batch=Batch())
    try:
        with route.on_destination():
            yield account
    finally:
        account.batch.closed = True


def _owner(registry: Registry, origin: str, owner: AccountAPI | str | None) -> AccountAPI:
    """The owner's account on the origin. ConfigError for an unknown alias, and for what is no
    account of ape, as a contract."""
    if isinstance(owner, AccountAPI):
        return owner
    if owner is not None and (not isinstance(owner, str) or owner.startswith("0x")):
        raise ConfigError(
            f"owner: {owner} is no account of ape that could sign; for a contract use ica.propose"
        )
    with connected_to(registry, origin):
        return find_account(owner)
