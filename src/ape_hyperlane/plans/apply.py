"""Carries out the steps of a plan on the chain that ape is connected to.

Every transaction has a nonce that was written down before, so whatever a killed run left on its way
takes effect once, and its successor waits for it instead of sending another.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from ape import networks
from ape.api import AccountAPI, ReceiptAPI, TransactionAPI
from ape.exceptions import ApeException, ContractLogicError
from web3.types import Nonce
from web3.utils.address import get_create_address

from ape_hyperlane.gas_price import read_offer
from ape_hyperlane.plans.journal import Entry, Journal
from ape_hyperlane.plans.steps import Action, Call, Create, CreateSet, Reading, Step, Use
from ape_hyperlane.plans.survey import Survey, container, is_development
from ape_hyperlane.refusals import refusal
from hyperlane.errors import ChainError

Report = Callable[[Action, str | None], None]
"""Called for each step: after its transaction with what that made, an address or its hash; with
None when it needs no transaction any more."""

PATIENCE = 120.0
"""Seconds to wait for a transaction that an earlier run left pending."""

LAG = 30.0
"""Seconds that a node may be behind another one that answered before. Development nodes are alone.
"""

GAS_MARGIN = 1.2
"""Gas limit over estimate: the state may change between the two."""


class Applier(Survey):
    """Carries out steps in order, each once however often the process is killed."""

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
        """Wei per gas; None for what recent blocks make believable."""
        self.sent = 0
        self._next_nonce = 0

    def apply(self, steps: Iterable[Step]) -> None:
        """Carries out what is not done yet, as far as the account may; ChainError when a
        transaction fails."""
        self.left = []
        for step in steps:
            self._settle(step)
            done = self.is_done(step)
            if isinstance(step, Use):
                continue
            if done:
                self.report(step, None)
            elif why := self._forbidden(step, self.account.address, {}):
                self.left.append((step, why))
            else:
                self._carry_out(step)
                while isinstance(step, Call) and step.repeats and not self.is_done(step):
                    self._carry_out(step)

    def verify(self, readings: Iterable[Reading]) -> None:
        """ChainError when the chain says something else, and does not take it back for a while.
        What was left to others is not expected."""
        waiting = {each.subject for step, _ in self.left for each in step.readings}
        readings = [each for each in readings if each.subject not in waiting]
        if not _eventually(lambda: not self.drift(readings), _lag() if self.sent else 0):
            raise ChainError("; ".join(self.drift(readings)))

    def _settle(self, step: Step) -> None:
        """Waits for what a run that was killed may have on its way, and writes down its end."""
        entry = self.journal.entry(step.name)
        if entry is None or entry.done or self._nonce(entry.sender, "pending") <= entry.nonce:
            return
        if not _eventually(lambda: self._nonce(entry.sender, "latest") > entry.nonce, PATIENCE):
            raise ChainError(
                f"{step.name}: a transaction of {entry.sender} with nonce {entry.nonce} is still "
                "pending; wait until it is mined or replace it, then run again"
            )
        # A call that no view tells about: it was simulated before it was sent, mined must do.
        if (not step.readings and isinstance(step, Call)) or _eventually(
            lambda: self.is_done(step), _lag()
        ):
            self.journal.record(step.name, replace(entry, done=True))

    def _carry_out(self, step: Action) -> None:
        # A node that lags behind may not know our last transaction yet.
        nonce = max(self._nonce(self.account.address, "pending"), self._next_nonce)
        transaction = self._prepared(step, nonce)
        entry = Entry(
            self.spelled_out(step), self.account.address, nonce, self._creates(step, nonce)
        )
        self.journal.record(step.name, entry)
        receipt = self._send(step, transaction)
        self._next_nonce = nonce + 1
        self.sent += 1
        if entry.address is not None and not _eventually(lambda: self.is_done(step), _lag()):
            raise ChainError(
                f"{step.name}: {receipt.txn_hash} is mined, but {entry.address} is not what it"
                " should have made"
            )
        self.journal.record(step.name, replace(entry, transaction=str(receipt.txn_hash), done=True))
        self.report(step, entry.address or str(receipt.txn_hash))

    def _prepared(self, step: Action, nonce: int) -> TransactionAPI:
        """The step's transaction with its gas limit. An estimate that reverts is asked for again:
        the node may not know yet what the step before did."""
        transaction = self._transaction(step, nonce)
        # ape remembers chain ids by network name, and every URL has the same name.
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
        if isinstance(step, Create):
            constructor = container(step.contract).constructor
            return constructor.serialize_transaction(*self.resolve(step.arguments), **options)
        if isinstance(step, CreateSet):
            method = self.factory_of(step).deploy
            arguments: tuple[Any, ...] = (self.members_of(step), step.threshold)
        else:
            method = getattr(self.at(step.target, step.contract), step.method)
            arguments = self.resolve(step.arguments)
        return networks.provider.network.ecosystem.create_transaction(
            receiver=method.contract.address, data=method.encode_input(*arguments), **options
        )

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
        if isinstance(step, Create):
            return str(get_create_address(self.account.address, Nonce(nonce)))
        return self.set_address(step) if isinstance(step, CreateSet) else None

    def _nonce(self, address: str, block: str) -> int:
        return int(networks.provider.get_nonce(address, block_id=block))


def _lag() -> float:
    return 0 if is_development() else LAG


def _eventually(condition: Callable[[], bool], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True
