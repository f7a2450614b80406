"""Carries out the steps of a plan on the chain that ape is connected to.

The nonce of a transaction is written to the journal before it is sent. So a transaction that a
killed run left pending takes effect once: the next run waits for it instead of sending another.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from ape import networks
from ape.api import AccountAPI, ReceiptAPI, TransactionAPI
from ape.exceptions import ApeException, ContractLogicError
from web3.types import Nonce
from web3.utils.address import get_create_address

from ape_hyperlane.plans.chain import container, is_development
from ape_hyperlane.plans.gas_price import read_offer
from ape_hyperlane.plans.journal import Entry, Journal
from ape_hyperlane.plans.refusals import refusal
from ape_hyperlane.plans.steps import (
    Action,
    Call,
    Create,
    CreateSet,
    Reading,
    Reserve,
    Step,
    Use,
)
from ape_hyperlane.plans.survey import Survey
from hyperlane.errors import ChainError
from hyperlane.protocol.reserved import DEPLOYER
from hyperlane.protocol.typecasts import to_checksum

Report = Callable[[Action, str | None], None]
"""Called for each step: after its transaction with the created address or the transaction's hash,
or with None for a step that needs no transaction."""

PATIENCE = 120.0
"""Seconds to wait for a transaction that an earlier run left pending."""

LAG = 30.0
"""Seconds that a node may lag behind another node of the same URL. None on development networks,
which have one node."""

UNKNOWN_NONCE = -1
"""Nonce of a step whose entry was lost with an earlier journal."""

GAS_MARGIN = 1.2
"""Gas limit divided by estimate: the state may change between estimating and sending."""


class Applier(Survey):
    """Carries out steps in order, each once, however often the process is killed."""

    def __init__(
        self,
        account: AccountAPI,
        journal: Journal,
        report: Report,
        max_gas_price: int | None = None,
    ) -> None:
        super().__init__(journal, account.address)
        self.account = account
        self.report = report
        self.max_gas_price = max_gas_price
        """Limit in wei; None for a limit derived from recent blocks."""
        self.sent = 0
        self._next_nonce = 0

    def apply(self, steps: Iterable[Step]) -> None:
        """Carries out the steps that are not done, as far as the account may; the others are
        collected in `left`. ChainError when a transaction fails."""
        self.left = []
        for step in steps:
            # First the transaction that a killed run may have left pending: the chain shows its
            # effect only once it is mined, and a second one would take effect again.
            self._settle(step)
            done = self.locate(step)
            if isinstance(step, Use):
                continue
            if done:
                self._recall(step)
                self.report(step, None)
            elif reason := self.forbidden(step, self.account.address):
                self.left.append((step, reason))
            else:
                self._carry_out(step)
                while isinstance(step, Call) and step.repeats and not self.is_done(step):
                    self._carry_out(step)

    def verify(self, readings: Iterable[Reading]) -> None:
        """ChainError when readings do not hold, nor within the time that a node may lag behind.
        Readings of the steps in `left` are not expected."""
        waiting = {reading.subject for step, _ in self.left for reading in step.readings}
        readings = [reading for reading in readings if reading.subject not in waiting]
        if not _eventually(lambda: not self.differences(readings), _lag() if self.sent else 0):
            raise ChainError("; ".join(self.differences(readings)))

    def _settle(self, step: Step) -> None:
        """Waits for the transaction that a killed run may have left pending, and marks the step as
        done if it succeeded."""
        entry = self.journal.entry(step.name)
        if entry is None or entry.done or self._nonce(entry.sender, "pending") <= entry.nonce:
            return  # nothing was sent: the nonce is still unused
        if not _eventually(lambda: self._nonce(entry.sender, "latest") > entry.nonce, PATIENCE):
            raise ChainError(
                f"{step.name}: a transaction of {entry.sender} with nonce {entry.nonce} is still "
                "pending; wait until it is mined or replace it, then run again"
            )
        # Mined is not successful, and the nonce may have gone to another transaction: so the chain
        # has to show the effect. Of a call without readings it cannot. That was simulated before it
        # was sent, so it counts as successful.
        unreadable = isinstance(step, Call) and not step.readings
        if unreadable or _eventually(lambda: self.is_done(step), _lag()):
            self.journal.record(step.name, replace(entry, done=True))

    def _recall(self, step: Action) -> None:
        """Records a contract at a reserved address that the journal does not know."""
        if isinstance(step, Create) and step.reserve and self.journal.entry(step.name) is None:
            what, reserve = self.spelled_out(step), step.reserve
            entry = Entry(what, reserve.owner, UNKNOWN_NONCE, reserve.reserved, done=True)
            self.journal.record(step.name, entry)

    def _carry_out(self, step: Action) -> None:
        """Sends the step's transaction, waits for it and records it."""
        # The count of a node that lags behind may lack our last transaction.
        nonce = max(self._nonce(self.account.address, "pending"), self._next_nonce)
        # Prepared before it is recorded: a transaction that would revert leaves no entry.
        transaction = self._prepared(step, nonce)
        entry = Entry(
            self.spelled_out(step), self.account.address, nonce, self._creates(step, nonce)
        )
        # Recorded before it is sent: if the process is killed in between, the next run knows where
        # to look for the contract, and by the nonce whether the transaction was sent.
        self.journal.record(step.name, entry)
        receipt = self._send(step, transaction)
        self._next_nonce = nonce + 1
        self.sent += 1
        if entry.address is not None:
            # Not marked as done before the code is there: `done` vouches for the address.
            if not _eventually(lambda: self.is_done(step), _lag()):
                raise ChainError(
                    f"{step.name}: {receipt.txn_hash} is mined, but {entry.address} is not what it"
                    " should have made"
                )
            self.keep(step, entry.address)
        self.journal.record(step.name, replace(entry, transaction=str(receipt.txn_hash), done=True))
        self.report(step, entry.address or str(receipt.txn_hash))

    def _prepared(self, step: Action, nonce: int) -> TransactionAPI:
        """The step's transaction with its gas limit. ChainError when it would revert, also when
        asked again: a node that lags behind may lack the step before."""
        transaction = self._transaction(step, nonce)
        # ape caches chain ids by network name, and networks given by URL share one name.
        transaction.chain_id = networks.provider.chain_id
        if is_development():
            transaction.required_confirmations = 0  # blocks come only with transactions
        deadline = time.monotonic() + _lag()
        while True:
            try:
                estimate = int(networks.provider.estimate_gas_cost(transaction))
            except ContractLogicError as error:
                if time.monotonic() < deadline:
                    time.sleep(2)
                    continue
                raise ChainError(
                    f"{step.name}: {step.describe()} would revert: {refusal(error)}"
                ) from error
            transaction.gas_limit = int(estimate * GAS_MARGIN)
            return transaction

    def _transaction(self, step: Action, nonce: int) -> TransactionAPI:
        prices = read_offer().fields(self.max_gas_price)
        options = {"sender": self.account.address, "nonce": nonce, **prices}
        if isinstance(step, Create) and step.reserve is None:
            constructor = container(step.contract).constructor
            return constructor.serialize_transaction(*self.resolve(step.arguments), **options)
        receiver, data = self._call(step)
        return networks.provider.network.ecosystem.create_transaction(
            receiver=receiver, data=data, **options
        )

    def _call(self, step: Action) -> tuple[str, bytes]:
        """Contract that the step's transaction calls, and its data."""
        if isinstance(step, Reserve):
            return to_checksum(DEPLOYER), step.data
        if isinstance(step, Create):
            method, arguments = "create", (self.creation_code(step),)
        elif isinstance(step, CreateSet):
            factory = self.factory_of(step)
            data = factory.deploy.encode_input(self.members_of(step), step.threshold)
            return str(factory.address), bytes(data)
        else:
            target = self.at(step.target, step.contract)
            data = getattr(target, step.method).encode_input(*self.resolve(step.arguments))
            if step.reserve is None:
                return str(target.address), bytes(data)
            method, arguments = "call", (bytes(data),)
        assert step.reserve is not None
        reservation = self.at(step.reserve.address, "Reservation")
        return step.reserve.address, bytes(getattr(reservation, method).encode_input(*arguments))

    def _send(self, step: Action, transaction: TransactionAPI) -> ReceiptAPI:
        try:
            return self.account.call(transaction)
        except ContractLogicError as error:
            raise ChainError(
                f"{step.name}: {step.describe()} reverted: {refusal(error)}"
            ) from error
        except ApeException as error:
            raise ChainError(f"{step.name}: {refusal(error)}") from error

    def _creates(self, step: Action, nonce: int) -> str | None:
        """Address that the step's transaction creates; None for a call."""
        if isinstance(step, Reserve):
            return step.address
        if isinstance(step, Create) and step.reserve:
            return step.reserve.reserved
        if isinstance(step, Create):
            return str(get_create_address(self.account.address, Nonce(nonce)))
        return self.set_address(step) if isinstance(step, CreateSet) else None

    def _nonce(self, address: str, block: str) -> int:
        return int(networks.provider.get_nonce(address, block_id=block))


def _lag() -> float:
    """Seconds to wait for a node that lags behind."""
    return 0 if is_development() else LAG


def _eventually(condition: Callable[[], bool], patience: float) -> bool:
    """Polls a condition. False if it does not hold within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True
