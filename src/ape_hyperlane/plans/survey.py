"""What of a plan the chain that ape is connected to shows already. Only reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from ape import networks, project
from ape.contracts import ContractContainer, ContractInstance
from eth_utils.address import to_checksum_address
from ethpm_types import ContractType
from hexbytes import HexBytes
from web3.exceptions import ContractLogicError

from ape_hyperlane.plans.journal import Entry, Journal
from ape_hyperlane.plans.steps import (
    ABSENT,
    Action,
    Call,
    Create,
    CreateSet,
    Includes,
    Maker,
    Reading,
    Ref,
    Step,
    Surplus,
    Use,
    Within,
)
from hyperlane.errors import ChainError, ConfigError


def container(contract: str) -> ContractContainer:
    """The compiled contract of this name; ConfigError when ape is in a project without it."""
    return _container(project.path, contract)


@cache
def _container(_project: Path, contract: str) -> ContractContainer:
    # ape looks through all sources each time.
    found: ContractContainer | None = getattr(project, contract, None)
    if found is None:
        raise ConfigError(
            f"{project.path}: no contract {contract}; run from ape-hyperlane's folder"
        )
    return found


def is_development() -> bool:
    """Whether the connected node is a development node, whatever network it plays."""
    provider = networks.provider
    return bool(provider.network.is_dev or "anvil" in str(provider.client_version).lower())


class Survey:
    """Finds what is done: the chain decides, the journal remembers where to look."""

    def __init__(self, journal: Journal, sender: str | None = None) -> None:
        self.journal = journal
        self.sender = sender or journal.deployer
        """Who makes what is not there yet."""
        self.left: list[tuple[Action, str]] = []
        """Steps that `sender` may not send, each with why."""
        self._makers: dict[str, str] = {}
        self.addresses: dict[str, str] = {}
        """Of what the steps made, as far as it was found."""

    def pending(self, steps: Iterable[Step], sender: str | None = None) -> list[Action]:
        """The steps that still need a transaction; those that only others may send are `left`.

        ConfigError when `sender` may send none of those that change what is there, ChainError when
        the chain contradicts the journal.
        """
        self.sender = sender or self.sender
        self.left = []
        found: list[Action] = []
        changes = False
        foreseen: dict[Any, Any] = {}
        for step in steps:
            if not self.is_done(step, foreseen) and not isinstance(step, Use):
                there = isinstance(step, Call) and self.can_resolve(step.target)
                if sender is not None and (why := self._forbidden(step, sender, foreseen)):
                    self.left.append((step, why))
                    continue
                changes |= there
                foreseen |= {reading.subject: reading.expected for reading in step.readings}
                found.append(step)
        if self.left and not changes:
            step, why = self.left[0]
            raise ConfigError(f"{step.name}: {why}")
        return found

    def foreign(self, steps: Iterable[Step]) -> dict[str, str]:
        """What the journal alone says is ours: contracts of steps it calls done whose code is not
        what this version compiles. An earlier version's is such, and so is a stranger's."""
        entries = {
            step.name: (step.contract, entry.address)
            for step in steps
            if isinstance(step, Create)
            and (entry := self.journal.entry(step.name)) is not None
            and entry.done
            and entry.address is not None
        }
        return {
            name: address
            for name, (contract, address) in entries.items()
            if not _is_code_of(contract, _code(address))
        }

    def drift(self, readings: Iterable[Reading]) -> list[str]:
        """What the chain says differently, a line each."""
        found = []
        for reading in readings:
            actual, expected = self._read(reading), _plain(self.resolve(reading.expected))
            if not _agrees(actual, expected):
                target = reading.target.step if isinstance(reading.target, Ref) else reading.target
                arguments = ", ".join(map(_shown, reading.arguments))
                found.append(
                    f"{target}.{reading.method}({arguments}) is {_shown(actual)},"
                    f" expected {_shown(expected)}"
                )
        return found

    def resolve(self, value: Any) -> Any:
        """`value` with every reference replaced by the address; KeyError for an unknown one."""
        if isinstance(value, Ref):
            return self.addresses[value.step]
        if isinstance(value, Maker):
            entry = self.journal.entry(value.step)
            return self._makers.get(value.step) or (entry.sender if entry else self.sender)
        if isinstance(value, Within):
            return Within(self.resolve(value.values))
        if isinstance(value, Includes):
            return Includes(self.resolve(value.value))
        if isinstance(value, Surplus):
            return self._surplus(value)
        if isinstance(value, tuple | list):
            return type(value)(self.resolve(each) for each in value)
        return value

    def _surplus(self, wanted: Surplus) -> Any:
        kept = _plain(self.resolve(wanted.reading.expected.values))
        extra = [each for each in self._read(wanted.reading) if each not in kept]
        if wanted.first:
            return extra[0]
        return [(each, *wanted.rest) if wanted.rest else each for each in extra]

    def can_resolve(self, value: Any) -> bool:
        """Whether every contract that `value` refers to was found."""
        try:
            self.resolve(value)
        except KeyError:
            return False
        return True

    def is_done(self, step: Step, foreseen: Mapping[Any, Any] | None = None) -> bool:
        """Whether the chain shows the effect, or will after steps whose readings are foreseen."""
        if isinstance(step, Use):
            if self.can_resolve(step.address):
                self.addresses[step.name] = self.resolve(step.address)
            return True
        if isinstance(step, Create):
            return self._is_created(step)
        if isinstance(step, CreateSet):
            return self._is_set_created(step)
        if not step.repeatable and self._was_called(step):
            return True
        if step.once:
            return self._would_revert(step)
        holding = [self._holds(reading, foreseen or {}) for reading in step.readings]
        return bool(holding) and all(holding)

    def _is_created(self, step: Create) -> bool:
        entry = self.journal.entry(step.name)
        if entry is None or entry.address is None:
            return False
        self._makers[step.name] = entry.sender
        if self._is_made(step, entry, entry.address):
            return True
        self._makers[step.name] = self.sender
        return False

    def _is_made(self, step: Create, entry: Entry, address: str) -> bool:
        if not self.can_resolve(step.arguments):
            return False
        if entry.what != self.spelled_out(step):
            if not step.permanent:
                return False
            raise ConfigError(
                f"{self.journal.path}: {step.name!r} was planned as {entry.what}, now it is "
                f"{self.spelled_out(step)}; this cannot be changed, choose another name or "
                "registry folder"
            )
        if entry.done and not has_code(address):
            raise ChainError(
                f"{self.journal.path}: {step.name} is at {address}, where the chain has no "
                "code; if the chain was reset, remove the folder to deploy anew"
            )
        if not entry.done and not _is_code_of(step.contract, _code(address)):
            return False
        return self._found(step, address)

    def _was_called(self, step: Call) -> bool:
        """Whether the same method of the same contract was called, whatever with."""
        entry = self.journal.entry(step.name)
        if entry is None or not entry.done or not self.can_resolve(step.target):
            return False
        return entry.what.startswith(f"call {self.resolve(step.target)}.{step.method}(")

    def _would_revert(self, step: Call) -> bool:
        """Whether who created the target could not call it: then the call was made before."""
        target = step.target
        creation = self.journal.entry(target.step) if isinstance(target, Ref) else None
        if creation is None or not self.can_resolve((target, step.arguments)):
            return False
        method = getattr(self.at(target, step.contract), step.method)
        try:
            networks.provider.web3.eth.call(
                {
                    "from": to_checksum_address(creation.sender),
                    "to": to_checksum_address(self.resolve(target)),
                    "data": method.encode_input(*self.resolve(step.arguments)),
                }
            )
        except ContractLogicError:
            return True
        return False

    def spelled_out(self, step: Action) -> str:
        """The step with addresses for references."""
        if isinstance(step, Create):
            return replace(step, arguments=self.resolve(step.arguments)).describe()
        if isinstance(step, Call):
            target, arguments = self.resolve((step.target, step.arguments))
            return replace(step, target=target, arguments=arguments).describe()
        return step.describe()

    def _is_set_created(self, step: CreateSet) -> bool:
        if not self.can_resolve((Ref(step.factory), step.members)):
            return False
        address = self.set_address(step)
        return has_code(address) and self._found(step, address)

    def _found(self, step: Action, address: str) -> bool:
        self.addresses[step.name] = address
        return True

    def _holds(self, reading: Reading, foreseen: Mapping[Any, Any]) -> bool:
        if reading.subject in foreseen:
            return self._same(foreseen[reading.subject], reading.expected)
        known = self.can_resolve((reading.target, reading.expected))
        return known and not self.drift([reading])

    def _same(self, one: Any, other: Any) -> bool:
        if one == other:
            return True
        known = self.can_resolve((one, other))
        return bool(known and _plain(self.resolve(one)) == _plain(self.resolve(other)))

    def _forbidden(self, step: Action, sender: str, foreseen: Mapping[Any, Any]) -> str | None:
        """Why a call would revert because of who sends it, if it would. ConfigError when only one
        account ever can."""
        if not isinstance(step, Call) or not isinstance(step.target, Ref):
            return None
        if step.target.step not in self.addresses:
            return None
        if step.repeatable:
            owner = Reading(step.target, step.contract, "owner", sender)
            if owner.subject not in foreseen and (drift := self.drift([owner])):
                return f"only the owner may change that: {drift[0]}"
        elif (entry := self.journal.entry(step.target.step)) and entry.sender != sender:
            raise ConfigError(
                f"{step.name}: only {entry.sender}, who created it, may initialise it; resume with "
                "that account"
            )
        return None

    def at(self, target: Ref | str, contract: str) -> ContractInstance:
        return ContractInstance(self.resolve(target), container(contract).contract_type)

    def _read(self, reading: Reading) -> Any:
        if reading.slot is not None:
            word = networks.provider.web3.eth.get_storage_at(
                self.resolve(reading.target), HexBytes(reading.slot)
            )
            return to_checksum_address(word[-20:])
        target, abi = self.resolve(reading.target), container(reading.contract).contract_type
        try:
            answer = _ask(target, abi, reading.method, self.resolve(reading.arguments))
        except ContractLogicError:
            return ABSENT
        if reading.method == "owner" and "pendingOwner" in abi.view_methods:
            # Offered is as much as one side can do; the new owner has to accept.
            offered = _ask(target, abi, "pendingOwner", ())
            return answer if int(offered, 16) == 0 else offered
        return answer

    def factory_of(self, step: CreateSet) -> ContractInstance:
        return self.at(Ref(step.factory), f"{step.contract}Factory")

    def members_of(self, step: CreateSet) -> list[Any]:
        return list(self.resolve(step.members))

    def set_address(self, step: CreateSet) -> str:
        address = self.factory_of(step).getAddress(self.members_of(step), step.threshold)
        return str(to_checksum_address(address))


def _ask(address: str, contract: ContractType, view: str, arguments: Sequence[Any]) -> Any:
    """What a view says; as ape would have it, but in one request, and without a trace if it
    reverts."""
    abi = next(
        each
        for each in contract.view_methods
        if each.name == view and len(each.inputs) == len(arguments)
    )
    ecosystem = networks.provider.network.ecosystem
    data = ecosystem.get_method_selector(abi) + ecosystem.encode_calldata(abi, *arguments)
    answer = networks.provider.web3.eth.call({"to": to_checksum_address(address), "data": data})
    values = ecosystem.decode_returndata(abi, bytes(answer))
    return _plain(values if len(values) > 1 else values[0])


def has_code(address: str) -> bool:
    """Whether there is a contract."""
    return len(_code(address)) > 0


def _code(address: str) -> bytes:
    return bytes(networks.provider.get_code(to_checksum_address(address)))


def _is_code_of(contract: str, code: bytes) -> bool:
    """Whether this is the contract's code. Where the compiler left zeros, immutables may stand."""
    compiled = container(contract).contract_type.get_runtime_bytecode()
    return len(code) == len(compiled) > 0 and all(
        expected in (0, actual) for expected, actual in zip(compiled, code, strict=True)
    )


def _agrees(actual: Any, expected: Any) -> bool:
    if isinstance(expected, Includes):
        return expected.value in actual
    if isinstance(expected, Within):
        return all(each in expected.values for each in actual)
    return bool(actual == expected)


def _plain(value: Any) -> Any:
    """Values as they compare: lists for all sequences, checksummed addresses."""
    if isinstance(value, Within):
        return Within(tuple(map(_plain, value.values)))
    if isinstance(value, Includes):
        return Includes(_plain(value.value))
    if is_dataclass(value):  # ape's way to return several values with a struct among them
        value = [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    text = getattr(value, "address", value)
    if isinstance(text, str) and text.startswith("0x") and len(text) == 42:
        return to_checksum_address(text)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else text


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
