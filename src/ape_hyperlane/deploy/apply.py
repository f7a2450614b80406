"""Carries out the steps of a plan on the chain that ape is connected to."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from ape import networks, project
from ape.api import AccountAPI
from ape.contracts import ContractContainer, ContractInstance
from ape.exceptions import ApeException, ContractLogicError
from eth_utils.address import to_checksum_address
from web3.types import Nonce
from web3.utils.address import get_create_address

from ape_hyperlane.deploy.journal import Entry, Journal
from ape_hyperlane.deploy.steps import Call, Create, CreateSet, Reading, Ref, Step
from hyperlane.errors import ChainError, ConfigError

Report = Callable[[Step, str], None]
"""Called after each step with what happened: an address, a transaction, or why nothing was sent."""

PATIENCE = 120.0
"""Seconds to wait for a transaction of an earlier run, or for a node that lags behind."""


def container(contract: str) -> ContractContainer:
    """The compiled contract of this name in the project that ape is in."""
    found: ContractContainer = getattr(project, contract)
    return found


class Applier:
    """Carries out steps in order, each once however often the process is killed."""

    def __init__(self, account: AccountAPI, journal: Journal, report: Report) -> None:
        self.account = account
        self.journal = journal
        self.report = report
        self.addresses: dict[str, str] = {}
        self.sent = 0

    def apply(self, steps: Iterable[Step]) -> None:
        """Raises ConfigError when a step was carried out differently before, ChainError when the
        chain contradicts the journal or a transaction fails."""
        for step in steps:
            entry = self.journal.entry(step.name)
            what = step.describe()
            if entry is not None and entry.what != what:
                raise ConfigError(
                    f"{self.journal.path}: {step.name!r} was planned as {entry.what}, now it is "
                    f"{what}; a deployment cannot be changed, choose another registry folder"
                )
            if isinstance(step, Create):
                self._create(step, entry, what)
            elif isinstance(step, CreateSet):
                self._create_set(step, entry, what)
            else:
                self._call(step, entry, what)

    def drift(self, readings: Iterable[Reading]) -> list[str]:
        """What the chain says differently, a line each."""
        found = []
        for reading in readings:
            actual = _plain(self._read(reading))
            expected = _plain(self.resolve(reading.expected))
            if actual != expected:
                target = reading.target.step if isinstance(reading.target, Ref) else reading.target
                arguments = ", ".join(map(str, reading.arguments))
                found.append(
                    f"{target}.{reading.method}({arguments}) is {actual}, expected {expected}"
                )
        return found

    def resolve(self, value: Any) -> Any:
        """`value` with every reference replaced by the address."""
        if isinstance(value, Ref):
            return self.addresses[value.step]
        if isinstance(value, tuple | list):
            return type(value)(self.resolve(each) for each in value)
        return value

    # --- steps

    def _create(self, step: Create, entry: Entry | None, what: str) -> None:
        if entry is not None and entry.nonce is not None:
            address = get_create_address(self.account.address, Nonce(entry.nonce))
            if entry.done or self._was_mined(entry.nonce):
                if self._has_code(address, wait=not entry.done):
                    return self._made(step, what, entry.nonce, address, "already there")
                raise ChainError(
                    f"{step.name}: the journal says it is at {address}, where there is no code; "
                    "is this the same chain?"
                )
        nonce = self._next_nonce()
        address = get_create_address(self.account.address, Nonce(nonce))
        arguments = self.resolve(step.arguments)
        self.journal.record(step.name, Entry(what, nonce, address))
        contract = container(step.contract)
        self._send(step, lambda: self.account.deploy(contract, *arguments, nonce=nonce))
        if not self._has_code(address, wait=True):
            raise ChainError(f"{step.name}: mined, but there is no code at {address}")
        self._made(step, what, nonce, address, address)

    def _create_set(self, step: CreateSet, entry: Entry | None, what: str) -> None:
        factory = self._at(Ref(step.factory), f"{step.contract}Factory")
        members = [to_checksum_address(each) for each in self.resolve(step.members)]
        address = to_checksum_address(factory.getAddress(members, step.threshold))
        if self._has_code(address, wait=self._on_its_way(entry)):
            return self._made(step, what, None, address, "already there")
        nonce = self._next_nonce()
        self.journal.record(step.name, Entry(what, nonce, address))
        self._send(
            step,
            lambda: factory.deploy(members, step.threshold, sender=self.account, nonce=nonce),
        )
        if not self._has_code(address, wait=True):
            raise ChainError(f"{step.name}: mined, but there is no code at {address}")
        self._made(step, what, nonce, address, address)

    def _call(self, step: Call, entry: Entry | None, what: str) -> None:
        if entry is not None and entry.done:
            return self.report(step, "already done")
        mined = self._on_its_way(entry)
        # Where the chain does not show the effect, that our transaction was mined must do: it was
        # simulated before it was sent.
        if not self.drift(step.readings) if step.readings else mined:
            self.journal.record(step.name, Entry(what, done=True))
            return self.report(step, "already so")
        nonce = self._next_nonce()
        method = getattr(self._at(step.target, step.contract), step.method)
        arguments = self.resolve(step.arguments)
        self.journal.record(step.name, Entry(what, nonce))
        hash_ = self._send(step, lambda: method(*arguments, sender=self.account, nonce=nonce))
        self.journal.record(step.name, Entry(what, nonce, done=True))
        self.report(step, hash_)

    def _made(self, step: Step, what: str, nonce: int | None, address: str, outcome: str) -> None:
        entry = Entry(what, nonce, address, done=True)
        if self.journal.entry(step.name) != entry:
            self.journal.record(step.name, entry)
        self.addresses[step.name] = address
        self.report(step, outcome)

    # --- the chain

    def _send(self, step: Step, transact: Callable[[], Any]) -> str:
        try:
            result = transact()
        except ContractLogicError as error:
            raise ChainError(f"{step.name}: {step.describe()} would revert: {error}") from error
        except ApeException as error:
            raise ChainError(f"{step.name}: {error}") from error
        self.sent += 1
        receipt = getattr(result, "receipt", result)
        return str(receipt.txn_hash)

    def _next_nonce(self) -> int:
        return int(networks.provider.get_nonce(self.account.address, block_id="pending"))

    def _was_mined(self, nonce: int) -> bool:
        """Waits for a transaction of an earlier run that the node still holds."""
        provider, sender = networks.provider, self.account.address
        if int(provider.get_nonce(sender, block_id="pending")) <= nonce:
            return False
        return _eventually(lambda: int(provider.get_nonce(sender, block_id="latest")) > nonce)

    def _on_its_way(self, entry: Entry | None) -> bool:
        return entry is not None and entry.nonce is not None and self._was_mined(entry.nonce)

    def _has_code(self, address: str, wait: bool) -> bool:
        def present() -> bool:
            return len(networks.provider.get_code(to_checksum_address(address))) > 0

        return _eventually(present) if wait else present()

    def _at(self, target: Ref | str, contract: str) -> ContractInstance:
        address = self.resolve(target)
        return ContractInstance(address, container(contract).contract_type)

    def _read(self, reading: Reading) -> Any:
        method = getattr(self._at(reading.target, reading.contract), reading.method)
        return method(*self.resolve(reading.arguments))


def _eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def _plain(value: Any) -> Any:
    """Values as they compare: lists for all sequences, checksummed addresses."""
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    text = getattr(value, "address", value)
    if isinstance(text, str) and text.startswith("0x") and len(text) == 42:
        return to_checksum_address(text)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else text
