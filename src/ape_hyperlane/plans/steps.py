"""What a deployment consists of: an ordered list of steps, as data.

A step names what it makes, so that later steps can refer to it before it exists, and carries the
readings that are true once it is carried out: they tell whether a step is done, and the last word
on each checks the whole in the end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ref:
    """The address of the contract that the step with this name makes."""

    step: str

    def __str__(self) -> str:
        return f"<{self.step}>"


@dataclass(frozen=True, slots=True)
class Maker:
    """The account that makes the contract of this step: whoever runs the command then, not who ran
    it first. It owns what it makes until it hands it over."""

    step: str = ""
    """Filled in by the builder."""

    def __str__(self) -> str:
        return "<sender>"


MAKER = Maker()


def made_by(step: str, value: Any) -> Any:
    """`value`, with the step's maker for each unnamed one."""
    if value == MAKER:
        return Maker(step)
    if isinstance(value, tuple | list):
        return type(value)(made_by(step, each) for each in value)
    return value


Target = Ref | str
"""A contract of this deployment, or an address."""

IMPLEMENTATION_SLOT = 0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC
ADMIN_SLOT = 0xB53127684A568B3173AE13B9F8A6016E243E63B6E8EE1178D6A717850B5D6103
"""Where a proxy keeps them: ERC-1967."""

ABSENT = "nothing"
"""What a view says that reverts: an entry that is not there."""


@dataclass(frozen=True, slots=True)
class Within:
    """An expected list whose members, in any order, are all among these."""

    values: tuple[Any, ...]

    def __str__(self) -> str:
        return f"nothing but {_shown(list(self.values))}"


@dataclass(frozen=True, slots=True)
class Includes:
    """An expected list that has this member."""

    value: Any

    def __str__(self) -> str:
        return f"{_shown(self.value)} among it"


@dataclass(frozen=True, slots=True)
class Reading:
    """`target.method(*arguments)` returns `expected`."""

    target: Target
    contract: str
    """Whose ABI the target has."""
    method: str
    expected: Any
    arguments: tuple[Any, ...] = ()
    slot: int | None = None
    """The storage slot that has the answer, an address, where no view does."""

    @property
    def subject(self) -> tuple[Any, ...]:
        """What is read; two readings of it cannot expect different things at the same time."""
        member = self.expected if isinstance(self.expected, Includes) else None
        return (self.target, self.method, self.arguments, member)


@dataclass(frozen=True, slots=True)
class Surplus:
    """As an argument: what a list on the chain has beyond these, each followed by `rest`; or only
    the `first` of that, for a method that has to be called for each."""

    reading: Reading
    """Of the list; a `Within` says what may stay."""
    rest: tuple[Any, ...] = ()
    first: bool = False

    def __str__(self) -> str:
        return f"all of {self.reading.method}() but {_shown(list(self.reading.expected.values))}"


@dataclass(frozen=True, slots=True)
class Use:
    """A name for a contract that another step makes, or that exists already. Nothing is sent."""

    name: str
    address: Target
    readings: tuple[Reading, ...] = ()

    def describe(self) -> str:
        return f"use {self.address}"


@dataclass(frozen=True, slots=True)
class Create:
    """Create a contract by a transaction."""

    name: str
    contract: str
    arguments: tuple[Any, ...] = ()
    readings: tuple[Reading, ...] = ()
    permanent: bool = False
    """Whether other arguments than in an earlier run are a mistake, not another contract."""

    def describe(self) -> str:
        return f"create {self.contract}({_listed(self.arguments)})"


@dataclass(frozen=True, slots=True)
class CreateSet:
    """Have a static factory deploy `contract` for a list of addresses, unless it did before."""

    name: str
    contract: str
    factory: str
    """The step that made the factory; the contract is this contract's name and `Factory`."""
    members: tuple[Any, ...]
    """Addresses, or pairs of an address and its weight."""
    threshold: int
    readings: tuple[Reading, ...] = ()

    def describe(self) -> str:
        members = _listed(self.members)
        return f"create {self.contract} of {self.threshold} of {len(self.members)}: {members}"


@dataclass(frozen=True, slots=True)
class Call:
    """Call a contract by a transaction, unless its readings hold already."""

    name: str
    target: Target
    contract: str
    method: str
    arguments: tuple[Any, ...]
    readings: tuple[Reading, ...] = ()
    repeatable: bool = False
    """Whether the target's owner may call again, as soon as the readings do not hold any more."""
    once: bool = False
    """Whether it reverts after it was carried out, which tells more than readings: those may hold
    before."""

    @property
    def repeats(self) -> bool:
        """Whether one call may leave more to do."""
        columns = (each if isinstance(each, list) else [each] for each in self.arguments)
        return any(
            isinstance(each, Surplus) and each.first for column in columns for each in column
        )

    def describe(self) -> str:
        return f"call {self.target}.{self.method}({_listed(map(_legible, self.arguments))})"


Action = Create | CreateSet | Call
"""What takes a transaction."""

Step = Use | Action


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(map(_shown, values))


def _legible(value: Any) -> Any:
    """With hex for bytes. Not for contracts to create: journals compare how those were shown."""
    if isinstance(value, list | tuple):
        return type(value)(map(_legible, value))
    return f"0x{value.hex()}" if isinstance(value, bytes) else value


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{_listed(value)}]" if isinstance(value, list) else f"({_listed(value)})"
    return str(value)


def final_readings(steps: Iterable[Step]) -> list[Reading]:
    """What holds when all steps are carried out: a later reading replaces an earlier one."""
    final = {reading.subject: reading for step in steps for reading in step.readings}
    return list(final.values())
