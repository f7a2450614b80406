"""Compares a plan with the connected chain: which steps are done, what differs. Only reads."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ape import networks
from ape.contracts import ContractInstance
from eth_utils.address import to_checksum_address
from web3.exceptions import ContractLogicError

from ape_hyperlane.plans.chain import (
    address_in_slot,
    call_view,
    code_at,
    container,
    has_code,
    is_code_of,
)
from ape_hyperlane.plans.journal import Entry, Journal
from ape_hyperlane.plans.steps import (
    ABSENT,
    Action,
    Call,
    Contains,
    Create,
    CreateSet,
    Creator,
    Initial,
    Made,
    Reading,
    Ref,
    Reserve,
    Step,
    Subset,
    Unlisted,
    Use,
)
from ape_hyperlane.plans.values import agrees, comparable, display
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.hashing import keccak

NOTHING_PLANNED: Mapping[Any, Any] = {}


class Survey:
    """Finds out which steps are done. The chain is the evidence; the journal only says at which
    addresses to look.

    `address_of` and `is_done` answer and change nothing. `locate` and `pending` walk through a plan
    and keep the addresses that they find, by which later steps are resolved.
    """

    def __init__(self, journal: Journal, sender: str | None = None) -> None:
        self.journal = journal
        self.sender = sender or journal.deployer
        """Account that creates the contracts which do not exist yet."""
        self.left: list[tuple[Action, str]] = []
        """Steps that `sender` may not send, with the reason."""
        self.addresses: dict[str, str] = {}
        """Contracts found so far, by step."""
        self._replaced: set[str] = set()
        """Steps whose journal entry is of a contract that does not fit: it is created anew."""

    def pending(
        self, steps: Iterable[Step], sender: str | None = None, *, together: bool = False
    ) -> list[Action]:
        """The steps that need a transaction of `sender`. Those that only others may send are
        collected in `left`; `together`: others will do those.

        ConfigError when `sender` may send none of those that change existing contracts and does
        not act together with others, ChainError when the chain contradicts the journal.
        """
        self.sender = sender or self.sender
        self.left = []
        found: list[Action] = []
        changes = False
        # Readings of the steps found pending. The chain does not show their effect yet, but a later
        # step must not be pending for a state that an earlier one brings about, or be held done by
        # a state that an earlier one ends. So they take precedence over the chain.
        planned: dict[Any, Any] = {}
        # In the order of the plan: a step is resolved by the addresses of those before it.
        for step in steps:
            if self.locate(step, planned) or isinstance(step, Use):
                continue
            exists = isinstance(step, Call) and self.can_resolve(step.target)
            if sender is not None and (reason := self.forbidden(step, sender, planned)):
                self.left.append((step, reason))
                if together:
                    planned |= {reading.subject: reading.expected for reading in step.readings}
                continue
            changes |= exists
            planned |= {reading.subject: reading.expected for reading in step.readings}
            found.append(step)
        if self.left and not changes and not together:
            step, reason = self.left[0]
            raise ConfigError(f"{step.name}: {reason}")
        return found

    def locate(self, step: Step, planned: Mapping[Any, Any] = NOTHING_PLANNED) -> bool:
        """Returns what `is_done` does, and keeps the address of the step's contract."""
        if isinstance(step, Call):
            return self.is_done(step, planned)
        address = self.address_of(step)
        if address is not None:
            self.keep(step, address)
        elif isinstance(step, Create):
            self._replaced.add(step.name)
        return address is not None or isinstance(step, Use)

    def keep(self, step: Step, address: str) -> None:
        """Keeps the address of a step's contract, for references to it."""
        self.addresses[step.name] = address
        self._replaced.discard(step.name)

    def is_done(self, step: Step, planned: Mapping[Any, Any] = NOTHING_PLANNED) -> bool:
        """True if the chain shows the step's effect, or will after the `planned` readings hold."""
        if isinstance(step, Use):
            return True
        if not isinstance(step, Call):
            return self.address_of(step) is not None
        # From strong to weak evidence. The journal knows a call that can be made once only; whether
        # it would revert shows the same without a journal. Readings come last: other settings may
        # have changed them since, or they may have held before the call.
        if not step.repeatable and self._was_called(step):
            return True
        if step.reverts_when_done:
            return self._would_revert(step)
        holding = [self._holds(reading, planned) for reading in step.readings]
        return bool(holding) and all(holding)

    def address_of(self, step: Use | Reserve | Create | CreateSet) -> str | None:
        """Address of the step's contract; None if it does not exist."""
        if isinstance(step, Use):
            return self.resolve(step.address) if self.can_resolve(step.address) else None
        if isinstance(step, Create):
            entry = self.journal.entry(step.name)
            if entry is not None and self._is_created(step, entry):
                return entry.address
            return self._recovered(step)
        if isinstance(step, Reserve):
            # The address vouches for the code, whoever had it created.
            return step.address if has_code(step.address) else None
        if not self.can_resolve((Ref(step.factory), step.members)):
            return None
        # A static factory deploys to an address that depends on the members: no journal is needed.
        address = self.set_address(step)
        return address if has_code(address) else None

    def foreign(self, steps: Iterable[Step]) -> dict[str, str]:
        """Contracts that the journal calls done, but whose code is not what this version compiles,
        by step: those of an earlier version, or of a stranger."""
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
            if not is_code_of(contract, code_at(address))
        }

    def differences(self, readings: Iterable[Reading]) -> list[str]:
        """Readings that do not hold, a line each."""
        found = []
        for reading in readings:
            actual, expected = self.read(reading), comparable(self.resolve(reading.expected))
            if not agrees(actual, expected):
                target = reading.target.step if isinstance(reading.target, Ref) else reading.target
                arguments = ", ".join(map(display, reading.arguments))
                found.append(
                    f"{target}.{reading.method}({arguments}) is {display(actual)},"
                    f" expected {display(expected)}"
                )
        return found

    def resolve(self, value: Any) -> Any:
        """`value` with addresses in place of references. KeyError for a contract not found yet."""
        if isinstance(value, Ref):
            return self.addresses[value.step]
        if isinstance(value, Creator):
            entry = self.journal.entry(value.step)
            fits = entry is not None and value.step not in self._replaced
            return entry.sender if entry and fits else self.sender
        if isinstance(value, Subset):
            return Subset(self.resolve(value.values))
        if isinstance(value, Contains):
            return Contains(self.resolve(value.value))
        if isinstance(value, Unlisted):
            return self.unlisted(value)
        if isinstance(value, Initial):
            return self.resolve(value.value)
        if isinstance(value, Made):
            return self._made(value)
        if isinstance(value, tuple | list):
            return type(value)(self.resolve(item) for item in value)
        return value

    def can_resolve(self, value: Any) -> bool:
        """True if every contract that `value` refers to was found."""
        try:
            self.resolve(value)
        except KeyError:
            return False
        return True

    def spelled_out(self, step: Action) -> str:
        """The step's description with addresses in place of references, as journals keep it."""
        if isinstance(step, Create):
            lasting = tuple("any" if isinstance(each, Initial) else each for each in step.arguments)
            return replace(step, arguments=self.resolve(lasting)).describe()
        if isinstance(step, Call):
            target, arguments = self.resolve((step.target, step.arguments))
            return replace(step, target=target, arguments=arguments).describe()
        return step.describe()

    def forbidden(
        self, step: Action, sender: str, planned: Mapping[Any, Any] = NOTHING_PLANNED
    ) -> str | None:
        """The reason why `sender` may not send a call; None if it may. ConfigError when only one
        other account ever may."""
        if isinstance(step, Create) and step.reserve and step.reserve.owner != sender:
            raise ConfigError(
                f"{step.name}: {step.reserve.reserved} is reserved for {step.reserve.owner}; resume"
                " with that account"
            )
        if not isinstance(step, Call) or not isinstance(step.target, Ref):
            return None
        if step.target.step not in self.addresses:
            return None  # the contract is created by this sender, who then owns it
        if step.repeatable:
            owner = Reading(step.target, step.contract, "owner", sender)
            if owner.subject not in planned and (differences := self.differences([owner])):
                return f"only the owner may change that: {differences[0]}"
        elif (entry := self.journal.entry(step.target.step)) and entry.sender != sender:
            raise ConfigError(
                f"{step.name}: only {entry.sender}, who created it, may initialise it; resume with "
                "that account"
            )
        return None

    def at(self, target: Ref | str, contract: str) -> ContractInstance:
        """The contract that a step refers to."""
        return ContractInstance(self.resolve(target), container(contract).contract_type)

    def factory_of(self, step: CreateSet) -> ContractInstance:
        return self.at(Ref(step.factory), f"{step.contract}Factory")

    def creation_code(self, step: Create) -> bytes:
        """Creation code of the step's contract, followed by the encoded arguments."""
        constructor = container(step.contract).constructor
        return bytes(constructor.serialize_transaction(*self.resolve(step.arguments)).data)

    def members_of(self, step: CreateSet) -> list[Any]:
        return list(self.resolve(step.members))

    def set_address(self, step: CreateSet) -> str:
        """Address of a static factory's contract, whether it is deployed or not."""
        address = self.factory_of(step).getAddress(self.members_of(step), step.threshold)
        return str(to_checksum_address(address))

    def _made(self, made: Made) -> str:
        address = self.read(Reading(made.maker, made.contract, made.view, None))
        if address == ABSENT:
            raise ConfigError(
                f"{self.resolve(made.maker)}: no {made.view}(); expected a {made.contract}"
            )
        return str(address)

    def _is_created(self, step: Create, entry: Entry) -> bool:
        """True if the journal's contract is the one that the step describes."""
        # The entry's sender is the creator of its contract, whoever runs the command now.
        step = replace(step, arguments=_with_address(step.arguments, entry.sender))
        if entry.address is None or not self.can_resolve(step.arguments):
            return False
        # Arguments first: the entry may be of another contract that was planned under this name.
        if entry.what != self.spelled_out(step):
            if not step.permanent:
                return False
            raise ConfigError(
                f"{self.journal.path}: {step.name!r} was planned as {entry.what}, now it is "
                f"{self.spelled_out(step)}; this cannot be changed, choose another name or "
                "registry folder"
            )
        if entry.done and not has_code(entry.address):
            raise ChainError(
                f"{self.journal.path}: {step.name} is at {entry.address}, where the chain has no "
                "code; if the chain was reset, remove the folder to deploy anew"
            )
        # Of a run that was killed, another transaction may have taken the nonce: so the code has to
        # fit. It is not compared once the entry is done, since other versions compile to other
        # code: `foreign` shows those.
        return entry.done or is_code_of(step.contract, code_at(entry.address))

    def _recovered(self, step: Create) -> str | None:
        """The reserved address if the step's contract is there, though the journal does not know
        it; None if nothing is. ConfigError if something else is."""
        if step.reserve is None or not has_code(step.reserve.address):
            return None
        created_from = self.read(Reading(step.reserve.address, "Reservation", "createdFrom", b""))
        if not any(created_from):
            return None
        if self.can_resolve(step.arguments) and keccak(self.creation_code(step)) == created_from:
            return step.reserve.reserved
        raise ConfigError(
            f"{step.name}: {step.reserve.reserved} is taken: {step.reserve.owner} created another"
            f" contract there than {step.describe()} of this version; restore"
            f" {self.journal.path} if this deployment did, or choose another --salt"
        )

    def _was_called(self, step: Call) -> bool:
        """True if the journal has this method of this contract as called, with any arguments."""
        entry = self.journal.entry(step.name)
        if entry is None or not entry.done or not self.can_resolve(step.target):
            return False
        return entry.what.startswith(f"call {self.resolve(step.target)}.{step.method}(")

    def _would_revert(self, step: Call) -> bool:
        """True if the call reverts for the target's creator, who is allowed to make it: then it was
        made before."""
        target = step.target
        creation = self.journal.entry(target.step) if isinstance(target, Ref) else None
        creator = step.reserve.address if step.reserve else creation.sender if creation else None
        if creator is None or not self.can_resolve((target, step.arguments)):
            return False
        method = getattr(self.at(target, step.contract), step.method)
        try:
            networks.provider.web3.eth.call(
                {
                    "from": to_checksum_address(creator),
                    "to": to_checksum_address(self.resolve(target)),
                    "data": method.encode_input(*self.resolve(step.arguments)),
                }
            )
        except ContractLogicError:
            return True
        return False

    def _holds(self, reading: Reading, planned: Mapping[Any, Any]) -> bool:
        if reading.subject in planned:
            return self._same(planned[reading.subject], reading.expected)
        known = self.can_resolve((reading.target, reading.expected))
        return known and not self.differences([reading])

    def _same(self, one: Any, other: Any) -> bool:
        if one == other:
            return True
        known = self.can_resolve((one, other))
        return bool(known and comparable(self.resolve(one)) == comparable(self.resolve(other)))

    def unlisted(self, wanted: Unlisted) -> Any:
        """The members that the chain lists and the config does not name."""
        listed = comparable(self.resolve(wanted.reading.expected.values))
        unlisted = [member for member in self.read(wanted.reading) if member not in listed]
        if wanted.first:
            return unlisted[0]
        return [(member, *wanted.rest) if wanted.rest else member for member in unlisted]

    def read(self, reading: Reading) -> Any:
        """The value on the chain. Of an owner, the pending one if there is one."""
        target = self.resolve(reading.target)
        if reading.slot is not None:
            return address_in_slot(target, reading.slot)
        abi = container(reading.contract).contract_type
        try:
            answer = call_view(target, abi, reading.method, self.resolve(reading.arguments))
        except ContractLogicError:
            return ABSENT
        if reading.method == "owner" and "pendingOwner" in abi.view_methods:
            # Ownership is transferred in two steps. The first one is all that the old owner can do,
            # so a pending owner counts as the owner.
            pending = call_view(target, abi, "pendingOwner", ())
            return answer if int(pending, 16) == 0 else pending
        return answer


def _with_address(value: Any, creator: str) -> Any:
    """`value` with the creator's address in place of references to it."""
    if isinstance(value, Creator):
        return creator
    if isinstance(value, tuple | list):
        return type(value)(_with_address(item, creator) for item in value)
    return value
